"""What earlier reports said: a file a report, written once, never changed, never pruned."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cxlib.csv_files import read_csv
from cxlib.study import Study
from cxlib.summaries import chosen_wave, newest_day, waves_so_far
from cxlib.tables import StudyError

FIGURES = "figures.json"
"""In every published run: what later runs remember of it."""

CURRENT = "current.json"
"""In the history: of each part and day, the report that was made, or asked for again, last."""

FORMAT = 1
REMEMBERED = {
    "gap_history": ["wave", "day", "stage", "touchpoint", "label", "n", "gap", "low", "high", "verdict"],
    "register": ["touchpoint", "label", "state"],
    "kpis": ["kpi", "date", "sites", "n", "value", "low", "high", "se", "is_share", "chart"],
    "actions": ["action"],
}
PART = ("stages", "touchpoints", "personas", "channels", "where")


@dataclass(frozen=True)
class History:
    """What earlier reports on the same part of the study said.

    `gaps` has a row a wave and touchpoint, `kpis` one a KPI and day, both as the newest of these reports has them;
    `register` and `day` are those of the last report, `actions` every action an earlier report listed. `runs` are the
    reports, in order.
    """

    gaps: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REMEMBERED["gap_history"]))
    kpis: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REMEMBERED["kpis"]))
    register: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REMEMBERED["register"]))
    actions: list[str] = field(default_factory=list)
    day: str = ""
    runs: list[str] = field(default_factory=list)


def looked_at(study: Study, *, confidence: float = 0.95) -> dict:
    """What a report is about: its day, its wave, and the part of the study; reports of one part follow one another.

    Other intervals, or another gap that counts as met, are another part: figures made otherwise are not compared.
    """
    wave = chosen_wave(study)
    part = {name: sorted(getattr(study.view, name)) for name in PART} | {"all waves": study.view.wave == "all"}
    part |= {"confidence": confidence, "met within": study.met_within}
    return {"day": newest_day(study), "wave": wave if wave in waves_so_far(study) else "", "part": part}


def read_history(folder: str | Path, study: Study, *, confidence: float = 0.95) -> History:
    """What the reports kept in `folder` said whose day is before this one's, and whose part is the same.

    Of reports of one day the one made, or asked for again, last counts. Groups of fewer than `hide_below` people are
    left out. Without a folder there is no history.
    """
    now = looked_at(study, confidence=confidence)
    entries = read_entries(Path(folder)) if folder else []
    kept = [one for one in entries if one["part"] == now["part"] and one["day"] < now["day"]]
    chosen = read_current(Path(folder)) if kept else {}
    days = {one["day"]: one for one in kept}
    days |= {one["day"]: one for one in kept if chosen.get(key_of(one)) == one["run"]}
    kept = [days[day] for day in sorted(days)]
    if not kept:
        return History()
    gaps, kpis = (
        pd.concat([table_of(one, name) for one in kept]).drop_duplicates(key, keep="last").reset_index(drop=True)
        for name, key in (("gap_history", ["wave", "touchpoint"]), ("kpis", ["kpi", "date"]))
    )
    return History(
        gaps=gaps[gaps["n"] >= study.hide_below].reset_index(drop=True),
        kpis=kpis.assign(date=pd.to_datetime(kpis["date"])),
        register=table_of(kept[-1], "register"),
        actions=list(dict.fromkeys(action for one in kept for action in table_of(one, "actions")["action"])),
        day=kept[-1]["day"],
        runs=[one["run"] for one in kept],
    )


def read_entries(folder: Path) -> list[dict]:
    """What every report left in the history, by run; a file that is none of ours is a sentence."""
    entries = []
    for path in sorted(folder.glob(f"*.{FIGURES}")):
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            known = entry["format"] == FORMAT and {"run", "day", "wave", "part", "tables"} <= set(entry)
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise StudyError(f"{path.name} in {folder} is damaged, or of another version; move it elsewhere.", code=65)
        entries.append(entry)
    return entries


def read_current(folder: Path) -> dict:
    """Part and day → the run made last; empty where nothing is noted."""
    path = folder / CURRENT
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except (ValueError, TypeError):
        raise StudyError(f"{path.name} in {folder} is damaged; remove it, and it is made anew.", code=65) from None


def key_of(entry: dict) -> str:
    """What stands for the part and day of a report."""
    part = json.dumps(entry["part"], sort_keys=True, ensure_ascii=False)
    return f"{entry['day']} {hashlib.sha256(part.encode()).hexdigest()[:16]}"


def table_of(entry: dict, name: str) -> pd.DataFrame:
    """One table of what was remembered."""
    return pd.DataFrame(entry["tables"].get(name, []), columns=REMEMBERED[name])


def keep_figures(study: Study, staging: Path, run: str, *, confidence: float = 0.95) -> None:
    """Put what later runs remember of this one among its files."""
    tables = {}
    for name, columns in REMEMBERED.items():
        path = staging / "tables" / f"{name}.csv"
        if path.is_file():
            rows = read_csv(path, name).reindex(columns=columns)
            tables[name] = json.loads(rows.to_json(orient="records", double_precision=12))
    entry = {"format": FORMAT, "run": run, **looked_at(study, confidence=confidence), "tables": tables}
    text = json.dumps(entry, ensure_ascii=False, indent=1, sort_keys=True)
    (staging / FIGURES).write_text(text + "\n", encoding="utf-8")


def remember(home: Path, run: str = "") -> None:
    """Every published run has its file under history/; `run` is the one that was made, or asked for again, now."""
    history = home / "history"
    history.mkdir(exist_ok=True)
    for path in sorted((home / "runs").glob(f"*/{FIGURES}")):
        target = history / f"{path.parent.name}.{FIGURES}"
        if not target.is_file():
            replace(target, path.read_text(encoding="utf-8"))
    own = history / f"{run}.{FIGURES}"
    if own.is_file():
        current = read_current(history) | {key_of(json.loads(own.read_text(encoding="utf-8"))): run}
        replace(history / CURRENT, json.dumps(current, indent=1, sort_keys=True) + "\n")


def replace(path: Path, text: str) -> None:
    """Write a file in one step: it is the old one or the new one."""
    new = path.with_name(f".{path.name}")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)
