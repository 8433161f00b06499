"""Whole or not at all: a staging folder, a manifest, one rename, and `latest`."""

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from cxlib.tables import StudyError

UNHASHED = ("report.pdf",)
"""What may stand in a run beside its files: its bytes are those of the browser that printed it."""

STUDY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def study_name(folder: Path) -> str:
    """The name a study's reports are kept under: its folder's."""
    if not STUDY_NAME.fullmatch(folder.name):
        raise StudyError(
            f"The folder of a study is named with small letters, digits, - and _ (at most 64); '{folder.name}' is not. "
            "Rename it."
        )
    return folder.name


def fingerprint(path: Path) -> dict:
    """Hash and size of one file."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def run_id(**parts: object) -> str:
    """The name of a run: what went into it, and nothing else, decides."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Only one run a study at a time; the lock goes with the process that holds it."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / ".lock").open("w")
    except OSError as error:
        raise StudyError(f"{home} cannot be written: {error.strerror}.", code=73) from None
    with file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows has no flock: there, two runs at once are the user's to avoid
            pass
        except BlockingIOError:
            raise StudyError(f"Another run of {home.name} is under way; try again when it has ended.", 75) from None
        yield


@contextlib.contextmanager
def staged(home: Path, run: str) -> Iterator[Path]:
    """An empty folder for a run, on the file system it is published on; gone when the run fails."""
    folder = home / f".staging-{run}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staging: Path, home: Path, run: str, manifest: dict) -> Path:
    """Write manifest.json (every file with hash and size), move the run to runs/, and point `latest` at it.

    The files of UNHASHED are named there whether they are made or not, so that the rest is the same bytes either way.
    """
    files = sorted(file for file in staging.rglob("*") if file.is_file() and file.name not in UNHASHED)
    manifest["may_be_there"] = list(UNHASHED)
    manifest["files"] = {file.relative_to(staging).as_posix(): fingerprint(file) for file in files}
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
    (staging / "manifest.json").write_text(text + "\n", encoding="utf-8")
    target = home / "runs" / run
    target.parent.mkdir(exist_ok=True)
    try:
        os.replace(staging, target)
    except OSError as error:
        raise StudyError(f"{target} cannot be written: {error.strerror}.", code=73) from None
    point_latest(home, run)
    return target


def point_latest(home: Path, run: str) -> None:
    """`latest` is the run, in one step; where links are not allowed (some Windows set-ups) it is a copy."""
    latest, new = home / "latest", home / ".latest-new"
    shutil.rmtree(new, ignore_errors=True) if new.is_dir() and not new.is_symlink() else new.unlink(missing_ok=True)
    try:
        if latest.exists() and not latest.is_symlink():
            raise OSError("latest is a copy")
        new.symlink_to(Path("runs") / run, target_is_directory=True)
        os.replace(new, latest)
    except OSError:
        new.unlink(missing_ok=True)
        shutil.copytree(home / "runs" / run, new)
        old = home / ".latest-old"
        shutil.rmtree(old, ignore_errors=True)
        if latest.exists():
            os.replace(latest, old)
        os.replace(new, latest)
        shutil.rmtree(old, ignore_errors=True)
