"""Claims of the first page: said only as far as they hold beside all others."""

from unittest import mock

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import cxlib as cx
from cxlib.claims import claim, settle, settle_each
from cxlib.gaps import describe_verdicts
from cxlib.gaps.table import p_of_gaps
from cxlib.intervals import adjust, guard_rare_failures, skewness_of, t_test
from cxlib.summaries import sums
from tests.proof import drawn_reports as drawn
from tests.proof import report


def table(*p, verdict="shortfall"):
    return pd.DataFrame({"label": [f"t{place}" for place in range(len(p))], "p": p, "verdict": verdict, "n": 50})


def names(rows):
    return f"Short: {', '.join(rows.loc[rows['verdict'] == 'shortfall', 'label']) or 'none'}."


def test_what_holds_in_its_own_table_may_not_hold_beside_many():
    alone = settle([claim(table(0.001, 0.04), names)])
    beside = settle([claim(table(0.001, 0.04), names), claim(table(*[0.9] * 40), lambda rows: "")])
    assert alone == ["Short: t0, t1."] and beside == ["Short: t0."]


def test_nothing_is_claimed_where_nothing_holds():
    assert settle([claim(table(0.03, *[0.9] * 20), names)]) == ["Short: none."]


def test_a_sentence_that_claims_nothing_stays_as_it_is():
    assert settle(["Nobody visits it.", claim(table(), names)]) == ["Nobody visits it.", "Short: none."]


def test_the_threshold_is_that_of_benjamini_and_hochberg_over_all():
    rng = np.random.default_rng(1)
    first, second = (np.sort(rng.uniform(0, 0.02, 15) ** rng.uniform(0.5, 2, 15)) for _ in range(2))
    said = settle([claim(table(*first), names), claim(table(*second), names)])
    q = stats.false_discovery_control([*first, *second])
    counts = [sentence.count("t") - sentence.count("Short") for sentence in said]
    assert counts == [(q[:15] <= 0.05).sum(), (q[15:] <= 0.05).sum()]


def test_each_finding_keeps_its_place_even_one_with_nothing_to_say():
    found = [claim(table(0.9), lambda rows: ""), "Nobody visits it.", claim(table(0.001), names)]
    assert settle_each(found) == ["", "Nobody visits it.", "Short: t0."]
    assert settle(found) == ["Nobody visits it.", "Short: t0."]


def test_a_row_without_a_claim_is_never_made_one():
    met = table(0.0001, 0.0002).assign(verdict=["met", "shortfall"])
    assert claim(met, describe_verdicts)["versions"][-1][1].startswith("Of 2 touchpoints, 1 meets expectation")


def test_no_p_is_no_claim():
    unknown = table(np.nan, 0.001)
    assert claim(unknown, names)["p"] == [0.001]


def test_false_alarms_over_reports_without_a_gap_are_five_in_a_hundred():
    """2,000 reports of 24 touchpoints and of 24 changes without any: some claim in at most 6 % of them."""
    rng = np.random.default_rng(7)
    false = 0
    for _ in range(2000):
        drawn = np.sort(rng.uniform(size=(2, 24)))[:, ::-1]
        claims = [{"p": list(p), "versions": [*([cut, "short"] for cut in p), [-1.0, ""]]} for p in drawn]
        false += bool(settle(claims))
    assert 0.035 < false / 2000 < 0.062


def test_the_notebooks_claims_are_kept_for_the_page():
    versions = cx.claim(table(0.01), names)["versions"]
    assert versions == [[0.01, "Short: t0."], [-1.0, "Short: none."]]


def test_claims_of_one_name_count_their_tests_once():
    gaps = table(0.001, 0.03, 0.9)
    first = claim(gaps, names, of="gaps")
    comes_first = claim(gaps, lambda rows: "t0 first." if (rows["verdict"] == "shortfall").any() else "", of="gaps")
    assert settle([comes_first]) == ["t0 first."] and settle([comes_first, first]) == ["t0 first.", "Short: t0, t1."]
    beside = [claim(table(*[0.9] * count), lambda rows: "") for count in (46, 47)]
    assert settle([first, comes_first, beside[0]]) == ["Short: t0.", "t0 first."]
    assert settle([first, comes_first, beside[1], beside[1]])[0] == "Short: none."


