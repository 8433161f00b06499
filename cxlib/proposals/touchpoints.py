"""What to call a touchpoint: its key and its label, from the questions about it."""

import re
import unicodedata

import pandas as pd

from cxlib.proposals.wording import (
    FIELD,
    FRAME,
    NUMBERING,
    content,
    field_core,
    plain,
    remaining,
    spread,
    tidy,
)


def slug_of(words: str) -> str:
    """Words as a key in ASCII; '' where they are mostly in another script.

    >>> slug_of("Lieferung für Küche"), slug_of("배송 DHL")
    ('lieferung_fuer_kueche', '')
    """
    words = words.lower().translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}))
    letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    slug = "_".join(re.findall(r"[a-z0-9]+", letters))
    if len(slug) < 0.8 * len(re.findall(r"\w", words)) or not re.search("[a-z]", slug):
        return ""
    return slug if len(slug) <= 40 else slug[:40].rpartition("_")[0]


def label_of(questions: list[str]) -> str:
    """What questions of a touchpoint are about: their part, or the words they share.

    >>> label_of(["What did you expect? [Delivery]", "What did you experience? [Delivery]"])
    'Delivery'
    >>> label_of(["1-1. The delivery should be fast.", "1-2. The delivery was fast."])
    'delivery fast'
    """
    parts = [tidy(remaining(found[1])) if (found := re.search(r"\[([^\[\]]+)\]$", text)) else "" for text in questions]
    if len({plain(part) for part in parts}) == 1 and content(parts[0]):
        return parts[0]
    spoken = [field_core(spread(text)) if FIELD.fullmatch(text) else text for text in questions]
    texts = [NUMBERING.sub("", tidy(remaining(text))) for text in spoken]
    first, *others = [re.findall(r"[\w'’/&-]*\w", text) for text in texts]
    shared = [word for word in first if all(word.lower() in map(str.lower, other) for other in others)] or first
    while shared and shared[0].lower() in FRAME:
        shared = shared[1:]
    while shared and shared[-1].lower() in FRAME:
        shared = shared[:-1]
    return " ".join(shared)


def key_of(questions: list[str], used: set[str], places: pd.DataFrame | None) -> str:
    """The touchpoint's key: that of the map it names, else made from its label, else t01, t02, …"""
    asked = f" {plain(' '.join(questions))} "
    named = []
    for place in (places if places is not None else pd.DataFrame()).to_dict("records"):
        words = {plain(str(place.get("label") or "")), plain(spread(str(place["touchpoint"])))} - {""}
        named += [(len(word), str(place["touchpoint"])) for word in words if f" {word} " in asked]
    number = len(used) + 1
    key = max(named)[1] if named else slug_of(label_of(questions)) or f"t{number:02}"
    return key if key not in used or named else f"{key}_{number}"


def propose_touchpoints(columns: pd.DataFrame) -> pd.DataFrame:
    """A touchpoint map (touchpoint, label, stage) for a proposed columns file; stages are the analyst's to say."""
    rated = columns[columns["touchpoint"] != ""]
    rows = []
    for touchpoint, asked in rated.groupby("touchpoint", sort=False):
        paired = asked.loc[asked["column"].isin(["expected", "experienced"]), "question"].tolist()
        rows.append((touchpoint, label_of(paired or asked["question"].tolist()[:1]) or touchpoint, ""))
    return pd.DataFrame(rows, columns=["touchpoint", "label", "stage"])
