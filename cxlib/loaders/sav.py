"""Run as a program: an SPSS file as JSON on standard output. A process of its own, since a damaged file can end the
library that reads it, and would end the notebook with it."""

import contextlib
import json
import sys

MEMORY = 8_000_000_000


def main(path: str) -> None:
    """Print names, labels, value labels (pairs), missing ranges and cells of the file, or {"error": …}."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from pyreadstat import PyreadstatError, ReadstatError, read_sav

    try:
        cells, facts = read_sav(path, user_missing=True, output_format="dict")
    except (ReadstatError, PyreadstatError, UnicodeError, OverflowError, ValueError, MemoryError) as error:
        print(json.dumps({"error": " ".join(str(error).split()) or type(error).__name__}))
        return
    found = {
        "names": facts.column_names,
        "labels": [label or "" for label in facts.column_labels],
        "value_labels": {name: list(labels.items()) for name, labels in facts.variable_value_labels.items()},
        "missing_ranges": facts.missing_ranges,
        "cells": {name: list(values) for name, values in cells.items()},
    }
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
