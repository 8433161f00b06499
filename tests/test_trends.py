"""When a series reaches its target: the range against brute force, by simulation, and in words."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from cxlib import trends
from cxlib.trends import Attainment, describe_attainment, find_crossing, find_reach, reach_dates

MONTHS = np.arange("2025-01", "2026-01", dtype="datetime64[M]").astype("datetime64[D]")
NOISE = np.array([1, -1, 0, 2, -2, 1, -1, 1, 0, -2, 2, -1]) / 100
RISING = 0.5 + np.arange(12) / 100 + NOISE


def simulate(replicates, slopes, *, points=12, ahead=6, dependence=0.0, seed=7):
    """Attainments of a line that rises by so many standard errors of its slope and is at its target `ahead` on."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2025-01-01") + 30 * np.arange(points)
    x = 30.0 * np.arange(points)
    slope = slopes / np.sqrt(((x - x.mean()) ** 2).sum())
    reached = 30.0 * (points - 1 + ahead)
    noise = rng.standard_normal((replicates, points))
    for place in range(1, points):
        noise[:, place] = dependence * noise[:, place - 1] + np.sqrt(1 - dependence**2) * noise[:, place]
    target = slope * reached if slopes else 3.0
    return [reach_dates(days, slope * x + one, target=target) for one in noise], days[0] + int(reached)


@pytest.mark.parametrize("target", [0.63, 0.75, 0.45])
def test_the_range_is_where_the_band_crosses_the_target(target):
    x = (MONTHS - MONTHS[0]).astype(float)
    line, t = stats.linregress(x, RISING), stats.t.ppf(0.975, 10)
    middle, sxx = x.mean(), ((x - x.mean()) ** 2).sum()

    def end_of_band(at, sign):
        error = line.stderr * np.sqrt(sxx / 12 + (at - middle) ** 2)
        return line.intercept + line.slope * at + sign * t * error - target

    ends = [optimize.brentq(end_of_band, -4000, 4000, args=(sign,), xtol=1e-12, rtol=1e-14) for sign in (1, -1)]
    assert find_crossing(x, RISING, target=target, reach=t) == pytest.approx(tuple(ends), abs=1e-8)


def test_what_is_said_is_the_range_in_whole_days():
    x = (MONTHS - MONTHS[-1]).astype(float)
    early, late = find_crossing(x, RISING, target=0.75, reach=find_reach(tuple(x), 0.95))
    found = reach_dates(MONTHS, RISING, target=0.75)
    assert found.earliest == (MONTHS[-1] + int(np.floor(early))).item()
    assert found.latest == (MONTHS[-1] + int(np.ceil(late))).item()
    assert (found.status, found.n, found.last) == ("range", 12, date(2025, 12, 1))


@pytest.mark.parametrize("slopes", [5, 8])
def test_the_range_covers_the_day_as_often_as_it_says(slopes):
    found, reached = simulate(2000, slopes)
    ranges = [one for one in found if one.status == "range"]
    covered = np.mean([one.earliest <= reached.item() <= one.latest for one in ranges])
    assert len(ranges) > 1000 and covered >= 0.93


def test_a_flat_series_is_given_a_date_no_oftener_than_its_interval_errs():
    found, _ = simulate(2000, 0)
    assert np.mean([one.status in ("range", "open end") for one in found]) < 0.035


def test_long_series_that_depend_on_their_last_value_are_mostly_refused():
    found, _ = simulate(500, 8, points=48, ahead=48, dependence=0.7)
    assert np.mean([one.status == "dependent" for one in found]) > 0.9


def test_independent_measurements_are_seldom_called_dependent():
    assert np.mean([one.status == "dependent" for one in simulate(1000, 8)[0]]) < 0.05


def test_falling_to_a_target_is_the_mirror_of_rising_to_one():
    up, down = (
        reach_dates(MONTHS, RISING, target=0.75),
        reach_dates(MONTHS, -RISING, target=-0.75, direction="at most"),
    )
    assert up == down


def test_a_range_moves_with_the_unit_and_not_with_the_order():
    turned = reach_dates(MONTHS[::-1], 100 * RISING[::-1], target=75)
    assert turned == reach_dates(MONTHS, RISING, target=0.75)


