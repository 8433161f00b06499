"""Small groups in what a run publishes: hidden in every file, beside the last report, stopped where they are not."""

import json

import numpy as np
import pandas as pd
import pytest

from cxlib import open_study
from cxlib.report import run_report
from cxlib.shown import decide_shown, read_shown
from cxlib.suppression import cells_of, join_reports, lay_out
from tests.conftest import write_study
from tests.proof.suppression import attack
from tests.test_report import one_notebook

pytestmark = pytest.mark.small_groups


def people(seed: int = 1, **sizes: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ratings of three touchpoints, and who gave them: so many people of each persona."""
    rng = np.random.default_rng(seed)
    names = [f"{persona}{place}" for persona, size in sizes.items() for place in range(size)]
    respondents = pd.DataFrame({"respondent": names, "persona": [name.rstrip("0123456789") for name in names]})
    rows = [(name, touchpoint) for name in names for touchpoint in ("search", "pay", "help")]
    ratings = pd.DataFrame(rows, columns=["respondent", "touchpoint"])
    drawn = rng.integers(1, 8, (2, len(rows)))
    return ratings.assign(expected=drawn[0], experienced=drawn[1]), respondents


def study_of(folder, **sizes):
    ratings, respondents = people(**sizes)
    return write_study(folder, ratings=ratings, respondents=respondents)


def report(root, tmp_path, folder, **options):
    notebooks = tmp_path / "notebooks"
    notebooks = notebooks if notebooks.is_dir() else one_notebook(root, notebooks)
    return run_report(folder, {}, reports=tmp_path / "reports", notebooks=notebooks, **options)[0].resolve()


def personas_of(published) -> set[str]:
    table = published / "tables/gaps_by_persona.csv"
    return set(pd.read_csv(table)["persona"]) if table.is_file() else set()


def test_what_a_second_report_shows_does_not_give_away_what_the_first_hid(root, tmp_path):
    """Few grows from 3 to 6 people: beside the first report Next, hidden with it, must stay hidden."""
    folder = study_of(tmp_path / "study", Many=30, Next=9, Few=3)
    first = report(root, tmp_path, folder)
    assert personas_of(first) == {"Many"}
    study_of(tmp_path / "study", Many=30, Next=9, Few=6)
    second = report(root, tmp_path, folder)
    assert "Next" not in personas_of(second)
    warning = "Since the last report 3 people came in or left"
    assert warning in (second / "report.html").read_text(encoding="utf-8")
    alone = report(root, tmp_path, folder, beside_last=False)
    assert personas_of(alone) == {"Many", "Next", "Few"} and alone != second
    assert warning not in (alone / "report.html").read_text(encoding="utf-8")


def test_a_last_report_that_was_not_shared_binds_nothing(tmp_path):
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest/manifest.json").write_text('{"run": "first"}', encoding="utf-8")
    decide_shown(open_study(study_of(tmp_path / "study", Many=30, Next=9, Few=3)), tmp_path, "first", {})
    grown = open_study(study_of(tmp_path / "study", Many=30, Next=9, Few=6))
    said = {}
    for run, before in (("beside", read_shown(tmp_path)), ("alone", {})):
        path = decide_shown(grown, tmp_path, run, before)
        tables = pd.DataFrame(**json.loads(path.read_text(encoding="utf-8"))["answers: gap"]["tables"])
        said[run] = tables.loc[tables["grouping"] == "persona", "hidden"].any()
    assert said == {"beside": True, "alone": False}


def test_an_attacker_with_both_reports_finds_no_hidden_group(tmp_path):
    """Five pairs of reports whose groups grow or stay: every table of both, and their totals, against the hidden."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        sizes = {"A": 3} | {name: int(size) for name, size in zip("BCDE", rng.integers(2, 14, 4))}
        more = {name: size + int(rng.choice([0, 0, 2])) for name, size in sizes.items()}
        home = tmp_path / str(seed)
        home.mkdir()
        for place, counts in enumerate((sizes, more)):
            study = open_study(study_of(home / "study", Total=40, **counts))
            decide_shown(study, home, f"run{place}", read_shown(home))
            (home / "latest").mkdir(exist_ok=True)
            (home / "latest/manifest.json").write_text(json.dumps({"run": f"run{place}"}), encoding="utf-8")
        kept = [json.loads((home / f"history/run{place}.json").read_text(encoding="utf-8")) for place in (0, 1)]
        shown, hidden = rows_of(*(said["answers: gap"] for said in kept))
        values = shown.astype(int) @ rng.integers(1, 100, shown.shape[1])
        assert len(hidden) and (attack(shown.astype(int), values, hidden.astype(int)) == -1).all(), seed


def rows_of(before: dict, now: dict) -> tuple[np.ndarray, np.ndarray]:
    """What both reports show of the gap, totals too, and what they hide, over the atoms of both."""
    atoms = [pd.DataFrame(**said["atoms"]) for said in (before, now)]
    joint = join_reports(*atoms, [name for name in atoms[0] if name != "n"])
    shown, hidden = [], []
    for said, table, side in zip((before, now), atoms, ("before", "now")):
        tables = pd.DataFrame(**said["tables"])
        shown.append(lay_out(np.ones((1, len(table))), joint[side]))
        for grouping, cells in tables.groupby("grouping", sort=False):
            names, member = cells_of(table, grouping.split(" × "))
            order = {
                tuple(map(str, name)): place for place, name in enumerate(names.itertuples(index=False, name=None))
            }
            rows = lay_out(member[[order[tuple(map(str, cell))] for cell in cells["cell"]]], joint[side])
            shown.append(rows[~cells["hidden"].to_numpy(dtype=bool)])
            hidden.append(rows[cells["hidden"].to_numpy(dtype=bool)])
    return np.vstack(shown), np.vstack(hidden)
