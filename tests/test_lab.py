"""The notebooks in real JupyterLab and under Voilà: opened alone, run from the menu, as an analyst does it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from cxlib.words import percent, signed

TOKEN = "only-for-this-test"
CX = Path(sys.executable).with_name("cx")
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}


def wait_for(found, seconds: float, what: str):
    """What `found()` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.25)
    pytest.fail(f"waited {seconds} s for {what}")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Lab:
    """A JupyterLab server on this machine only."""

    def __init__(self, notebooks, folder):
        self.port = free_port()
        for plugin, values in SETTINGS.items():
            path = folder / "lab-settings" / f"{plugin.replace(':', '/')}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTERLAB_SETTINGS_DIR": "lab-settings"}
        places |= {"JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython"}
        options = [
            "--no-browser",
            "--ip=127.0.0.1",
            f"--port={self.port}",
            f"--IdentityProvider.token={TOKEN}",
            "--allow-root",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, str(notebooks)],
            env=os.environ | {name: str(folder / place) for name, place in places.items()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: self.get("status") is not None, 60, "JupyterLab to start")

    def get(self, what: str, method: str = "GET"):
        """An answer of the server, None while it has none."""
        address = f"http://127.0.0.1:{self.port}/api/{what}"
        request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read() or b"null")
        except OSError:
            return None

    def idle(self) -> bool:
        """Whether exactly one kernel is there, connected and idle, and stays so for a second."""
        for place in range(2):
            if place:
                time.sleep(1)
            kernels = self.get("kernels") or []
            if [kernel["execution_state"] for kernel in kernels] != ["idle"] or not kernels[0]["connections"]:
                return False
        return True

    def open(self, page, notebook: str):
        """Open a notebook, those before it shut down, and wait for its kernel."""
        for session in self.get("sessions") or []:
            self.get(f"sessions/{session['id']}", method="DELETE")
        workspace = notebook.removesuffix(".ipynb")  # of its own, or the tabs of earlier notebooks come back
        page.goto(f"http://127.0.0.1:{self.port}/lab/workspaces/{workspace}/tree/{notebook}?token={TOKEN}")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        wait_for(self.idle, 60, "the kernel")

    def run_all(self, page):
        """Run, Run All Cells; until every code cell has run."""
        page.click("text=Run >> nth=0")
        page.click("text=Run All Cells >> nth=0")
        time.sleep(1)
        prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
        done = f"{prompts}.every(prompt => /\\[\\d+\\]/.test(prompt.textContent))"
        wait_for(lambda: self.idle() and page.evaluate(done), 120, "the cells to run")


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    """Where the explorer saves views."""
    return tmp_path_factory.mktemp("views")


