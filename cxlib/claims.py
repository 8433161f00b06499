"""Claims of the first page: tested together, and said only as far as they hold together."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from cxlib.intervals import adjust

UNSURE = {
    **dict.fromkeys(["shortfall", "exceeded", "more than claimed", "fewer than claimed"], "not enough data"),
    **dict.fromkeys(["better", "worse"], "no sure change"),
    **dict.fromkeys(["ahead", "behind", "reversed"], "no sure difference"),
    **dict.fromkeys(["reached", "missed", "not reached yet"], "cannot be told"),
    **dict.fromkeys(["below the zone", "above the zone", "within the zone"], "not enough data"),
    **dict.fromkeys(["must-be", "one-dimensional", "attractive", "indifferent", "reverse", "questionable"], "not sure"),
    **dict.fromkeys(["differs", "typical", "late more often", "late less often"], "no sure difference"),
    **dict.fromkeys(["dissatisfier", "delighter"], "not sure"),
    **dict.fromkeys(["counts more than said", "said more than it counts"], ""),
    **dict.fromkeys(["underestimated", "overestimated", "not recovered", "recovery paradox"], "not enough data"),
    **dict.fromkeys(["rose", "fell"], "no sure change"),
    **dict.fromkeys(["worked", "made it worse"], "no sure effect"),
    **dict.fromkeys(["holds back", "goes with adopting"], "no sure difference"),
    "unusual": "may have changed",
}
"""What a verdict becomes where its claim does not hold beside all others."""


def claim(table: pd.DataFrame, *describe: Callable[[pd.DataFrame], str], column: str = "verdict", of: str = "") -> dict:
    """What the first page may say of a table: a sentence for every p up to which claims might hold.

    `table` has a row a test, with `p` and its verdict (in `column`); `describe` are the functions that make its
    sentences. Which of the `versions` is said is decided when the p-values of all claims are there (`settle`); claims
    `of` one name rest on the same tests, which count once.

    >>> table = pd.DataFrame({"label": ["a", "b"], "p": [0.001, 0.04], "verdict": "shortfall"})
    >>> claim(table, lambda t: f"{(t['verdict'] == 'shortfall').sum()} fall short.")["versions"]
    [[0.04, '2 fall short.'], [0.001, '1 fall short.'], [-1.0, '0 fall short.']]
    """
    tested = table[column].isin(UNSURE) & table["p"].notna()
    versions = []
    for cut in [*np.unique(table.loc[tested, "p"])[::-1], -1.0]:
        doubtful = tested & (table["p"] > cut)
        shown = table.assign(**{column: table[column].mask(doubtful, table[column].map(UNSURE))})
        said = " ".join(filter(None, (one(shown) for one in describe)))
        if versions and versions[-1][1] == said:
            versions.pop()
        versions.append([float(cut), said])
    return {"of": of, "p": table["p"].dropna().tolist(), "versions": versions}


def settle(findings: list[str | dict], *, level: float = 0.05) -> list[str]:
    """The sentences of the first page: `settle_each` without those that have nothing to say."""
    return [sentence for sentence in settle_each(findings, level=level) if sentence]


def settle_each(findings: list[str | dict], *, level: float = 0.05) -> list[str]:
    """What each finding says: those that claim nothing as they are, the others as far as they hold; "" says nothing.

    Benjamini and Hochberg's (1995) correction over the p-values of all of them together, wherever on the page they
    stand and whether they are a sentence, a table or the leave to show a chart.
    """
    claims = {one.get("of") or place: one["p"] for place, one in enumerate(findings) if isinstance(one, dict)}
    p = np.array([value for tests in claims.values() for value in tests])
    held = p[adjust(p) <= level]
    most = held.max() if len(held) else 0.0
    return [
        finding if isinstance(finding, str) else next(words for cut, words in finding["versions"] if cut <= most)
        for finding in findings
    ]
