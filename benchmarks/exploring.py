"""How long an explorer takes to redraw after each kind of choice: the sample beside ten million ratings, in one run.

python benchmarks/exploring.py [--rows 10000000] [--repeats 5]: both are opened and summed up in a process each, that
takes its turn with every choice; a table of medians in milliseconds, the ratio of both, and the median of the ratios.
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

from cxlib.study import View

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = """title: Ten million ratings
stages: [s0, s1, s2, s3, s4]
waves: {2026-Q1: 2026-03-31, 2026-Q2: 2026-06-30}
scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7]}
outcome: overall
dates: {zone: UTC}
files: {ratings: ratings.parquet, respondents: respondents.parquet, touchpoints: touchpoints.csv}
"""
KINDS = ["stage", "touchpoint", "persona", "channel", "channel again", "wave", "confidence", "weights"]


def write_study(folder: Path, rows: int) -> None:
    """Half a million people who rate ten of twenty touchpoints twice: in another channel, or in another wave."""
    people = rows // 20
    ratings = f"""SELECT 'c' || p AS respondent, ['2026-Q1', '2026-Q2'][1 + (p % 3 + r) // 3] AS wave,
            r::VARCHAR AS visit,
            't' || ((p % 2) * 10 + t) AS touchpoint, ['web', 'store', 'app'][1 + (p // 6 + r) % 3] AS channel,
            4 + hash(p * 64 + r * 32 + t) % 4 AS expected, 1 + hash(p * 64 + r * 32 + t + 1) % 7 AS experienced
        FROM range({people}) a(p), range(2) b(r), range(10) c(t)"""
    listed = f"""SELECT 'c' || p AS respondent, 'persona ' || (p % 7 * p % 5) AS persona,
        0.5 + p % 4 / 2.0 AS weight, 1 + hash(p) % 7 AS overall FROM range({people}) a(p)"""
    folder.mkdir(parents=True)
    for name, query in (("ratings", ratings), ("respondents", listed)):
        duckdb.execute(f"COPY ({query}) TO '{folder / name}.parquet'")
    places = [f"t{place},Touchpoint {place},s{place // 4},{place}" for place in range(20)]
    (folder / "touchpoints.csv").write_text("\n".join(["touchpoint,label,stage,order", *places]) + "\n")
    (folder / "study.yaml").write_text(SETTINGS)


class Explorer:
    """A study with its sums; `redraw` does what every choice makes an explorer do."""

    def __init__(self, path: str):
        import matplotlib

        matplotlib.use("Agg")
        import cxlib

        self.cx, start = cxlib, time.perf_counter()
        self.study = cxlib.open_study(path)
        opened = time.perf_counter()
        self.cube = cxlib.summarise_cube(self.study)
        self.cube.prepare()
        self.opening = opened - start, time.perf_counter() - opened
        self.times = dict.fromkeys(KINDS, 0)

    def view(self, kind: str):
        """The next choice of its kind."""
        choices, time_ = self.cube.choices, self.times[kind]
        self.times[kind] += 1
        if kind in ("stage", "persona", "channel", "channel again", "wave"):
            names = choices[{"channel again": "channel"}.get(kind, kind) + "s"]
            apart = self.cube.apart_in(View()).get(f"{kind.split()[0]}s", names)
            names = [name for name in names if name in apart]  # the others are too few to show: nothing to draw
            name = names[time_ % len(names)]
            return View(wave=name) if kind == "wave" else View(**{f"{kind.split()[0]}s": [name]})
        touchpoints = list(choices["touchpoints"])
        return View(touchpoints=touchpoints[: 3 + time_] if kind == "touchpoint" else [])

    def redraw(self, kind: str) -> float:
        """Seconds of one redraw: sums, gaps, what matters, the ranking and the chart."""
        import matplotlib.pyplot as plt

        cx, study, view = self.cx, self.study, self.view(kind)
        confidence, weight = (0.9 if kind == "confidence" else 0.95), (2.0 if kind == "weights" else 1.0)
        start = time.perf_counter()
        ratings = self.cube.ratings(view)
        gaps = cx.find_gaps(ratings, met_within=study.met_within, confidence=confidence)
        importance = cx.find_importance(self.cube.drivers(view), confidence=confidence)
        reach = cx.find_reach(study.places, ratings, people=self.cube.people(view))
        moments = cx.find_moments(gaps, importance, reach)
        cx.rank_gaps(moments, study.small("feasibility"), confidence=confidence, impact_weight=weight)
        ax = cx.plot_gaps(gaps, title="Gaps", scale=study.scale)
        if ax:  # a choice of few people has no gap to draw
            ax.figure.canvas.draw()
        seconds = time.perf_counter() - start
        plt.close("all")
        return seconds


def serve(path: str) -> None:
    """A process of its own: opens the study, then redraws whatever kind it is asked for."""
    explorer = Explorer(path)
    print(json.dumps(explorer.opening), flush=True)
    for line in sys.stdin:
        seconds, peak = explorer.redraw(line.strip()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([seconds, peak]), flush=True)


def compare(folder: Path, repeats: int) -> None:
    """Both studies in turn, kind by kind; the first redraw of all is not counted."""
    paths, found, peak = {"sample": ROOT / "data/sample", "big": folder}, {}, {}
    words = [sys.executable, __file__, "--serve"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    runs = {name: subprocess.Popen([*words, str(path)], cwd=ROOT, **pipes) for name, path in paths.items()}
    for name, run in runs.items():
        opened, summed = json.loads(run.stdout.readline())
        print(f"{name:7} opened in {opened:.1f} s, summed up in {summed:.1f} s")
    for kind in [KINDS[-1], *(kind for kind in KINDS for _ in range(repeats))]:
        for name, run in runs.items():
            run.stdin.write(f"{kind}\n")
            run.stdin.flush()
            seconds, peak[name] = json.loads(run.stdout.readline())
            found.setdefault((kind, name), []).append(seconds)
    for run in runs.values():
        run.communicate()
    ratios = []
    for kind in KINDS:
        small, big = (statistics.median(found[kind, name][-repeats:]) for name in runs)
        ratios.append(big / small)
        print(f"{kind:14} sample {1000 * small:6.0f} ms   big {1000 * big:6.0f} ms   ratio {ratios[-1]:.2f}")
    print(f"median of the ratios {statistics.median(ratios):.2f}; memory {peak['sample']:.0f} and {peak['big']:.0f} MB")


def main() -> None:
    """Write the big study, compare; or, as a child, serve one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--serve")
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_study(Path(folder) / "big", asked.rows)
        compare(Path(folder) / "big", asked.repeats)


if __name__ == "__main__":
    main()
