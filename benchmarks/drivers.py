"""What matters, exactly and with its uncertainty, beside the regressions it replaces, in one run.

python benchmarks/drivers.py [--repeats 5]: LMG of 20 touchpoints from their covariances (all 2^20 regressions), 1,000
draws of Johnson's weights on 20, and 20 least-squares fits of 20,000 answers on 20 by statsmodels; each task in a
process of its own, in turn. Exits 1 where LMG or Johnson is slower than the fits.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import numpy as np

TOUCHPOINTS, ANSWERS, DRAWS, FITS = 20, 20_000, 1000, 20


def make_answers() -> np.ndarray:
    """Ratings of 20 touchpoints that go along with each other and, last, a verdict; the same every time."""
    rng = np.random.default_rng(1)
    ratings = rng.normal(size=(ANSWERS, TOUCHPOINTS)) + rng.normal(size=(ANSWERS, 1))
    return np.column_stack([ratings, ratings @ rng.uniform(0, 1, TOUCHPOINTS) + 5 * rng.normal(size=ANSWERS)])


def time_lmg(answers: np.ndarray) -> float:
    from cxlib.moments import lmg

    products = np.cov(answers.T)
    start = time.perf_counter()
    lmg(products)
    return time.perf_counter() - start


def time_johnson(answers: np.ndarray) -> float:
    from cxlib.moments import johnson

    rng = np.random.default_rng(2)
    draws = np.stack([np.cov(answers[rng.integers(0, ANSWERS, 500)].T) for _ in range(DRAWS)])
    start = time.perf_counter()
    johnson(draws)
    return time.perf_counter() - start


def time_fits(answers: np.ndarray) -> float:
    from statsmodels.api import OLS, add_constant

    start = time.perf_counter()
    for _ in range(FITS):
        OLS(answers[:, -1], add_constant(answers[:, :-1])).fit()
    return time.perf_counter() - start


TASKS = {"lmg": time_lmg, "johnson": time_johnson, "fits": time_fits}


def run_task(task: str) -> float:
    """Seconds of a task in a fresh process, without its imports."""
    words = [sys.executable, __file__, "--task", task]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(TASKS[asked.task](make_answers())))
        return 0
    runs = {task: [] for task in TASKS}
    for _ in range(asked.repeats):
        for task, found in runs.items():
            found.append(run_task(task))
    seconds = {task: statistics.median(found) for task, found in runs.items()}
    said = {"lmg": "LMG, 20 touchpoints", "johnson": "Johnson, 1,000 draws", "fits": "20 fits by statsmodels"}
    for task, words in said.items():
        print(f"{words:24}{seconds[task]:8.3f} s   {seconds[task] / seconds['fits']:6.2f} of the fits")
    return int(max(seconds["lmg"], seconds["johnson"]) > seconds["fits"])


if __name__ == "__main__":
    sys.exit(main())
