"""Reading and checking ratings, beside DuckDB's own GROUP BY of their key over the same file, in one run.

python benchmarks/checking.py [--rows 10000000] [--repeats 3]: each task in a process of its own, in turn; a table of
seconds and peak memory, and the two ratios that count.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

SETTINGS = """title: Ten million ratings
scales: {{expected: [1, 7], experienced: [1, 7]}}
dates: {{zone: UTC}}
files: {{ratings: {file}}}
"""
KEY = "response, touchpoint, channel, visit"


def write_ratings(folder: Path, rows: int) -> None:
    """Twenty touchpoints a response, the same every time: as Parquet and as CSV, each in a study of its own."""
    query = f"""
        SELECT 'R_' || lpad((i // 20)::VARCHAR, 10, '0') AS response,
            'c' || (i // 20 * 7919 % {rows // 30}) AS respondent,
            TIMESTAMP '2026-01-01 08:00:00' + to_seconds(i // 20 * 7) AS answered_at, '1' AS visit,
            'touchpoint_' || (i % 20) AS touchpoint, ['web', 'store', 'app'][i // 20 % 3 + 1] AS channel,
            (hash(i) % 7 + 1)::INT AS expected, (hash(i + 1) % 7 + 1)::INT AS experienced
        FROM range({rows}) AS t(i)
    """
    for kind in ("parquet", "csv"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        duckdb.execute(f"COPY ({query}) TO '{folder / kind / 'ratings'}.{kind}'")
        (folder / kind / "study.yaml").write_text(SETTINGS.format(file=f"ratings.{kind}"))


def group_by(folder: Path, kind: str) -> None:
    """DuckDB's own way to find keys that come twice; from CSV with every column as text."""
    file = folder / kind / f"ratings.{kind}"
    source = f"read_csv('{file}', all_varchar = true)" if kind == "csv" else f"'{file}'"
    if kind == "csv":
        duckdb.execute(f"CREATE TABLE ratings AS SELECT * FROM {source}")
        source = "ratings"
    duckdb.execute(f"SELECT count(*) FROM (SELECT {KEY} FROM {source} GROUP BY ALL HAVING count(*) > 1)").fetchall()


def check(folder: Path, kind: str) -> None:
    """Ours: every value cast and judged, keys that come twice found, every row counted."""
    from cxlib import open_study

    counts = open_study(folder / kind).counts.iloc[0]
    assert counts["read"] == counts["used"] + counts["quarantined"] + counts["excluded"]


TASKS = {"group_by": group_by, "check": check}


def run_task(task: str, kind: str, folder: Path) -> tuple[float, float]:
    """Seconds of the task itself and the process's peak memory in MB."""
    words = [sys.executable, __file__, "--task", task, "--kind", kind, "--folder", str(folder)]
    found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found["seconds"], found["mb"]


def compare(folder: Path, rows: int, repeats: int) -> dict:
    """Medians over `repeats` runs, the tasks in turn."""
    write_ratings(folder, rows)
    runs = {(task, kind): [] for kind in ("parquet", "csv") for task in TASKS}
    for _ in range(repeats):
        for task, kind in runs:
            runs[task, kind].append(run_task(task, kind, folder))
    return {pair: [statistics.median(column) for column in zip(*found, strict=True)] for pair, found in runs.items()}


def main() -> None:
    """The table and the ratios; or, as a child, one task."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--task", choices=TASKS)
    parser.add_argument("--kind")
    asked = parser.parse_args()
    if asked.task:
        if asked.task == "check":
            import cxlib  # noqa: F401  imports are no part of the task
        start = time.perf_counter()
        TASKS[asked.task](asked.folder, asked.kind)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), asked.rows, asked.repeats)
    print(f"{asked.rows:,} ratings, median of {asked.repeats}")
    for (task, kind), (seconds, mb) in found.items():
        print(f"{kind:8} {task:9} {seconds:7.2f} s {mb:7.0f} MB")
    for kind in ("parquet", "csv"):
        ours, theirs = found["check", kind], found["group_by", kind]
        print(f"{kind:8} time {ours[0] / theirs[0]:.2f} times, memory {ours[1] - theirs[1]:+.0f} MB")


if __name__ == "__main__":
    main()
