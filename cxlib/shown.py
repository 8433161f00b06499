"""Which small groups a report shows, beside what the report before showed; and the last look at its tables."""

import json
from pathlib import Path

import pandas as pd

from cxlib.catalogue import tell
from cxlib.study import Study
from cxlib.summaries import check_decisions, chosen_wave, count_people, decide_groups
from cxlib.tables import StudyError
from cxlib.words import counted

NO_PEOPLE = (
    "rows",
    "quarantined",
    "kpis",
    "monitoring",
    "targets",
    "proposed_actions",
    "actions",
    "funnel",
    "benchmarks",
    "map_audit",
    "beliefs_rank_agreement",
    "control",
    "alerts",
    "kpi_changes",
    "effects",
    "effects_by_month",
    "interrupted_months",
    "interruptions",
    "unlinked",
)
"""Tables, and charts, whose n does not count respondents, or only those of figures of the whole company."""

PEOPLE = "everybody"
"""Under which history/<run>.json keeps how many people a report looked at."""

NO_COUNTS = ["n_needed", "n_effective", "n_elsewhere", "n_benchmark"]


def read_shown(home: Path) -> dict:
    """Which groups the last report showed, as `decide_shown` kept it; empty where there is none."""
    path = home / "latest" / "manifest.json"
    last = json.loads(path.read_text(encoding="utf-8")).get("run", "") if path.is_file() else ""
    kept = home / "history" / f"{last}.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}


def decide_shown(study: Study, home: Path, run: str, before: dict) -> Path:
    """Decide which groups this report shows, beside the one `before`; keep it for the notebooks and the next report.

    The file, reports/<study>/history/<run>.json, holds counts of small groups: it is not to be shared.
    """
    try:
        decisions = decide_groups(study, before)
    except StudyError as error:
        raise StudyError(f"{error} If the last report was never shared, run it with --last-not-shared.", 77) from None
    check_decisions(decisions)
    target = home / "history" / f"{run}.json"
    target.parent.mkdir(exist_ok=True)
    said = {name: decision.remember() for name, decision in decisions.items()}
    said |= {PEOPLE: people_looked_at(study)}
    target.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return target


def people_looked_at(study: Study) -> dict:
    """How many people a report looks at, and in which part of the study."""
    return {"n": count_people(study), "view": repr(study.view), "wave": chosen_wave(study)}


def find_newcomers(study: Study, before: dict) -> list[str]:
    """A sentence where so few people came in, or left, since the last report that both reports tell what they said."""
    now = people_looked_at(study)
    last = before.get(PEOPLE, now)
    moved = abs(now["n"] - last["n"])
    if last != now | {"n": last["n"]} or not 0 < moved < study.hide_below:
        return []
    return [
        tell(
            "Since the last report {moved} came in or left: whoever has both reports can work "
            "out what they said. Share one of the two.",
            moved=counted(moved, "person", "people"),
        )
    ]


def check_small_groups(study: Study, staging: Path) -> None:
    """Raise when a table of a report, or the data of a chart, shows a group of too few people.

    The workbook holds the tables that were looked at here, and nothing else.
    """
    for path in sorted([*staging.glob("tables/*.csv"), *staging.glob("charts/*.csv")]):
        if path.stem in NO_PEOPLE:
            continue
        table = pd.read_csv(path)
        counts = table[[c for c in table if c in ("n", "respondents") or c.startswith("n_")]].drop(
            columns=NO_COUNTS, errors="ignore"
        )
        counts = counts.select_dtypes("number")
        small = (counts > 0) & (counts < study.hide_below)
        if small.any(axis=None):
            raise StudyError(
                f"The report was not published: {path.parent.name}/{path.name} shows a group of too few people.",
                code=77,
            )
