"""Event logs in XES (IEEE 1849), plain or gzipped: one record an event, with what its case says of itself."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from cxlib.loaders.grid import Grid, reject_table
from cxlib.tables import StudyError

COLUMNS = {"customer": "case:concept:name", "time": "time:timestamp", "event": "concept:name"}
"""Our columns of events, and where XES keeps them."""

FIRST = ["case:concept:name", "concept:name", "time:timestamp"]
TYPES = ("string", "date", "int", "float", "boolean", "id")
"""Attributes that are one value; lists and containers are left aside, as are attributes of an attribute."""


def read_xes(paths: list[Path]) -> Grid:
    """All events of the logs, as written, in their order; an attribute an event or its case lacks is blank."""
    columns: dict[str, list[str]] = {}
    count = 0
    for path in paths:
        for event in read_events(path):
            for heading, value in event.items():
                column = columns.setdefault(heading, [])
                column.extend([""] * (count - len(column)))
                column.append(sys.intern(value))
            count += 1
    headings = [heading for heading in FIRST if heading in columns]
    headings += [heading for heading in columns if heading not in FIRST]
    texts = (columns[heading] + [""] * (count - len(columns[heading])) for heading in headings)
    records = {f"f{place}": pa.array(text, pa.string()) for place, text in enumerate(texts)}
    lines = pa.array(range(2, count + 2), pa.int64())
    return Grid(headings, pa.table({**records, "_line": lines}), reject_table([]))


def read_events(path: Path) -> Iterator[dict[str, str]]:
    """Event by event, the attributes of its case first; whatever keeps a log from being read is a sentence."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as file:
            for case, events in read_traces(file, path.name):
                yield from ({**case, **event} for event in events)
    except DefusedXmlException:
        raise StudyError(
            f"{path.name} declares a document type (DTD) or entities, which are not read; export it without."
        ) from None
    except (ParseError, EOFError, OSError, zlib.error, LookupError, ValueError) as error:
        raise StudyError(f"{path.name} cannot be read to its end as XES: {error}; export it again.") from None


def read_traces(file, name: str) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    """Trace by trace, what it says of the case and its events; what is read is let go, so a long log stays small."""
    path: list[Element] = []
    events: list[dict[str, str]] = []
    for moment, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if moment == "start":
            path.append(element)
            if local(path[0]) != "log":
                raise StudyError(f"{name} is XML but no XES log: it begins with <{local(path[0])}>; export it as XES.")
            continue
        path.pop()
        if local(element) == "event" and [local(parent) for parent in path] in (["log"], ["log", "trace"]):
            events.append(read_attributes(element))
            path[-1].remove(element)
        if len(path) == 1:
            yield read_attributes(element, "case:") if local(element) == "trace" else {}, events
            events = []
            path[0].clear()


def read_attributes(element: Element, prefix: str = "") -> dict[str, str]:
    """The values of an element's own attributes, as written."""
    own = (child for child in element if local(child) in TYPES and child.get("key"))
    return {prefix + child.get("key"): child.get("value", "") for child in own}


def local(element: Element) -> str:
    """A tag without its namespace."""
    return element.tag.rpartition("}")[2]
