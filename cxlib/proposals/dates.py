"""How dates are written, as far as the dates themselves can tell."""

import re

PARTS = re.compile(r"\s*(\d{1,5})[-/.](\d{1,2})[-/.](\d{1,4})")
OFFSET = re.compile(r":\d\d\S*\s*(Z|UTC|[+-]\d\d:?\d\d)$")


def likely_order(values: list[str], *, zone: str) -> tuple[str, str]:
    """The order of day, month and year that dates prove ('' where ISO needs none, or none is proven), and what is left
    to ask a person: two ways to read them, or a `zone` nobody has told.

    >>> likely_order(["3/14/2026 9:05:00"], zone="UTC"), likely_order(["3/4/2026"], zone="")[0]
    (('mdy', ''), '')
    """
    written = [value.strip() for value in values if value and value.strip()]
    parts = [found.groups() for value in written if (found := PARTS.match(value))]
    local = not zone and any(":" in value and not OFFSET.search(value) for value in written)
    ask = "Say where the clock of the times stood: dates: {zone: Europe/Berlin} in study.yaml." if local else ""
    if not parts or all(len(first) == 4 for first, _, _ in parts):
        return "", ask
    if any(int(first) > 12 for first, _, _ in parts):
        return "dmy", ask
    if any(int(second) > 12 for _, second, _ in parts):
        return "mdy", ask
    both = (
        f"Dates such as {written[0].split()[0]} can be read two ways: add dates: {{order: dmy}} or mdy to study.yaml."
    )
    return "", " ".join([both, ask]).strip()
