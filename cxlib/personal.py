"""Columns that identify a person: found by what they are called and by what is in them, dropped on reading."""

import re

NAMED = re.compile(
    r"e-?_?mail|\bip\b|ip_?-?addres|latitude|longitude|breitengrad|längengrad|phone|telefon|mobile_?(no|number)|handy"
    r"|(first|last|sur|family|given|middle|full|user|nick)[ _-]?name|vorname|nachname|\bprénom|\bnom\b|^name$|name_of_"
    r"|(recipient|respondent|customer|contact|your|participant)(['’]s)?[ _-]?(last|first|full)?[ _-]?name"
    r"|\baddress\b|street|stra(ß|ss)e|\bzip\b|post(al)?_?code|postleitzahl|date_of_birth|birth_?da(y|te)|geburtsdatum"
    r"|passport|\bssn\b|social_security|\biban\b|credit_?card|network_?id|이름|성함|전화|휴대폰|이메일|연락처",
    re.IGNORECASE,
)
"""Words in a heading that tell of a person, in the languages survey tools ask in most."""

VALUES = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}|\d{1,3}(\.\d{1,3}){3}|\+\d[\d ()/-]{7,18}\d"
"""A whole cell that tells of a person: an e-mail address, an IP address, a phone number with its country."""


def identifies(name: str) -> bool:
    """Whether a heading says that its column identifies a person.

    >>> identifies("Recipient Email"), identifies("IPAddress"), identifies("market"), identifies("Brand name")
    (True, True, False, False)
    """
    return bool(NAMED.search(name))