def test_what_was_not_measured_is_left_out():
    values = pd.Series([*RISING, np.nan])
    days = pd.Series([*MONTHS, np.datetime64("2026-01-01")])
    assert reach_dates(days, values, target=0.75) == reach_dates(MONTHS, RISING, target=0.75)


@pytest.mark.parametrize(
    ("values", "target", "status"),
    [
        (RISING[:5], 0.75, "too few"),
        ([], 0.75, "too few"),
        (0.5 + (MONTHS - MONTHS[0]).astype(float) / 3000, 0.75, "no spread"),
        (0.5 + NOISE, 0.75, "no sure trend"),
        (RISING[::-1], 0.75, "away"),
        (RISING, 0.55, "reached"),
        (RISING, 3.5, "not within ten years"),
        (0.5 + np.arange(12) / 100 + np.sin(np.arange(12)) / 100, 0.75, "dependent"),
        (0.5 + np.arange(12) / 180 + NOISE, 0.95, "open end"),
    ],
)
def test_a_date_is_said_only_where_the_series_bears_it(values, target, status):
    found = reach_dates(MONTHS[: len(values)], values, target=target)
    assert found.status == status
    assert found.latest is None and (found.earliest is None) == (status != "open end")


def test_six_values_of_one_day_are_no_trend():
    assert reach_dates([MONTHS[0]] * 6, RISING[:6], target=0.75).status == "too few"


def test_of_measurements_without_dependence_the_reach_would_be_t(monkeypatch):
    x = (0.0, 30.0, 61.0, 91.0, 122.0, 152.0, 183.0, 214.0)
    monkeypatch.setattr(trends, "ALLOWED", 0.0)
    assert find_reach.__wrapped__(x, 0.95) == pytest.approx(stats.t.ppf(0.975, 6), abs=0.15)
    assert find_reach.__wrapped__(x, 0.8) == pytest.approx(stats.t.ppf(0.9, 6), abs=0.06)


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match="'at least' or 'at most'"):
        reach_dates(MONTHS, RISING, target=0.75, direction="up")


def say(status, earliest=None, latest=None, n=12):
    sentence = describe_attainment(Attainment(status, n, date(2026, 6, 1), earliest, latest), target="75\u00a0%")
    assert len(sentence.split()) <= 30
    return sentence.replace("\u00a0", " ")


def test_a_range_is_said_in_months():
    pace = "At the pace of the last 12 measurements, 75 % "
    march, august, year_on = date(2027, 3, 9), date(2027, 8, 1), date(2028, 1, 3)
    assert say("range", march, august) == pace + "would be reached between March and August 2027."
    assert say("range", march, year_on) == pace + "would be reached between March 2027 and January 2028."
    assert say("range", march, date(2027, 3, 30)) == pace + "would be reached in March 2027."
    assert say("range", date(2026, 5, 1), august) == pace + "may be reached already and would be by August 2027."


def test_an_open_end_is_said():
    pace = "At the pace of the last 12 measurements, 75 % "
    assert say("open end", date(2027, 3, 9)) == (
        pace + "would be reached in March 2027 at the earliest, or perhaps not within ten years."
    )
    assert say("open end", date(2026, 5, 9)) == pace + "may be reached already, or perhaps not within ten years."
    assert say("not within ten years") == pace + "would not be reached within ten years."


def test_what_needs_no_date_is_said():
    assert say("reached") == "By the line through the last 12 measurements, 75 % is reached already."
    assert say("away") == (
        "At the pace of the last 12 measurements, 75 % would not be reached: they lead away from it."
    )


def test_what_cannot_be_told_says_why():
    assert say("too few", n=3).startswith("When 75 % is reached cannot be told from the 3 measurements: it takes")
    assert "from 1 measurement: it takes measurements on 6 days" in say("too few", n=1)
    assert "from no measurement: it takes" in say("too few", n=0)
    assert say("no sure trend").endswith("12 measurements: their line does not surely rise or fall.")
    assert say("dependent").endswith("they do not scatter independently around a straight line.")
    assert "exactly on a line" in say("no spread")
