"""The notebooks in real JupyterLab: opened alone, run from the menu, as an analyst does it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from cxlib import describe_gaps, find_gaps, open_study, summarise_ratings
from cxlib.readable import readable

TOKEN = "only-for-this-test"
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


class Lab:
    """A JupyterLab server on this machine only."""

    def __init__(self, root, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
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
            [sys.executable, "-m", "jupyterlab", *options, str(root / "notebooks")],
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
def lab(root, tmp_path_factory, browser):
    server = Lab(root, tmp_path_factory.mktemp("lab"))
    yield server
    server.process.terminate()
    server.process.wait(30)


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield page
    page.close()


def shown_table(page) -> list[list[str]]:
    """The rows of the explorer's table."""
    rows = page.locator(".widget-html tbody tr").all()
    return [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]


def test_choosing_a_persona_redraws_the_explorer_with_the_figures_of_the_report(lab, page):
    lab.open(page, "explore.ipynb")
    lab.run_all(page)
    chart = page.locator(".widget-html img")
    chart.wait_for(timeout=60_000)
    before = chart.get_attribute("src")
    page.locator("select[multiple]:has(option:text('Senior'))").select_option("Senior")
    wait_for(lambda: chart.get_attribute("src") != before, 30, "the chart to change")
    study = open_study("data/sample", personas=["Senior"])
    gaps = find_gaps(summarise_ratings(study), met_within=study.met_within)
    assert shown_table(page) == readable(gaps).astype("str").to_numpy().tolist()
    assert describe_gaps(gaps) in chart.get_attribute("alt")


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
