"""The guard against rare failures: a short slice of tests/proof/guard.py, and what it does to figures made by hand."""

import numpy as np
import pytest
from scipy import stats

from cxlib.intervals import guard_rare_failures, ratio_mean, skewness_of, t_interval
from tests.proof.drawn_gaps import KINDS, OTHER_POINTS, POINTS, at, mix, rounded
from tests.proof.guard import GOAL, below, measure, measure_cell
from tests.proof.page import keep_section

REPLICATES = 2000
FORGIVEN = 4
"""Monte Carlo errors a cell may be below the goal; by chance one of 30,000 is."""


@pytest.fixture(scope="module")
def cells():
    kinds = ["ordinary", "few fail among equals", "failures and rescues", "mostly no gap", "skewed", "two groups"]
    return measure(REPLICATES, 1, kinds=kinds, sizes=[15, 30, 100])


def test_what_is_printed_covers(cells):
    assert not below(cells, REPLICATES, errors=FORGIVEN).any()


def test_plain_t_does_not(cells):
    assert below(cells, REPLICATES, "plain_", errors=FORGIVEN).mean() > 0.1
    assert cells.loc[cells["plain_printed"] >= 0.05, "plain_covered"].min() < 0.8


def test_ordinary_gaps_are_printed(cells):
    told = cells[(cells["kind"] == "ordinary") & (cells["n"] >= 30)]
    assert told["printed"].mean() >= 0.9


@pytest.mark.parametrize(("points", "sd"), [(11, 0.35), (7, 0.65)])
def test_it_covers_where_one_in_eight_is_let_down_as_far_as_can_be(points, sd):
    pmf = mix(rounded(points, sd), points, {-1: 0.12})
    covered = measure_cell(pmf, 30, 20_000, np.random.default_rng(1))["covered"]
    assert covered >= GOAL - 2 * np.sqrt(GOAL * (1 - GOAL) / 20_000)


def test_coverage_is_that_of_counting_every_sample():
    n, failing = 20, 0.3
    failures = np.arange(n + 1)
    mean = -failures / n
    se = np.sqrt(failures * (n - failures) / (n - 1)) / n
    skewness = skewness_of(n, -failures, failures, -failures)
    guarded = guard_rare_failures(se, n, n, np.maximum(failures, n - failures), skewness, 6, mean)
    low, high = t_interval(mean, *guarded, 0.95)
    chance = stats.binom(n, failing).pmf(failures)
    printed = np.isfinite(low)
    covered = chance[printed & (low <= -failing) & (-failing <= high)].sum() / chance[printed].sum()
    pmf = at(7, {0: 1 - failing, -1 / 6: failing})
    measured = measure_cell(pmf, n, 40_000, np.random.default_rng(1))
    assert measured["printed"] == pytest.approx(chance[printed].sum(), abs=0.01)
    assert measured["covered"] == pytest.approx(covered, abs=0.005)


def test_random_numbers_of_a_row_depend_on_its_name_alone():
    both = measure(50, 3, kinds=["uniform", "narrow"], sizes=[30, 15])
    alone = measure(50, 3, kinds=["narrow"], sizes=[15])
    again = both.merge(alone[["points", "member", "kind", "n"]], on=["points", "member", "kind", "n"])
    assert again.equals(alone)


@pytest.mark.parametrize("kind", KINDS)
def test_shares_of_every_member_add_up_to_one(kind):
    sums = [pmf.sum() for points in (*POINTS, *OTHER_POINTS) for _, pmf in KINDS[kind](points)]
    assert sums == pytest.approx([1] * len(sums), abs=1e-9)


def test_a_section_is_replaced_and_its_neighbours_stay(tmp_path):
    path = tmp_path / "proof.md"
    heading = "## Gaps: the guard against rare failures"
    path.write_text(f"# Proof\n\n{heading}\n\nold\n\n## Next\n\nkept\n", encoding="utf-8")
    keep_section(path, f"{heading}\n\nnew\n")
    assert path.read_text(encoding="utf-8").endswith(f"\n{heading}\n\nnew\n\n## Next\n\nkept\n")


def test_an_ordinary_gap_keeps_its_figures():
    assert [float(figure) for figure in guard_rare_failures(0.2, 50, 48.0, 20, 0, 6)] == [0.2, 48.0]


def test_the_kiosk_study_keeps_plain_t():
    se = 0.156 * 6 / np.sqrt(194)
    assert [float(figure) for figure in guard_rare_failures(se, 194, 194, 0.64 * 194, 0, 6)] == [se, 194]


