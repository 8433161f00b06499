"""What people say of one touchpoint more, or less, than of the others."""

import textwrap

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust
from cxlib.tables import check_columns
from cxlib.typical import find_themes, log_odds
from cxlib.words import counted, listed

SAID = ("typical here", "typical elsewhere", "no sure difference")


def contrast_themes(
    feedback: pd.DataFrame, touchpoint: str, *, least: int = 5, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """What people say of one touchpoint more, or less, than of all others, what is most typical of it first.

    Themes are the codes readers gave or, where there are none, the words. All that one customer says of a touchpoint is
    one quote; so is every row without a customer. `n_here` and `n_elsewhere` count quotes with the theme, the shares
    are of the quotes with any. `log_odds` is the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi &
    Quinn 2008), above 0 typical here; `q` is Benjamini–Hochberg's over the table. Themes of fewer than `least` people
    are left out. What fewer than `least` people said on one side is not shown, nor is the log-odds it could be reckoned
    from; the verdict stays. Empty where a side has fewer than `least` people.
    """
    check_columns(feedback, ["touchpoint", "text", "code", "customer"], name="feedback")
    said = find_themes(feedback).assign(here=lambda table: table["touchpoint"] == touchpoint)
    sides = {"here": said[said["here"]], "elsewhere": said[~said["here"]]}
    if min(side["person"].nunique() for side in sides.values()) < least:
        said, sides = said.iloc[:0], {name: side.iloc[:0] for name, side in sides.items()}
    everybody = said.groupby("theme")["person"].nunique()
    quotes, people = (
        pd.DataFrame({name: side.groupby("theme")[unit].nunique() for name, side in sides.items()})
        .reindex(everybody.index, fill_value=0).fillna(0).astype("int64")
        for unit in ("quote", "person")
    )  # fmt: skip
    ratio, se = log_odds(quotes["here"], quotes["elsewhere"])
    enough = (everybody >= least).to_numpy()
    shown = pd.DataFrame({name: (people[name] == 0) | (people[name] >= least) for name in sides})[enough]
    table = pd.DataFrame({"theme": everybody.index.astype("str")})[enough]
    for name, side in sides.items():
        table[f"n_{name}"] = quotes[name][enough].astype("Int64").where(shown[name]).array
        table[f"share_{name}"] = (quotes[name][enough] / side["quote"].nunique()).where(shown[name]).array
    return judge_themes(table, ratio[enough], se[enough], shown=shown.all(axis=1), confidence=confidence, level=level)


def judge_themes(table: pd.DataFrame, ratio: np.ndarray, se: np.ndarray, *, shown, confidence, level) -> pd.DataFrame:
    """The table with log-odds, interval, q and verdict, sorted by z; figures only where they are `shown`."""
    margin, z = stats.norm.ppf(0.5 + confidence / 2) * se, ratio / se
    q = adjust(2 * stats.norm.sf(np.abs(z)))
    figures = {"log_odds": ratio, "low": ratio - margin, "high": ratio + margin, "q": q}
    figures = {name: np.where(shown, values, np.nan) for name, values in figures.items()}
    verdict = np.select([(q <= level) & (z > 0), q <= level], SAID[:2], SAID[2])
    order = np.argsort(-z, kind="stable")
    return table.assign(**figures, verdict=pd.array(verdict, dtype="str")).iloc[order].reset_index(drop=True)


def describe_themes(contrast: pd.DataFrame, *, label: str, least: int = 5) -> str:
    """What people say of one touchpoint more than of the others, with the number of quotes, in a sentence."""
    check_columns(contrast, ["theme", "n_here", "n_elsewhere", "verdict"], name="contrast (from contrast_themes)")
    if contrast.empty:
        return tell("Too few people said anything of {label}, or of the other touchpoints, to compare.", label=label)
    typical = contrast[contrast["verdict"] == SAID[0]]
    if typical.empty:
        return tell(
            "Nothing is surely said more often of {label} than elsewhere ({contrast} compared).",
            label=label,
            contrast=counted(len(contrast), "theme"),
        )
    themes = [
        f"{textwrap.shorten(row.theme, 20, placeholder='…')} "
        f"({'; '.join(f'<{least}' if pd.isna(n) else f'{n:,}' for n in (row.n_here, row.n_elsewhere))})"
        for row in typical.itertuples()
    ]
    return tell(
        "Said more of {label} than elsewhere (quotes here; elsewhere): {themes}.",
        label=label,
        themes=listed(themes, most=3),
    )
