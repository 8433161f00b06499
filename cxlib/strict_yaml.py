"""YAML read strictly: a list of keys and values, nothing clever, and every mistake a sentence."""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cxlib.tables import StudyError, nearest


def read_yaml(path: Path, *, code: int = 65) -> dict:
    """A YAML file of keys; YAML 1.2, so NO and 12:30 stay words, and a key given twice is an error (exit `code`)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        refuse_tricks(text)
        said = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise StudyError(f"{path} cannot be read as YAML: {yaml_fault(error)}", code) from None
    if not isinstance(said, dict):
        raise StudyError(f"{path} should hold keys and values, such as title: My study; it holds {said!r}.", code)
    return said


def refuse_tricks(text: str) -> None:
    """Anchors, aliases and tags have no place in a list of keys: a few lines of them can stand for gigabytes."""
    for event in YAML(typ="safe", pure=True).parse(text):
        if any(getattr(event, trick, None) for trick in ("anchor", "tag", "tags", "version")):
            raise ValueError(
                f"line {event.start_mark.line + 1}, anchors (&), aliases (*), tags (!) and directives (%) are not "
                "read; write the value itself, in quotes where it begins with such a sign."
            )


def yaml_fault(error: Exception) -> str:
    """What is wrong with a YAML text, and in which line."""
    mark = getattr(error, "problem_mark", None)
    words = " ".join(str(getattr(error, "problem", None) or error).split())
    return f"line {mark.line + 1}, {words}" if mark else words


def texts(value: object) -> list[str]:
    """A list of texts, or one value as a list of one.

    >>> texts([99, "none"]), texts(99), texts(None)
    (['99', 'none'], ['99'], [])
    """
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]


def known(said: dict, keys: list[str], *, place: str) -> None:
    """Every key of `said` is one of `keys`."""
    for key in said:
        if key not in keys:
            raise StudyError(f"{place}: there is no key '{key}'. {nearest(key, keys)}")


def mapping(said: dict, key: str) -> dict:
    """The mapping under `key`, empty where it is absent."""
    value = said.get(key) or {}
    if not isinstance(value, dict):
        raise StudyError(f"study.yaml: {key} should be written as name: value pairs; it is {value!r}.")
    return value


def one_of(value: str, choices: list[str], place: str) -> str:
    """`value`, when it is one of `choices`."""
    if value not in choices:
        raise StudyError(f"study.yaml: {place} is {value!r}. {nearest(value, choices)}")
    return value