@pytest.mark.parametrize(
    ("n", "modal", "spread", "skewness"),
    [(14, 5, 0.3, 0), (100, 66, 0.3, 0), (100, 40, 0.12, 0), (25, 10, 0.18, 0), (100, 40, 0.3, -1.4)],
    ids=["few", "alike", "narrow", "narrow for so few", "skewed"],
)
def test_what_is_not_ordinary_is_wider(n, modal, spread, skewness):
    plain = spread * 6 / np.sqrt(n)
    se, effective = guard_rare_failures(plain, n, n, modal, skewness, 6)
    assert se > plain and effective == pytest.approx(n + 2)


def test_two_answers_more_at_three_quarters_of_the_range():
    gaps = np.array([0] * 30 + [-1, -1, 1, -2, 1, -4.0])
    more = np.append(gaps, gaps.mean() + np.array([-0.75, 0.75]) * 6)
    se, effective = guard_rare_failures(stats.sem(gaps), 36, 36, 30, 0, 6)
    assert (float(se), float(effective)) == pytest.approx((stats.sem(more), 38))


def test_the_guard_never_narrows():
    se = 1.2 * 6 / np.sqrt(12)
    assert [float(figure) for figure in guard_rare_failures(se, 12, 12, 6, 0, 6)] == [se, 12]


def test_answers_all_the_same_give_no_interval():
    assert np.isnan(t_interval(0.0, *guard_rare_failures(0.0, 30, 30, 30, 0, 6), 0.95)).all()


def test_four_off_the_mode_give_no_interval_and_five_do():
    se, effective = guard_rare_failures(0.2, 100, 100, [96, 95], 0, 6)
    assert np.isnan(se).tolist() == np.isnan(effective).tolist() == [True, False]


def test_the_error_of_a_skewed_gap_grows_by_its_squared_skewness():
    se = 1.2 * 6 / np.sqrt(50)
    wider, effective = guard_rare_failures(se, 50, 50, 20, -1.5, 6)
    assert (float(wider), float(effective)) == pytest.approx((se * (1 + 1.5**2 / 50), 50))


def test_the_guard_reaches_as_far_as_a_gap_can_be_from_its_mean():
    before, far = (guard_rare_failures(0.2, 40, 40, 30, 0, 6, gap) for gap in (0, -3))
    assert far[0] > before[0] and far[0] == guard_rare_failures(0.2, 40, 40, 30, 0, 9)[0]


@pytest.mark.parametrize("times", [0.01, 2 / 3, 25])
def test_another_unit_scales_the_error_and_nothing_else(times):
    se, modal = np.array([0.2, 0.05, 0.2]), [10, 30, 38]
    before, after = (guard_rare_failures(unit * se, 40, 40, modal, 0, unit * 6) for unit in (1, times))
    np.testing.assert_allclose(after, [times * before[0], before[1]])


def weighted(gaps, weights):
    a, b = gaps * weights, np.broadcast_to(weights, gaps.shape)
    _, se, effective = ratio_mean(len(gaps), a.sum(), b.sum(), (a * a).sum(), (a * b).sum(), (b * b).sum())
    modal = np.unique(gaps, return_counts=True)[1].max()
    return [
        float(figure)
        for figure in guard_rare_failures(
            se, len(gaps), effective, modal, stats.skew(gaps) * (1 - 1 / len(gaps)) ** 1.5, 6
        )
    ]


@pytest.mark.parametrize("gaps", [[0, 0, -1, 2, -3, 1], [0, 0, 0, 0, 0, -2]], ids=["plain", "guarded"])
def test_equal_weights_give_the_plain_result(gaps):
    people = np.array(gaps * 10, dtype=float)
    assert weighted(people, 7.5) == pytest.approx(weighted(people, 1.0))


def test_twice_as_many_people_narrow_by_the_root_of_two():
    people = np.array([0, 0, -1, 2, -3, 1] * 20, dtype=float)
    once, twice = ([t_interval(0, *weighted(crowd, 1.0), 0.95)[1]] for crowd in (people, np.tile(people, 2)))
    assert once[0] / twice[0] == pytest.approx(np.sqrt(2), rel=0.03)


def test_unequal_weights_widen_the_error_by_what_kishs_n_lacks_and_nearly_equal_ones_do_not():
    se, effective = guard_rare_failures(0.2, 40, [40, 32, 20], 15, 0, 6)
    assert se == pytest.approx([0.2, 0.2, 0.2 * (1 + (2**2 - 1) / 20)]) and effective.tolist() == [40, 32, 20]
