"""The explorer as a page of its own, for those who do not open JupyterLab: the notebook under Voilà, code hidden."""

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from cxlib.catalogue import tell
from cxlib.opening import find_study
from cxlib.settings import read_settings
from cxlib.study import ROOT
from cxlib.tables import StudyError

TEMPLATES = Path(__file__).parent / "templates"
SAFE = [
    "--Voila.ip=127.0.0.1",
    "--Voila.auto_token=True",
    "--VoilaConfiguration.template=cx",
    "--VoilaConfiguration.allow_template_override=NO",
    "--VoilaConfiguration.strip_sources=True",
    "--VoilaConfiguration.show_tracebacks=False",
    "--VoilaConfiguration.file_allowlist=nothing",
    "--VoilaConfiguration.file_denylist=.*",
    "--VoilaExecutor.timeout=3600",
]
"""On this machine only, for who has the token; no file of a folder is served, no code and no path shown."""


def serve_dashboard(study: str, *, port: int = 8866, open_browser: bool = True) -> int:
    """Serve the explorer of a study on 127.0.0.1 until it is stopped (Ctrl-C); returns Voilà's exit code.

    The address that is printed holds a token: who has it sees the study, and may save views. Each visitor has a kernel.
    """
    if importlib.util.find_spec("voila") is None:
        raise StudyError(
            tell("The dashboard takes Voilà, which is not installed: python -m pip install 'voila>=0.5.8,<0.6'."), 69
        )
    folder = find_study(study)
    with tempfile.TemporaryDirectory(prefix="cx-dashboard-") as place:
        notebook = Path(place) / "explore.ipynb"
        nbformat.write(page_of(folder), notebook)
        command = [sys.executable, "-m", "voila", str(notebook), f"--Voila.port={port}", *SAFE]
        command += [] if open_browser else ["--Voila.open_browser=False"]
        paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "JUPYTER_PATH": os.pathsep.join(paths)}
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        process = subprocess.Popen(command, env=os.environ | quiet, cwd=place)
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            process.terminate()
            process.wait(30)


def page_of(folder: Path) -> nbformat.NotebookNode:
    """explore.ipynb for the study in `folder`, its title that of the study, without what the page has no use for."""
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    notebook = load_notebook_node(str(ROOT / "notebooks" / "explore.ipynb"))
    notebook.cells = [cell for cell in notebook.cells if "not-in-dashboard" not in cell.metadata["tags"]]
    inside = folder.is_relative_to(ROOT)
    notebook = parameterize_notebook(notebook, {"study_path": str(folder.relative_to(ROOT) if inside else folder)})
    notebook.metadata.pop("papermill", None)
    notebook.metadata["title"] = read_settings(folder).title
    notebook.metadata["cx_waiting"] = tell("Reading the study …")
    return notebook
