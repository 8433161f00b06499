"""What a notebook shows, and what it leaves behind for the report: sentences, tables, charts."""

import html
import io
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes

from cxlib.charts.theme import VERDICT_WORDS, use_theme
from cxlib.csv_files import write_csv
from cxlib.words import percent, readable_interval, readable_q, signed

SWITCHED_ON_BY = {
    "stage": "a map with a column stage (touchpoints: touchpoints.csv in study.yaml)",
    "dimension": "a map with a column dimension (touchpoints: touchpoints.csv in study.yaml)",
    "persona": "a column persona (respondents: respondents.csv in study.yaml)",
    "channel": "a column channel in the ratings",
    "wave": "a column wave in the ratings, or answered_at and waves in study.yaml",
}
HEADINGS = {
    "label": "touchpoint",
    "top2": "top-2-box",
    "n_text": "compared",
    "gap_names": "open gaps",
    "by_itself": "by themselves",
    "shift": "others",
    "nps": "NPS",
    "p_quadrant": "how sure",
    "r2": "R²",
}
HEADINGS |= {"p_top": "among the first", "could_be_top": "could be first", "n_experienced": "n", "n_importance": "n"}
HEADINGS |= {
    "n_before": "n before",
    "on_map": "on the map",
    "omega2": "ω²",
    "icc": "ICC",
    "window_days": "window, days",
}
HEADINGS |= {"median_days": "median, days", "adopters_median_days": "median of adopters, days"}
HEADINGS |= {
    "median_delay": "median delay, days",
    "p90_delay": "p90 of delay, days",
    "wait_median_hours": "median wait, hours",
}
HEADINGS |= {"wait_p90_hours": "p90 of wait, hours", "wait_hours_median": "median wait, hours", "days_old": "days old"}
HEADINGS |= {"wait_hours_p90": "p90 of wait, hours"}
HIDDEN = ("p", "se", "n_effective", "paired", "is_share", "unit")
SIGNED = ("gap", "change", "gap_before", "emotion", "difference", "mix", "rate", "gap_other")
SIGNED += ("adequacy", "superiority", "log_odds", "penalty", "reward", "asymmetry", "crude", "adjusted")
SIGNED += ("raw", "by_itself", "shift", "corrected")
SHARES = ("reach", "importance", "johnson", "rated", "visited", "claimed_share", "share", "went_on", "top2", "nps")
SHARES += ("p_top", "p_quadrant", "feasibility", "r2", "retained", "below", "looped", "went_back", "jumped", "repeated")
SHARES += ("skipped", "removal", "conversion", "persona_share", "persona_overall", "omega2", "better", "worse")
SHARES += ("late_share", "resolved_share", "coverage", "adoption_rate", "naive_share", "missed_with", "missed_without")
FIGURES = ("value", "value_before", "before", "after", "target", "centre", "lower", "upper")
"""Columns in the unit of a KPI: shares where `is_share` says so, or `unit`."""

DIFFERENCES = ("to_target", "raw", "effect", "detectable", "change")
"""Likewise, but differences: of shares in points."""

COUNTS = (
    "n",
    "respondents",
    "journeys",
    "customers",
    "visitors",
    "lost",
    "sites",
    "steps",
    "variants",
    "leaving",
    "of",
)
COUNTS += (
    "finished",
    "late",
    "overdue",
    "converting",
    "open",
    "complaints",
    "rank",
    "stated_rank",
    "days_old",
    "personas",
    "bought",
    "abandoned",
    "adopted",
    "complained_again",
    "resolved",
    "channels",
    "cost",
    "days_late",
    "open_gaps",
    "at_work",
    *"MOAIRQ",
)
BLANK = (
    "moment",
    "objective",
    "direction",
    "due",
    "date",
    "status",
    "verdict",
    "hypothesis",
    "kpi",
    "start",
    "owner",
    "under_way",
    "last_rated",
    "last_seen",
    "reviewed_on",
    "drifted",
    "more_than_others",
    "kind",
    "on_map",
    "strategy",
    "suggestion",
    "reason",
    "rule",
    "label",
    "figures",
    "gap_names",
    "actions",
    "state",
    "state_before",
    "news",
    "chart",
    "signal",
)
INDICATIVE = 30
"""Figures of fewer people are called indicative."""

PNG_DPI = 200