def test_a_skewed_gap_is_no_surer_than_student_and_than_hall():
    t, n, skewness = np.array([3.5, -3.5, 3.5, 0.2]), 25, pd.Series([-1.2, -1.2, 0, 3])
    a = skewness.to_numpy() / (3 * n**0.5)
    hall = t + a * t**2 + a**2 * t**3 / 3 + a / 2
    p = p_of_gaps(pd.Series(t), np.ones(4), np.full(4, float(n)), skewness)
    student, turned = (2 * stats.t.sf(np.abs(values), n - 1) for values in (t, hall))
    assert p == pytest.approx(np.maximum(student, turned)) and p[0] > 3 * student[0]
    mirrored = p_of_gaps(pd.Series(-t), np.ones(4), np.full(4, float(n)), -skewness)
    assert mirrored == pytest.approx(p)


@pytest.mark.parametrize("n", [15, 30, 100])
def test_a_long_tail_does_not_make_the_other_side_sure(n):
    """At the p that one claim of 24 needs, in 50,000 samples without a gap: no more than .002 and 4 errors of it."""
    pmf, values = drawn.tail(5, 0.7, 0.4), np.arange(-4, 5)
    counts = np.random.default_rng(n).multinomial(n, pmf / pmf.sum(), size=50_000)
    powers = [counts @ values**power for power in (1, 2, 3)]
    mean, skewness = powers[0] / n, skewness_of(n, *powers)
    se = np.sqrt((powers[1] - n * mean**2) / (n - 1) / n)
    figures = guard_rare_failures(se, n, n, counts.max(axis=1), skewness, 4)
    p = p_of_gaps(pd.Series(mean), *figures, pd.Series(skewness))
    most = 0.002 + 4 * np.sqrt(0.002 / 50_000)
    assert (p <= 0.002).mean() <= most < (t_test(mean, se, n) <= 0.002).mean()


def test_reports_without_a_true_gap_hardly_claim_one():
    """200 reports: no more than the goal and 3 Monte Carlo errors."""
    null = report.measure_null("mixed", 5, 50, 1), report.measure_null("skewed", 5, 150, 1, tables=("gaps",))
    said = pd.concat([page.filter(regex=" said$").any(axis=1) for page in null])
    assert said.mean() <= report.GOAL + 3 * np.sqrt(report.GOAL * (1 - report.GOAL) / len(said))


def test_pages_written_all_the_same_say_nothing_more():
    with mock.patch.object(report, "held_up_to", lambda p: np.ones(len(p))):
        every = report.measure_null("mixed", 7, 10, 3)
    assert every.filter(regex=" alone$").any(axis=None)
    pd.testing.assert_frame_equal(every, report.measure_null("mixed", 7, 10, 3))


def test_true_gaps_are_claimed_and_in_the_right_direction():
    found = report.measure_power(10, 1, cells=[(3, 0.8, 100)]).iloc[0]
    assert found["claimed"] > 0.8 and found["wrong direction"] == 0 and found["false among claims"] < 0.15


def test_reports_stacked_are_tested_as_reports_alone():
    rng = np.random.default_rng(1)
    people, pmf = drawn.draw_people(rng, 3), np.broadcast_to(drawn.SHAPES["ordinary"](7)[1], (3, 24, 13))
    figures = drawn.add_up(*drawn.draw_gaps(rng, people, pmf))
    stacked = drawn.gaps_of(figures, 7)
    alone = drawn.gaps_of({name: values[1:2] for name, values in figures.items()}, 7)
    own = stacked[stacked["report"] == 1].assign(report=0).reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone)
    p = rng.uniform(size=(20, 7)) * np.where(rng.random((20, 7)) < 0.2, np.nan, 1)
    np.testing.assert_allclose(drawn.bh(p), [adjust(row) for row in p])


def test_what_is_added_up_is_what_the_package_adds_up():
    rng = np.random.default_rng(2)
    people, pmf = drawn.draw_people(rng, 2), np.broadcast_to(drawn.SHAPES["skewed"](5)[0], (2, 24, 9))
    a, b = drawn.draw_gaps(rng, people, pmf, np.array(60))
    a, b = (drawn.by_stage(values) for values in (a, b))
    mine, (place, person, group) = drawn.add_up(a, b), np.nonzero(b)
    rows = pd.DataFrame(dict(report=place, group=group, respondent=person, gap_a=a[b > 0], gap_b=b[b > 0]))
    keys = ["report", "group"]
    table = sums.add_up(nw.from_native(rows).lazy(), keys, ["gap"], spread=True).sort_values(keys, ignore_index=True)
    means = sums.means_of(table, keys, ["gap"])
    theirs = {"n": means["n_gap"], "mean": means["mean_gap"], "se": means["se_gap"], "modal": table["modal"]}
    theirs |= {"skewness": table["skewness"], "n_effective": means["n_effective_gap"]}
    for name, values in (theirs | {"below": table["below"] / table["gap_b"]}).items():
        np.testing.assert_allclose(mine[name].reshape(-1), values, rtol=1e-9, err_msg=name)
