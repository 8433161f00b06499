"""The report on paper: report.html printed by the browser that is there, or one sentence that says there is none."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from cxlib.catalogue import tell

PDF = "report.pdf"
NAMED = "CX_CHROMIUM"
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
    "msedge",
)
"""What the browser is called on a PATH."""

APPLICATIONS = ("Google Chrome", "Chromium", "Microsoft Edge")
ON_WINDOWS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
    "--generate-pdf-document-outline", "--export-tagged-pdf",
)  # fmt: skip
"""On paper nothing but the page, tagged and with its outline; no name outside is found."""

MOST_SECONDS = 120
OUTSIDE = re.compile(r'(<a\b[^>]*?) href="(?!#)[^"]*"')
DAYS = re.compile(rb"(/(?:CreationDate|ModDate) ?\(D:)\d{14}")


def print_pdf(folder: Path) -> bool:
    """Print report.html of a run's folder beside itself, as report.pdf; whether that went well.

    Links to the files beside the page are left out, since on paper they would hold the path of this machine; the date
    is 1 January 2000. A browser that is not there, fails, or takes longer than two minutes leaves no file.
    """
    browser = find_browser()
    if browser is None:
        return False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:
        page, paper = Path(own) / "report.html", Path(own) / PDF
        html = (folder / "report.html").read_text(encoding="utf-8")
        page.write_text(OUTSIDE.sub(r"\1", html), encoding="utf-8")
        root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        places = [f"--user-data-dir={Path(own) / 'profile'}", f"--print-to-pdf={paper}", page.as_uri()]
        try:
            subprocess.run(
                [browser, *FLAGS, *root, *places], timeout=MOST_SECONDS, check=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            printed = paper.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return False
    return printed.startswith(b"%PDF-") and keep_paper(DAYS.sub(rb"\g<1>20000101000000", printed), folder)


def keep_paper(printed: bytes, folder: Path) -> bool:
    """Write the paper into the run's folder, whole or not at all; whether that went well."""
    new = folder / f".{PDF}"
    try:
        new.write_bytes(printed)
        os.replace(new, folder / PDF)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    return True


def find_browser() -> str | None:
    """The browser that prints: what CX_CHROMIUM names, else the first of Chromium, Chrome and Edge that is there."""
    named = os.environ.get(NAMED)
    if named:
        return shutil.which(named)
    programs = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    usual = [Path(folder) / path for folder in programs if folder for path in ON_WINDOWS]
    if sys.platform == "darwin":
        usual += [Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in APPLICATIONS]
    found = filter(None, map(shutil.which, [*COMMANDS, *map(str, usual)]))
    return next(found, None)


def explain_no_pdf() -> str:
    """Why a report has no PDF, and what would give it one."""
    named = os.environ.get(NAMED)
    if find_browser():
        return tell(
            "There is no report.pdf: the browser {browser} could not print the page. Open report.html and print it, "
            "or name another browser in CX_CHROMIUM.",
            browser=find_browser(),
        )
    if named:
        return tell("There is no report.pdf: CX_CHROMIUM names {named}, which is not there.", named=named)
    return tell(
        "There is no report.pdf: it takes Chromium, Chrome or Edge. Install one (Debian: apt-get install chromium), or "
        "name it in CX_CHROMIUM; cx report --no-pdf asks for none."
    )
