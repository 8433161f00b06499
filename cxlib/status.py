"""Where a study stands after its last report, for programs that watch it."""

import json
from pathlib import Path

import pandas as pd

from cxlib.csv_files import read_csv
from cxlib.history import History, looked_at, replace
from cxlib.study import Study

STATUS = "status.json"

ALERTS = {
    "gap": ("register", "news", ["new", "reopened"], "label"),
    "change": ("change", "verdict", ["worse"], "label"),
    "kpi": ("alerts", "signal", None, "kpi"),
    "target": ("monitoring", "status", ["missed"], "figure"),
    "effect": ("effects", "verdict", ["made it worse"], "label"),
    "action": ("actions", "state", ["late"], "action"),
}
"""Kind → the table it is found in, the column and the words that raise it (any where None), and what it is about."""


FIGURES = ["n", "gap", "change", "effect", "value", "low", "high", "lower", "centre", "upper", "target", "due"]
FIGURES += ["days_late", "owner", "kpi"]
"""What is said beside an alert, where its table has it."""


def write_status(study: Study, staging: Path, run: str, history: History, *, confidence: float = 0.95) -> None:
    """Put status.json among a run's files: what changed since the last report, and what somebody should look at.

    An alert is only what a table of the report surely says: nothing here is a threshold of its own.
    """
    paths = {name: staging / "tables" / f"{name}.csv" for name, *_ in ALERTS.values()}
    tables = {name: read_csv(path, name) for name, path in paths.items() if path.is_file()}
    gone = set(history.actions) - set(tables["actions"]["action"]) if "actions" in tables else set()
    news = tables.get("register", pd.DataFrame(columns=["news", "touchpoint"]))
    changed = {str(word): rows["touchpoint"].tolist() for word, rows in news.dropna(subset="news").groupby("news")}
    status = {
        "study": study.settings.title,
        "run": run,
        **looked_at(study, confidence=confidence),
        "last_report": {"run": history.runs[-1], "day": history.day} if history.runs else None,
        "gaps_changed": changed,
        "alerts": [alert for kind, source in ALERTS.items() for alert in find_alerts(kind, tables, *source)]
        + [{"kind": "action", "what": action, "says": "gone"} for action in sorted(gone)],
    }
    text = json.dumps(status, ensure_ascii=False, indent=1, sort_keys=True)
    (staging / STATUS).write_text(text + "\n", encoding="utf-8")


def find_alerts(kind: str, tables: dict, name: str, column: str, words: list[str] | None, about: str) -> list[dict]:
    """The rows of one table that raise an alert: its `kind`, `what` it is about, what it `says`, and its figures."""
    if name not in tables:
        return []
    table = tables[name].dropna(subset=column)
    raised = table if words is None else table[table[column].isin(words)]
    shown = [name for name in FIGURES if name in raised and name != about]
    return [
        {"kind": kind, "what": str(row[about]), "says": str(row[column])}
        | {name: whole(row[name]) for name in shown if pd.notna(row[name])}
        for row in raised.to_dict("records")
    ]


def whole(value: object) -> object:
    """A whole number without a decimal."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def point_status(home: Path, run: str) -> None:
    """The study's status is that of a published run, in one step."""
    replace(home / STATUS, (home / "runs" / run / STATUS).read_text(encoding="utf-8"))
