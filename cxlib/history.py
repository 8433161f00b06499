"""What earlier reports said: a file a run, written once, never changed, never pruned."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cxlib.study import Study
from cxlib.summaries import chosen_wave, newest_day, waves_so_far

FIGURES = "figures.json"
"""In every published run: what later runs remember of it."""

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


def looked_at(study: Study) -> dict:
    """What a report is about: its day, the wave, and the part of the study; reports of one part follow one another."""
    wave = chosen_wave(study)
    last = str(study.settings.waves.get(wave, ""))
    day = newest_day(study)
    part = {name: sorted(getattr(study.view, name)) for name in PART} | {"all waves": study.view.wave == "all"}
    return {
        "day": min(day, last) if last and day else day,
        "wave": wave if wave in waves_so_far(study) else "",
        "part": part,
    }


def read_history(folder: str | Path, study: Study) -> History:
    """What the reports kept in `folder` said whose day is before this one's, and whose part is the same.

    Of reports of one day the one made last counts. Without a folder there is no history.
    """
    now = looked_at(study)
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.figures.json"))]
    kept = [one for one in kept if folder and one["part"] == now["part"] and one["day"] < now["day"]]
    replaced = {run for one in kept for run in one["instead_of"]}
    kept = sorted((one for one in kept if one["run"] not in replaced), key=lambda one: (one["day"], one["run"]))
    if not kept:
        return History()
    gaps, kpis = (
        pd.concat([table_of(one, name) for one in kept]).drop_duplicates(key, keep="last").reset_index(drop=True)
        for name, key in (("gap_history", ["wave", "touchpoint"]), ("kpis", ["kpi", "date"]))
    )
    return History(
        gaps=gaps,
        kpis=kpis.assign(date=pd.to_datetime(kpis["date"])),
        register=table_of(kept[-1], "register"),
        actions=list(dict.fromkeys(action for one in kept for action in table_of(one, "actions")["action"])),
        day=kept[-1]["day"],
        runs=[one["run"] for one in kept],
    )


def table_of(entry: dict, name: str) -> pd.DataFrame:
    """One table of what was remembered."""
    return pd.DataFrame(entry["tables"].get(name, []), columns=REMEMBERED[name])


def keep_figures(study: Study, staging: Path, run: str) -> None:
    """Put what later runs remember of this one among its files."""
    tables = {}
    for name, columns in REMEMBERED.items():
        path = staging / "tables" / f"{name}.csv"
        if path.is_file():
            rows = pd.read_csv(path).reindex(columns=columns)
            tables[name] = json.loads(rows.to_json(orient="records", double_precision=12))
    text = json.dumps({"run": run, **looked_at(study), "tables": tables}, ensure_ascii=False, indent=1, sort_keys=True)
    (staging / FIGURES).write_text(text + "\n", encoding="utf-8")


def remember(home: Path) -> None:
    """Every published run has its file under history/; it says which runs of the same day and part it stands for."""
    history = home / "history"
    history.mkdir(exist_ok=True)
    for path in sorted((home / "runs").glob(f"*/{FIGURES}")):
        target = history / f"{path.parent.name}.{FIGURES}"
        if not target.is_file():
            figures = json.loads(path.read_text(encoding="utf-8"))
            others = [json.loads(other.read_text(encoding="utf-8")) for other in sorted(history.glob(f"*.{FIGURES}"))]
            same = [one["run"] for one in others if (one["day"], one["part"]) == (figures["day"], figures["part"])]
            new = history / f".{target.name}"
            new.write_text(json.dumps(figures | {"instead_of": same}, ensure_ascii=False), encoding="utf-8")
            os.replace(new, target)
