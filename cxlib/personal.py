"""Columns that identify a person: found by what they are called and by what is in them, dropped on reading."""

import re

NAMED = re.compile(
    r"e ?mail|\bip\b|ip ?addres|latitude|longitude|breitengrad|längengrad|\bgps\b|phone|telefon|\btel\b|^mobile$|handy"
    r"|mobile ?(no|number)|(first|last|sur|family|given|middle|full|user|nick) ?name|vorname|nachname|\bprénom\b|^nom$"
    r"|^name$|^nombre|(your|participant|recipient|respondent|customer|contact)('?s)? name|\bnamen?\?"
    r"|wie hei(ß|ss)en|how .*called|comment vous appel|\baddress\b|street|stra(ß|ss)e\b|\bzip\b|post(al)? ?code"
    r"|postleitzahl|\bplz\b|date of birth|birth ?(day|date|year)|geburts(datum|tag|jahr)|\bdob\b|passport|\bssn\b"
    r"|social security|\biban\b|credit ?card|network ?id|이름|성함|전화|휴대폰|이메일|연락처",
    re.IGNORECASE,
)
"""Words in a heading that tell of a person, in the languages survey tools ask in most."""

VALUES = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}|\+\d[\d ()/-]{7,18}\d"
"""A whole cell that tells of a person: an e-mail address, an IP address, a phone number with its country."""


def identifies(name: str) -> bool:
    """Whether a heading says that its column identifies a person.

    >>> [identifies(name) for name in ("Recipient Email", "IPAddress", "home_address", "client_ip", "Wie heißen Sie?")]
    [True, True, True, True, True]
    >>> [identifies(name) for name in ("market", "Brand name", "tip", "mobile app", "name_of_product")]
    [False, False, False, False, False]
    """
    spread = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return bool(NAMED.search(" ".join(re.sub(r"[_.\-]+", " ", spread).split())))
