"""Every sentence in the language of the study: English is written in the code, another language is one more file."""

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

LANGUAGES = Path(__file__).parent / "languages"
ENGLISH = "en"
spoken = ENGLISH


def speak(language: str) -> None:
    """The language of everything told from now on: en, or the name of a file of languages/."""
    global spoken
    spoken = language or ENGLISH


def languages() -> list[str]:
    """The languages there are."""
    return sorted({ENGLISH, *(path.stem for path in LANGUAGES.glob("*.yaml"))})


@cache
def sentences(language: str) -> dict[str, str]:
    """A language's sentences by their English; none for English."""
    path = LANGUAGES / f"{language}.yaml"
    found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found or {}


def tell(english: str, **values: object) -> str:
    """A sentence, or a label, in the language spoken, its `{names}` filled in; English where the file has it not.

    >>> tell("{people} gave {answers}.", people="2 people", answers="5 answers")
    '2 people gave 5 answers.'
    """
    said = sentences(spoken).get(english) or english
    return said.format(**values) if values else said
