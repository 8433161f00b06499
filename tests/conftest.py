"""What the tests share: small studies written to a folder, and the real data where it is there."""

import os
import shutil
import time
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

from cxlib.report import run_report
from cxlib.study import ROOT
from cxlib.tables import StudyError

matplotlib.use("Agg")

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
CHROMIUM_FLAGS += ["--disable-sync", "--no-first-run"]


LONG = (
    "test_report.py",
    "test_airline.py",
    "test_lab.py",
    "test_receipts.py",
    "test_kiosk.py",
    "test_report_small_groups.py",
)
"""Modules that publish whole reports."""


def pytest_collection_modifyitems(items: list) -> None:
    """The longest modules first, so that no process waits for another at the end."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


def write_study(folder: Path, *, settings: str = "scales: {expected: [1, 7], experienced: [1, 7]}", **tables) -> Path:
    """A study whose tables are CSV text or frames; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, content in tables.items():
        text = content if isinstance(content, str) else content.to_csv(index=False, lineterminator="\n")
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    files = "".join(f"\n  {table}: {table}.csv" for table in tables)
    (folder / "study.yaml").write_text(f"{settings}\nfiles:{files}\n", encoding="utf-8")
    return folder


@pytest.fixture
def make_study(tmp_path):
    """`make_study(ratings=…, respondents=…)` writes a study into the test's own folder."""
    return lambda **content: write_study(tmp_path / "study", **content)


@pytest.fixture
def small_ratings() -> pd.DataFrame:
    """Three people, two touchpoints, by eye: checkout −2, −1, −3; search 0, +1."""
    return pd.DataFrame(
        [
            ("ann", "checkout", "web", 6, 4),
            ("bob", "checkout", "web", 6, 5),
            ("eve", "checkout", "app", 7, 4),
            ("ann", "search", "web", 4, 4),
            ("bob", "search", "app", 4, 5),
        ],
        columns=["respondent", "touchpoint", "channel", "expected", "experienced"],
    )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real surveys; CX_REAL_DATA says where."""
    said = os.environ.get("CX_REAL_DATA")
    if not said:
        pytest.skip("tests on real data are left out: CX_REAL_DATA is not set")
    return Path(said)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def sample_report(tmp_path_factory) -> Path:
    """The published report of the sample study, made once by whichever process of the tests comes first."""
    own = tmp_path_factory.getbasetemp()
    reports = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "reports"
    while True:
        try:
            return run_report("data/sample", {}, reports=reports)[0]
        except StudyError as error:
            if error.code != 75:
                raise
            time.sleep(1)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("browser tests are left out: Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def everybody_is_shown(request, monkeypatch):
    """Hand-made studies have a handful of people: their groups are shown, but in tests marked `small_groups`."""
    if "small_groups" not in request.keywords:
        monkeypatch.setattr("cxlib.study.Study.hide_below", 0)