@pytest.fixture(scope="module")
def lab(root, tmp_path_factory, browser, views):
    notebooks = tmp_path_factory.mktemp("notebooks")
    shutil.copy(root / "notebooks/05_priorities.ipynb", notebooks)
    explorer = nbformat.read(root / "notebooks/explore.ipynb", as_version=4)
    parameters = next(cell for cell in explorer.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source = parameters.source.replace('views_path: str = ""', f"views_path: str = {str(views)!r}")
    nbformat.write(explorer, notebooks / "explore.ipynb")
    server = Lab(notebooks, tmp_path_factory.mktemp("lab"))
    yield server
    server.process.terminate()
    server.process.wait(30)


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield page
    page.close()


def shown_table(page) -> list[list[str]]:
    """The rows of the table on show."""
    rows = page.locator(".widget-html tbody tr:visible").all()
    return [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]


def changed(page, change, what: str) -> None:
    """Make a change and wait until the view on show is another."""
    views = "[...document.querySelectorAll('.widget-tab-contents .widget-html')]"
    shown = f"{views}.filter(view => view.offsetParent).map(view => view.innerHTML)"
    before = page.evaluate(shown)
    change()
    wait_for(lambda: page.evaluate(shown) != before, 30, f"the view to change with {what}")


def choose(page, control: str, *labels: str) -> None:
    """Choose of the list, or drop-down, of that name, and wait for the view."""
    there = page.locator(".widget-inline-hbox", has=page.locator(f".widget-label:text-is('{control}')")).locator(
        "select"
    )
    changed(page, lambda: there.select_option(label=list(labels)), control)


def set_slider(page, control: str, value: str) -> None:
    """Type a value beside the slider of that name, and wait for the view."""
    slider = page.locator(".widget-slider", has=page.locator(f".widget-label:text-is('{control}')"))

    def change():
        slider.locator(".widget-readout").click()
        page.keyboard.press("Control+A")
        page.keyboard.type(value)
        page.keyboard.press("Enter")

    changed(page, change, control)


def open_tab(page, name: str) -> None:
    """Open a tab and wait until it is drawn."""
    page.click(f".lm-TabBar-tab:has-text('{name}')")
    page.locator(".widget-tab-contents img:visible").first.wait_for(timeout=30_000)


def test_every_control_of_the_explorer_redraws_and_a_saved_view_is_its_report(lab, page, views, root, tmp_path):
    lab.open(page, "explore.ipynb")
    lab.run_all(page)
    page.locator(".cx-explorer img:visible").first.wait_for(timeout=60_000)
    choose(page, "channels", "web", "store")
    changed(page, lambda: page.click("text=Choose nothing"), "nothing chosen")
    choose(page, "personas", "Senior", "Family")
    choose(page, "stages", "purchase", "adoption")
    choose(page, "touchpoints", "Checkout and payment", "First set-up", "Delivery on time", "Move old data")
    choose(page, "wave", "2026-Q1")
    choose(page, "confidence", "90\u00a0%")
    shown = page.locator(".widget-html thead:visible th").all_inner_texts()
    gaps = [[row[0], row[1], row[shown.index("gap")]] for row in shown_table(page)]
    open_tab(page, "Map")
    open_tab(page, "Priorities")
    set_slider(page, "weight of impact", "2")
    set_slider(page, "weight of feasibility", "0")
    set_slider(page, "how many come first", "1")
    heads = page.locator(".widget-html thead:visible th").all_inner_texts()
    first = [[row[0], row[heads.index("among the first")]] for row in shown_table(page)]
    page.fill(".cx-save input", "senior-web")
    page.click("text=Save this view")
    path = views / "senior-web.yaml"
    wait_for(path.is_file, 30, "the view to be saved")
    open_tab(page, "One touchpoint")
    choose(page, "touchpoint", "Delivery on time")
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("04_gaps", "05_priorities"):
        shutil.copy(root / f"notebooks/{name}.ipynb", notebooks)
    arguments = [
        str(root / "data/sample"),
        "-f",
        str(path),
        "--notebooks",
        str(notebooks),
        "--reports",
        str(tmp_path),
        "--no-pdf",
    ]
    subprocess.run([CX, "report", *arguments], check=True, capture_output=True)
    tables = tmp_path / "sample" / "latest" / "tables"
    table = pd.read_csv(tables / "gaps.csv")
    said = [[row.label, f"{row.n:,}", signed(row.gap, 2)] for row in table.itertuples()]
    assert len(said) == 4 and gaps == said
    table = pd.read_csv(tables / "priorities.csv")
    assert first == [[row.label, percent(row.p_top)] for row in table.itertuples()]


def test_the_dashboard_shows_the_explorer_without_code_to_who_has_its_token(page, root, tmp_path):
    study = shutil.copytree(root / "data/sample", tmp_path / "study")
    log = open(tmp_path / "log", "w+", encoding="utf-8")
    command = [CX, "dashboard", str(study), "--no-browser", f"--port={free_port()}"]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    said = lambda: re.search(r"http://127\S+token=\S+", (tmp_path / "log").read_text())  # noqa: E731
    try:
        address = wait_for(said, 60, "the dashboard to start").group()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{address.partition('?')[0]}voila/files/explore.ipynb?{address.partition('?')[2]}")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.locator(".cx-explorer img:visible").first.wait_for(timeout=60_000)
        choose(page, "personas", "Senior")
        assert "Senior" in page.inner_text(".cx-said") and "import cxlib" not in page.content()
        assert str(tmp_path) not in page.content()
        page.fill(".cx-save input", "senior")
        page.click("text=Save this view")
        wait_for((study / "views/senior.yaml").is_file, 30, "the view to be saved")
        assert page.title() == "Laptop retailer, customer journey 2026"
        assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address.split("/")[2]}
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_without_weight_feasibility_no_longer_counts(lab, page):
    lab.open(page, "05_priorities.ipynb")
    lab.run_all(page)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert "340 people gave" in page.locator(".jp-Notebook").inner_text()
    chart = page.locator(".widget-html img")
    chart.wait_for(timeout=60_000)
    before = shown_table(page)
    readout = page.locator(".widget-slider", has_text="weight of feasibility").locator(".widget-readout")
    readout.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    wait_for(lambda: shown_table(page) != before, 30, "the table to change")
    assert shown_table(page)[0][0] == "Delivery on time" != before[0][0]  # matters most, and is hard to mend
