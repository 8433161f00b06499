"""The zone of tolerance: adequate, desired and experienced, and where experience surely lies."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts.kano import plot_zones
from cxlib.expectations.zones import describe_kinds, describe_zones, find_zones
from cxlib.summaries.expectations import summarise_levels

SCALES = "scales: {expected: [1, 9], experienced: [1, 9], desired: [1, 9], adequate: [1, 9]}"
SIDES = ["expected", "desired", "adequate", "experienced"]


def levels(n=100, se=0.2, **places):
    """Touchpoints with adequate, desired and experienced; everybody gave all three."""
    table = pd.DataFrame(places, index=["adequate", "desired", "experienced"]).T.astype("float64")
    found = {
        "touchpoint": list(places),
        "label": [place.capitalize() for place in places],
        "width": 8.0,
        "n_expected": 0,
    }
    for side in table:
        found |= {f"n_{side}": n, f"mean_{side}": table[side].to_list(), f"se_{side}": se, f"n_effective_{side}": n}
    for name, side in (("adequacy", "adequate"), ("superiority", "desired")):
        mean = (table["experienced"] - table[side]).to_list()
        there = [0 if np.isnan(difference) else n for difference in mean]
        found |= {f"n_{name}": there, f"mean_{name}": mean, f"se_{name}": se, f"n_effective_{name}": float(n)}
        found |= {f"modal_{name}": n // 3, f"skewness_{name}": 0.0}
    return pd.DataFrame(found)


def answered(make_study, engine="pandas", **sides):
    people = [f"p{place}" for place in range(len(next(iter(sides.values()))))]
    return open_study(
        make_study(ratings=pd.DataFrame({"respondent": people, "touchpoint": "pay", **sides}), settings=SCALES)
    )


def test_differences_are_of_those_who_gave_both(make_study):
    study = answered(make_study, "duckdb", experienced=[5, 6, 4, 7], adequate=[4, 6, 6, None], desired=[8, None, 7, 9])
    found = summarise_levels(study).iloc[0]
    assert found[[f"n_{side}" for side in SIDES]].tolist() == [0, 3, 3, 4]
    assert found[["mean_adequate", "mean_experienced", "mean_adequacy", "n_adequacy"]].tolist() == pytest.approx(
        [16 / 3, 5.5, -1 / 3, 3]
    )
    gaps = np.array([-3.0, -3.0, -2.0])
    assert found[["mean_superiority", "se_superiority"]].tolist() == pytest.approx([gaps.mean(), stats.sem(gaps)])
    assert found[["modal_superiority", "mean_tolerance", "n_tolerance", "width"]].tolist() == [2, 2.5, 2, 8]


def test_an_interval_and_p_are_those_of_the_paired_t_test(make_study):
    rng = np.random.default_rng(5)
    experienced, adequate = rng.integers(2, 9, 60), rng.integers(3, 10, 60)
    zone = find_zones(summarise_levels(answered(make_study, experienced=experienced, adequate=adequate))).iloc[0]
    test = stats.ttest_rel(experienced, adequate)
    assert zone[["adequacy_low", "adequacy_high"]].tolist() == pytest.approx(list(test.confidence_interval()))
    assert zone["p"] == pytest.approx(test.pvalue) and zone["n"] == 60 and np.isnan(zone["superiority"])


def test_verdicts_say_where_experience_surely_lies_and_the_least_adequate_comes_first():
    places = dict(above=(3, 5, 6), within=(4, 7, 5.5), below=(6, 8, 5), near=(5, 7, 5.1), high=(3, 5, 5.1))
    zones = find_zones(levels(**places)).set_index("touchpoint")
    assert list(zones.index) == ["below", "near", "within", "high", "above"]
    assert zones["verdict"].to_dict() == {
        "below": "below the zone", "near": "not enough data", "within": "within the zone",
        "high": "not enough data", "above": "above the zone",
    }  # fmt: skip


def test_within_takes_both_ends():
    zones = find_zones(levels(pay=(4, 5.6, 5)))
    near, far = (2 * stats.t.sf(distance / 0.2, 99) for distance in (0.6, 1.0))
    assert far < near == pytest.approx(zones.loc[0, "p"])
    assert find_zones(levels(pay=(4, 5.2, 5))).loc[0, "verdict"] == "not enough data"


def test_q_is_over_all_touchpoints():
    alone = find_zones(levels(pay=(5.45, 8, 5)))
    among = find_zones(levels(pay=(5.45, 8, 5), **{f"t{k}": (5, 7, 5) for k in range(9)}))
    assert alone.loc[0, "verdict"] == "below the zone" and among.loc[0, "verdict"] == "not enough data"
    assert among["q"].to_numpy() == pytest.approx(stats.false_discovery_control(among["p"]))


def test_one_end_alone_tells_what_it_can():
    adequate = find_zones(levels(low=(6, np.nan, 5), high=(3, np.nan, 5))).set_index("touchpoint")
    assert adequate["verdict"].to_dict() == {"low": "below the zone", "high": "not enough data"}
    desired = find_zones(levels(low=(np.nan, 7, 5), high=(np.nan, 4, 5))).set_index("touchpoint")
    assert desired["verdict"].to_dict() == {"low": "not enough data", "high": "above the zone"}


def test_rare_failures_are_not_taken_for_certainty():
    table = levels(n=40, se=0.21, pay=(5, 9, 5.7))
    assert find_zones(table).loc[0, "verdict"] == "within the zone"
    rare = table.assign(modal_adequacy=33, skewness_adequacy=-4.0)
    assert find_zones(rare).loc[0, "verdict"] == "not enough data"


@pytest.mark.small_groups
def test_a_difference_of_few_people_is_not_shown(make_study):
    given = [5.0] * 4 + [None] * 8
    study = answered(make_study, experienced=[5, 6] * 6, adequate=[4, 5, 6] * 4, desired=given)
    found = summarise_levels(study).iloc[0]
    assert found[["n_desired", "n_superiority", "n_tolerance"]].tolist() == [0, 0, 0]
    assert found[["mean_superiority", "modal_superiority", "skewness_superiority", "mean_desired"]].isna().all()
    assert found["n_adequacy"] == 12


def test_sentences_on_zones():
    places = dict(pay=(6, 8, 5), help=(3, 5, 6), setup=(4, 7, 5.5), find=(5, 7, 5.1))
    zones = find_zones(levels(**places))
    assert describe_zones(zones).replace("\u00a0", " ") == (
        "Of 4 touchpoints by the zone of tolerance 1 below, 1 above, 1 within and 1 cannot be told. "
        "Lowest is Pay: −1.0 from adequate (−1.4 to −0.6; n 100)."
    )
    assert len(describe_zones(zones).split()) <= 30
    one = {name: describe_zones(zones[zones["touchpoint"] == name]).replace("\u00a0", " ") for name in places}
    assert one["pay"] == "Pay is below the zone of tolerance: −1.0 from adequate (−1.4 to −0.6; n 100)."
    assert one["help"] == "Help is above the zone of tolerance: +1.0 from desired (+0.6 to +1.4; n 100)."
    assert one["find"].startswith("Find is not surely within or outside the zone of tolerance: +0.1 from adequate")
    unsure = describe_zones(find_zones(levels(find=(5, 7, 5.1), wait=(5, 7, 5.2))))
    assert unsure.startswith("Of 2 touchpoints by the zone of tolerance none is surely within or outside. Lowest")
    assert "Columns adequate and desired" in describe_zones(zones.iloc[:0])


def test_kinds_name_what_was_asked_and_what_is_missing(make_study):
    study = answered(make_study, expected=[5, 6], experienced=[4, 4])
    asked = describe_kinds(summarise_levels(study))
    assert asked == (
        "Kind of expectation asked for: predicted (1 touchpoint). "
        "Columns desired and adequate of the ratings would give the zone of tolerance."
    )
    all_kinds = describe_kinds(levels(pay=(4, 7, 5), help=(4, 7, 5)).assign(n_expected=[3, 0]))
    assert all_kinds.endswith("predicted (1 touchpoint), desired (2 touchpoints) and adequate (2 touchpoints).")
    empty = summarise_levels(study).iloc[:0]
    assert describe_kinds(empty).startswith("Nobody was asked what they expect") and find_zones(empty).empty


@pytest.mark.parametrize("count", [1, 24])
def test_the_chart_draws_the_zone_as_a_bar_and_experience_as_a_dot(count):
    rng = np.random.default_rng(2)
    places = {f"t{k}": (3 + k % 3, 6 + k % 3, 5 + rng.normal()) for k in range(count)}
    zones = find_zones(levels(**places))
    ax = plot_zones(zones, title="zones")
    bars = [line.tolist() for line in ax.collections[0].get_segments()]
    ends = zip(zones["adequate"], zones["desired"])
    assert bars == [[[low, row], [high, row]] for row, (low, high) in enumerate(ends)]
    assert ax.collections[-1].get_offsets().tolist() == [[x, row] for row, x in enumerate(zones["experienced"])]
    assert [text.get_text() for text in ax.texts] == [*zones["verdict"], "adequate", "desired"]
    assert plot_zones(zones.iloc[:0], title="none") is None
    plt.close("all")
