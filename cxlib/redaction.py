"""What tells of a person is taken out of a text by rules, whatever its language; names cannot be found this way."""

import ipaddress
import re

AT = r"(?:[@@]|\s*[\[({]\s*(?:at|@|arroba|ät|chez)\s*[\])}]\s*)"
DOT = r"(?:\.|\s*[\[({]\s*(?:dot|punkt|punto|point|\.)\s*[\])}]\s*)"
EMAIL = rf"[\w.+%'-]*\w{AT}[\w-]+(?:{DOT}[\w-]+)+|\b[\w.-]+ at [\w-]+ dot [a-z]{{2,}}\b"
ENDINGS = r"(?:com|net|org|info|biz|io|eu|de|fr|es|it|nl|pl|ch|at|be|co\.\w\w|com\.\w\w)"
URL = r"\b(?:https?|ftp)://[^\s<>\"]+|\bwww\.[^\s<>\"]+|\b(?:[\w-]+\.)+[a-z]{2,}/[^\s<>\"]*"
URL += rf"|(?<![\w@.])(?:[\w-]+\.)+{ENDINGS}\b"
HANDLE = r"(?<![\w@@.])[@@][^\W\d][\w.]*\w"
IBAN = r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}\b"
CARD = r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])"
IP = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)|(?<![\w:])(?=[\da-f]*:[\da-f]*:)[\da-f:]{3,}(?:\.\d+){0,3}(?![\w:])"

GAP = r"[ \u00a0\u2011./()-]"
CALLED = (
    r"(?:\b(?:tel|tlf|fon|phone|call(?: me)?(?: at| on)?|mobile|cell|fax|whats ?app|handy|telef\w+|t[ée]l[ée]ph\w+|tél"
)
CALLED += r"|m[óo]vil|cellulare|celular|portable|gsm|sms|тел\w*)\b|电话|電話|手机|전화|☎|📞)(?: ?n[or]\b)?[^\w+(]{0,4}"
PHONES = [
    rf"{CALLED}\(?\+?\d(?:{GAP}{{0,2}}\d){{5,14}}(?![\dA-Za-z])",  # said to be one
    rf"(?<![\w.,])(?:\+|\(\+|00(?=[1-9]))\s?\d(?:{GAP}{{0,3}}\d){{6,14}}(?![\dA-Za-z])",  # with its country
    rf"(?<![\w.,:/-])\(?0[1-9](?:{GAP}{{0,3}}\d){{6,10}}(?![\dA-Za-z])",  # with the 0 of its trunk
    r"(?<![\w.,:/-])\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\dA-Za-z])",  # North America
    r"(?<![\w.,:/-])(?:[6-9]\d\d(?: \d{3}){2}|[679]\d\d(?: \d\d){3}|[6-9]\d{4} \d{5})\b(?! ?\d)",  # Iberia, India
    r"(?<![\w.,:/-])(?:\(\d\d\) ?9?\d{4}-\d{4}|1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?![\dA-Za-z])",  # Brazil, China
]
CALL = re.compile(CALLED, re.IGNORECASE)
DATE = re.compile(r"\(?\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d\d)(?![./-]?\d)")
AMOUNT = re.compile(r"[.,]?\d* ?(?:[€$£¥₹%]|(?:EUR|USD|GBP|CHF|PLN|HUF|JPY|KRW|VND|IDR|INR|kr|zł)\b)")
VERSION = re.compile(r"(?:\bv|version|firmware|release|build)\.? *$", re.IGNORECASE)


def redact(text: str) -> str:
    """A text without e-mail and web addresses, handles, IBANs, card, IP and phone numbers; a word stands for each.

    Card numbers are told by Luhn's check (ISO/IEC 7812), IBANs by theirs (ISO 7064, mod 97). Names, postal addresses
    and order numbers stay: rules cannot find them.

    >>> redact("Write to ann@example.org or call +49 30 123456; the 3 laptops were 1,299.00")
    'Write to [e-mail] or call [phone number]; the 3 laptops were 1,299.00'
    """
    for pattern, redact_match in RULES:
        text = pattern.sub(redact_match, text)
    return text


def redact_iban(match: re.Match) -> str:
    """The longest beginning that is an IBAN is taken out; what follows it stays."""
    found = match[0]
    for end in range(len(found), 14, -1):
        code = re.sub(r"[ -]", "", found[:end]).upper()
        if found[end : end + 1] in ("", " ", "-") and code.isascii() and len(code) >= 15:
            if int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1:
                return "[IBAN]" + found[end:]
    return found


def redact_card(match: re.Match) -> str:
    """A number that passes Luhn's check is taken out."""
    digits = [int(digit) for digit in re.sub(r"\D", "", match[0])][::-1]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return match[0] if (sum(digits[::2]) + doubled) % 10 or not any(digits) else "[card number]"


def redact_ip(match: re.Match) -> str:
    """An address of the internet is taken out; a version or a time of day is none."""
    try:
        ipaddress.ip_address(match[0])
    except ValueError:
        return match[0]
    return match[0] if VERSION.search(match.string[: match.start()]) else "[IP address]"


def redact_phone(match: re.Match) -> str:
    """A number that is neither a date nor an amount is taken out; what it is called stays."""
    called = CALL.match(match[0])
    number = match[0][called.end() :] if called else match[0]
    if DATE.match(number) or AMOUNT.match(match.string[match.end() :]):
        return match[0]
    return match[0][: len(match[0]) - len(number)] + "[phone number]"


RULES = [
    *((EMAIL, lambda _: "[e-mail]"), (URL, lambda _: "[URL]"), (HANDLE, lambda _: "[handle]")),
    *((IBAN, redact_iban), (CARD, redact_card), (IP, redact_ip)),
    *((phone, redact_phone) for phone in PHONES),
]
RULES = [(re.compile(pattern, re.IGNORECASE), redact_match) for pattern, redact_match in RULES]
