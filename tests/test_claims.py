"""Claims of the first page: said only as far as they hold beside all others."""

import numpy as np
import pandas as pd
from scipy import stats

import cxlib as cx
from cxlib.claims import claim, settle
from cxlib.gaps import describe_verdicts


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