class Chapter:
    """The output of one notebook. With a folder, charts/ and tables/ are written there; without one, nothing is."""

    def __init__(self, folder: str | Path = ""):
        use_theme()
        self.folder = Path(folder) if folder else None

    def say(self, sentence: str, *, finding: bool | dict = False) -> None:
        """Show a sentence; a finding also stands on the first page, a tested one (`claim`) as far as it holds."""
        if sentence:
            words = {"text/plain": sentence, "text/html": f"<p>{html.escape(sentence)}</p>"}
            said = finding if isinstance(finding, dict) else sentence if finding else ""
            display(words, raw=True, metadata={"cx": {"finding": said}})

    def keep(self, table: pd.DataFrame, name: str) -> None:
        """Keep a table as tables/`name`.csv."""
        self.write("tables", f"{name}.csv", lambda path: write_csv(table, path))

    def table(self, table: pd.DataFrame, name: str, *, columns: list[str] | None = None, most: int = 60) -> None:
        """Keep a table and show it as people read it: `columns` of it, where given, and at most `most` rows."""
        if name.startswith("gaps") and len(table) and "n" in table and not table["n"].any():
            return
        self.keep(table, name)
        if table.empty:
            kind, _, group = name.partition("_by_")
            if kind in ("gaps", "expectations", "experience") and group in SWITCHED_ON_BY:
                self.say(f"There is nothing to show by {group}: that takes {SWITCHED_ON_BY[group]}.")
            return
        ends = [f"{column}_{end}" for column in columns or [] for end in ("low", "high")]
        chosen = [column for column in [*(columns or table.columns), *ends] if column in table]
        shown = readable(table[chosen].head(most))
        display({"text/plain": shown.to_string(index=False), "text/html": table_html(shown)}, raw=True)
        if len(table) > most:
            self.say(f"All {len(table)} rows are in tables/{name}.csv.")

    def show(self, ax: Axes | None, name: str, *, alt: str, finding: str | dict = "", note: str = "") -> None:
        """Show a chart and keep it as charts/`name`.png and .svg; None, a chart with nothing to draw, is left out.

        `alt` says what the chart shows to those who cannot see it; without it the report is not published.
        `finding` is what the report's first page says of it (or a `claim`), `note` how to read it.
        """
        if ax is None:
            return
        figure, picture = ax.figure, picture_of(ax)
        figure.set_layout_engine("none")  # laid out once, for both pictures
        self.write("charts", f"{name}.png", lambda path: path.write_bytes(picture))
        self.write("charts", f"{name}.svg", lambda path: figure.savefig(path, format="svg", metadata={"Date": None}))
        width, height = (int(inches * figure.dpi) for inches in figure.get_size_inches())
        metadata = {"image/png": {"alt": alt, "width": width, "height": height}, "cx": {"finding": finding}}
        display({"image/png": b64encode(picture).decode(), "text/plain": alt}, raw=True, metadata=metadata)
        plt.close(figure)
        self.say(note)

    def write(self, folder: str, name: str, writer: Callable[[Path], object]) -> None:
        """Write one file into the chapter's folder, if it has one; a name is kept to letters, digits, - and _."""
        if self.folder is None:
            return
        target = self.folder / folder / re.sub(r"[^\w.-]+", "_", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        writer(target)


def picture_of(ax: Axes) -> bytes:
    """The chart as PNG; the same chart is the same bytes."""
    picture = io.BytesIO()
    ax.figure.savefig(picture, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return picture.getvalue()


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
        heading = HEADINGS.get(column, column.replace("_", " "))
        if column == "n" and "verdict" in table:
            shown[heading] = counts_of_people(table)
        elif column in hidden or column == "high" or column.endswith(("_low", "_high")):
            continue
        elif column == "low":
            shown["interval"] = interval_words(table, columns[place - 1], "low", "high")
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
        "–" if kind == "too few to show" or pd.isna(n) else f"{n:,}{', indicative' if 0 < n < INDICATIVE else ''}"
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
        return values.map(lambda verdict: VERDICT_WORDS.get(verdict, verdict))
    if column in SHARES:
        return values.map(percent)
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return values.astype("str").fillna("" if column in BLANK else "not stated")
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
    return f"{signed(100 * value)} points" if unit == "share" else signed(value, 2)


def interval_words(table: pd.DataFrame, column: str, low: str, high: str) -> list[str]:
    """The interval of a column's values as people read it."""
    ends = list(zip(table[low], table[high]))
    if column in DIFFERENCES and {"is_share", "unit"} & set(table):
        said = [[say_figure(end, unit, column) for end in pair] for pair, unit in zip(ends, units_of(table))]
        return ["–" if "–" in pair else f"{pair[0].removesuffix(' points')} to {pair[1]}" for pair in said]
    if column in SIGNED:
        return [readable_interval(*pair) for pair in ends]
    shares = table["is_share"] if "is_share" in table else [column in SHARES] * len(table)
    return [
        "–"
        if pd.isna(low)
        else f"{percent(low)[:-2]} to {percent(high)}"
        if share
        else f"{number(low)} to {number(high)}"
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


def table_html(shown: pd.DataFrame) -> str:
    """The table as HTML, every cell escaped; cells of a column with long words may wrap."""
    kinds = [" class=words" if shown[c].astype("str").str.len().max() > 24 else "" for c in shown]
    head = "".join(f"<th>{html.escape(str(column))}</th>" for column in shown)
    rows = [
        "".join(f"<td{kind}>{html.escape(str(cell))}</td>" for cell, kind in zip(row, kinds))
        for row in shown.itertuples(index=False)
    ]
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
