"""Every sentence in the language of the study: English is written in the code, another language is one more file."""

from functools import cache
from pathlib import Path
from string import Formatter

LANGUAGES = Path(__file__).parent / "languages"
ENGLISH = "en"
spoken = ENGLISH


def speak(language: str) -> None:
    """The language of everything told from now on: en, or that of a file of languages/, such as de for de.po."""
    global spoken
    spoken = language or ENGLISH


def languages() -> list[str]:
    """The languages there are."""
    return [ENGLISH, *sorted(path.stem for path in LANGUAGES.glob("*.po"))]


@cache
def sentences(language: str) -> dict[str, str]:
    """A language's sentences by their English, from its .po file (gettext's format); none for English.

    What is marked fuzzy, or has other `{names}` than the English, is left out: there the English stays.
    """
    path = LANGUAGES / f"{language}.po"
    if language == ENGLISH or not path.is_file():
        return {}
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        told = [message for message in read_po(file) if message.id and message.string and not message.fuzzy]
    return {message.id: message.string for message in told if names_in(message.id) == names_in(message.string)}


def names_in(sentence: str) -> set[str]:
    """The names in braces that are filled in when a sentence is told; none where its braces are no names.

    >>> sorted(names_in("{people} gave {answers:,}.")), names_in("a lone {")
    (['answers', 'people'], set())
    """
    try:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}
    except ValueError:
        return set()


def tell(english: str, **values: object) -> str:
    """A sentence, or a label, in the language spoken, its `{names}` filled in; English where the file has it not.

    A value that is itself a word of the catalogue, such as a verdict, is told too.

    >>> tell("{people} gave {answers}.", people="2 people", answers="5 answers")
    '2 people gave 5 answers.'
    """
    known = sentences(spoken)
    said = known.get(english) or english
    if known:
        values = {
            name: known.get(value) or value if isinstance(value, str) else value for name, value in values.items()
        }
    return said.format(**values) if values else said
