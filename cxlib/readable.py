"""Tables as people read them: intervals beside their value, few digits, headings people know."""

import html
from itertools import repeat

import pandas as pd

from cxlib.catalogue import tell
from cxlib.charts.theme import VERDICT_WORDS
from cxlib.words import percent, readable_interval, readable_q, signed

HEADINGS = {
    "label": "touchpoint", "top2": "top-2-box", "n_text": "compared", "gap_names": "open gaps",
    "by_itself": "by themselves", "shift": "others", "nps": "NPS", "p_quadrant": "how sure", "r2": "R²",
    "p_top": "among the first", "could_be_top": "could be number one", "n_experienced": "n", "n_importance": "n",
    "n_before": "n before", "on_map": "on the map", "omega2": "ω²", "icc": "ICC", "window_days": "window, days",
    "median_days": "median, days", "adopters_median_days": "median of adopters, days",
    "median_delay": "median delay, days", "p90_delay": "p90 of delay, days",
    "wait_median_hours": "median wait, hours", "wait_p90_hours": "p90 of wait, hours",
    "wait_hours_median": "median wait, hours", "wait_hours_p90": "p90 of wait, hours", "under_way": "own actions",
}  # fmt: skip
HIDDEN = ("p se n_effective paired is_share unit").split()
SIGNED = (
    "gap change gap_before emotion difference mix rate gap_other adequacy superiority log_odds penalty reward "
    "asymmetry crude adjusted raw by_itself shift corrected"
).split()
SHARES = (
    "reach importance johnson rated visited claimed_share share went_on top2 nps p_top p_quadrant feasibility r2 "
    "retained below looped went_back jumped repeated skipped removal conversion persona_share persona_overall "
    "omega2 better worse late_share resolved_share coverage adoption_rate naive_share missed_with missed_without"
).split()
FIGURES = ("value value_before before after target centre lower upper").split()
"""Columns in the unit of a KPI: shares where `is_share` says so, or `unit`."""

DIFFERENCES = ("to_target raw effect detectable change").split()
"""Likewise, but differences: of shares in points."""

COUNTS = (
    "n respondents journeys customers visitors lost sites steps variants leaving of finished late overdue "
    "converting open complaints rank stated_rank days_old personas bought abandoned adopted complained_again "
    "resolved channels cost days_late open_gaps at_work M O A I R Q"
).split()
BLANK = (
    "moment objective direction due date status verdict hypothesis kpi start owner under_way last_rated last_seen "
    "reviewed_on drifted more_than_others kind on_map strategy suggestion reason rule label figures gap_names "
    "actions state state_before news chart signal"
).split()
INDICATIVE = 30
"""Figures of fewer people are called indicative."""


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """A result table in words: intervals beside their value, few digits, headings people know."""
    shown = pd.DataFrame(index=table.index)
    columns = list(table.columns)
    hidden = {*HIDDEN, *(["touchpoint", "stage"] if "label" in table else [])}
    hidden |= {"n_expected", "n_experienced", "n_answered"} if "n" in columns else set()
    sides = [side for side in ("expected", "experienced") if "gap" in table and side in table]
    hidden |= {side for side in sides if table[side].isna().all()}
    counts = [column for column in columns if f"{column[2:]}_low" in columns]
    hidden |= {
        again for place, again in enumerate(counts) if any(table[again].equals(table[n]) for n in counts[:place])
    }
    for place, column in enumerate(columns):
        heading = tell(HEADINGS.get(column, column.replace("_", " ")))
        if column == "n" and "verdict" in table:
            shown[heading] = counts_of_people(table)
        elif column in hidden or column == "high" or column.endswith(("_low", "_high")):
            continue
        elif column == "low":
            shown[tell("interval")] = interval_words(table, columns[place - 1], "low", "high")
        elif f"{column}_low" in table:
            ends = interval_words(table, column, f"{column}_low", f"{column}_high")
            values = words_of(table, column)
            told = table["low"].notna() if column == "below" else [False] * len(ends)
            pairs = zip(values, ends, told)
            shown[heading] = [value if end == "–" or other else f"{value} ({end})" for value, end, other in pairs]
        elif column == "n_needed" and "verdict" in table:
            wanted = table[column].where((table["verdict"] == "not enough data") & (table[column] > table["n"]))
            if wanted.notna().any():
                shown[heading] = ["–" if pd.isna(value) else f"{value:,}" for value in wanted]
        else:
            shown[heading] = words_of(table, column)
    return shown


