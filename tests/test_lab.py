"""The notebooks in real JupyterLab: opened alone, run from the menu, as an analyst does it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

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

    def get(self, what: str):
        """An answer of the server, None while it has none."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{what}", headers={"Authorization": f"token {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    def idle(self) -> bool:
        """Whether exactly one kernel is there, connected and idle, and stays so for a second."""
        for _ in range(2):
            kernels = self.get("kernels") or []
            if [kernel["execution_state"] for kernel in kernels] != ["idle"] or not kernels[0]["connections"]:
                return False
            time.sleep(1)
        return True

    def open(self, page, notebook: str):
        """Open a notebook and wait for its kernel."""
        page.goto(f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?token={TOKEN}")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        wait_for(self.idle, 60, "the kernel")

    def run_all(self, page):
        """Run, Run All Cells; until every code cell has run."""
        page.click("text=Run >> nth=0")
        page.click("text=Run All Cells >> nth=0")
        time.sleep(1)
        done = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].every(p => /\\[\\d+\\]/.test(p.textContent))"
        wait_for(lambda: self.idle() and page.evaluate(done), 120, "the cells to run")


@pytest.fixture(scope="module")
def lab(root, tmp_path_factory, browser):
    server = Lab(root, tmp_path_factory.mktemp("lab"))
    yield server
    server.process.terminate()
    server.process.wait(30)


def test_notebook_04_opens_alone_and_runs(lab, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    lab.open(page, "04_gaps.ipynb")
    lab.run_all(page)
    assert page.locator(".jp-RenderedImage img").count() == 4
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert "Of 20 touchpoints, 9 fall short of expectation" in page.locator(".jp-Notebook").inner_text()
    page.close()