def counts_of_people(table: pd.DataFrame) -> list[str]:
    """n of each figure; under 30 it is indicative, and of a group too small to be shown it is not said."""
    kinds = table["paired"] if "paired" in table else [""] * len(table)
    return [
        "–"
        if kind == "too few to show" or pd.isna(n)
        else tell("{n:,}, indicative", n=n)
        if 0 < n < INDICATIVE
        else f"{n:,}"
        for n, kind in zip(table["n"], kinds)
    ]


def words_of(table: pd.DataFrame, column: str) -> list[str] | pd.Series:
    """The values of one column as people read them."""
    values = table[column]
    if column in (*FIGURES, *DIFFERENCES) and {"is_share", "unit"} & set(table):
        return [say_figure(value, unit, column) for value, unit in zip(values, units_of(table))]
    if column in SIGNED:
        return values.map(lambda value: signed(value, 2))
    if column == "q":
        return values.map(readable_q)
    if column == "verdict":
        return values.map(lambda verdict: tell(VERDICT_WORDS.get(verdict, verdict)))
    if column in SHARES:
        return values.map(percent)
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        words = values.astype("str").fillna("" if column in BLANK else tell("not stated"))
        return words.map(tell)
    if column.startswith("n_") or column in COUNTS:
        return ["–" if pd.isna(value) else f"{value:,.0f}" for value in values]
    return [number(value) for value in values]


def units_of(table: pd.DataFrame) -> list[str]:
    """The unit of each row's figures: share, value or ratio."""
    return list(table["unit"]) if "unit" in table else ["share" if one else "value" for one in table["is_share"]]


def say_figure(value: float, unit: str, column: str) -> str:
    """A figure in its unit; a difference of shares in points.

    >>> say_figure(0.08, "share", "effect"), say_figure(0.62, "share", "before"), say_figure(0.9, "ratio", "effect")
    ('+8.0 points', '62\xa0%', '× 0.90')
    """
    if pd.isna(value):
        return "–"
    if column not in DIFFERENCES:
        return percent(value) if unit == "share" else number(value)
    if unit == "ratio":
        return f"× {number(value)}"
    points = signed(100 * value)
    return {"share": tell("{span} points", span=points), "points": points}.get(unit, signed(value, 2))


def interval_words(table: pd.DataFrame, column: str, low: str, high: str) -> list[str]:
    """The interval of a column's values as people read it."""
    ends = list(zip(table[low], table[high]))
    if column in DIFFERENCES and {"is_share", "unit"} & set(table):
        units = units_of(table)
        said = [
            [say_figure(end, unit.replace("share", "points"), column) for end in pair]
            for pair, unit in zip(ends, units)
        ]
        spans = ["–" if "–" in pair else tell("{low} to {high}", low=pair[0], high=pair[1]) for pair in said]
        return [
            tell("{span} points", span=span) if unit == "share" and span != "–" else span
            for span, unit in zip(spans, units)
        ]
    if column in SIGNED:
        return [readable_interval(*pair) for pair in ends]
    shares = table["is_share"] if "is_share" in table else [column in SHARES] * len(table)
    return [
        "–"
        if pd.isna(low)
        else tell("{low} to {high}", low=percent(low)[:-2], high=percent(high))
        if share
        else tell("{low} to {high}", low=number(low), high=number(high))
        for (low, high), share in zip(ends, shares)
    ]


def number(value: float) -> str:
    """A figure as people read it, two digits after the point, three below .1.

    >>> number(4.567), number(-0.0123), number(12)
    ('4.57', '−0.012', '12.00')
    """
    if pd.isna(value):
        return "–"
    return f"{value:.{2 if abs(value) >= 0.1 or value == 0 else 3}f}".replace("-", "−")


def table_html(shown: pd.DataFrame, *, marks: dict[str, list[str]] | None = None, named: bool = False) -> str:
    """The table as HTML, every cell escaped; cells of a column with long words may wrap.

    `marks` gives the cells of a column a class, such as "good" or "bad"; `named` cells carry the name of their column,
    which is shown where a screen is too narrow for columns.
    """
    kinds = {column: "words" if shown[column].astype("str").str.len().max() > 24 else "" for column in shown}
    head = "".join(f'<th scope="col">{html.escape(str(column))}</th>' for column in shown)
    cells = [
        [
            cell_html(cell, f"{kinds[column]} {mark}".strip(), column if named else "")
            for cell, mark in zip(shown[column], (marks or {}).get(column, repeat("")))
        ]
        for column in shown
    ]
    body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in zip(*cells))
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def cell_html(cell: object, kind: str = "", name: str = "") -> str:
    """One cell of a table, escaped, with its classes and the name of its column where they are given."""
    said = f' class="{kind}"' if kind else ""
    said += f' data-label="{html.escape(name)}"' if name else ""
    return f"<td{said}>{html.escape(str(cell))}</td>"
