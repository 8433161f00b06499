"""Charts of steps 2, 3 and 6 under strain: few and many rows, names long and hostile, nothing known, millions."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cxlib import charts
from cxlib.charts.monitoring import pick_kpis
from cxlib.charts.rows import cut
from tests.stress import crowded, name, too_small

TALLEST = 2000 / 160  # inches: 2,000 pixels of a published picture
SENTENCE = "What customers expect falls short most at {} (−1.2; −1.5 to −0.9; n\u00a0412) and least at {}."
VERDICTS = ["shortfall", "exceeded", "met", "not enough data"]


@pytest.fixture(autouse=True)
def theme():
    charts.use_theme()
    yield
    plt.close("all")


def called(kind, count, names):
    return [name(kind, place, names) for place in range(count)]


def turn(count, *words):
    return np.array(words)[np.arange(count) % len(words)]


def rows(count, names, n=412, kind="touchpoint"):
    """A row a touchpoint with the columns most charts of rows ask for, falling from +1.5 to −1.5."""
    value = np.linspace(1.5, -1.5, count) if count > 1 else np.array([-0.4])
    table = pd.DataFrame({"label": called(kind, count, names), "value": value})
    stages = called("stage", min(9, count), names)
    table["stage"] = [stages[place * len(stages) // count] for place in range(count)]
    ends = {"low": value - 0.3, "high": value + 0.25}
    for column in ("expected", "believed", "experienced"):
        table[column] = 4.5 + value
        table[f"{column}_low"], table[f"{column}_high"] = 4.5 + ends["low"], 4.5 + ends["high"]
    return table.assign(n=n, n_before=n, n_staff=12, change=value, difference=value, **ends)


def shares(count, names, n=412, kind="channel"):
    """A row a channel with a share and its interval."""
    share = np.linspace(0.9, 0.1, count) if count > 1 else np.array([0.4])
    table = pd.DataFrame({"label": called(kind, count, names), "n": n, "share": share})
    return table.assign(low=share - 0.05, high=share + 0.08)


def title(table):
    return SENTENCE.format(table["label"].iloc[0], table["label"].iloc[-1])


def expectations(count, names, n):
    table = rows(count, names, n).drop(columns=["low", "high"])
    table = table.rename(columns={"expected_low": "low", "expected_high": "high"})
    return charts.plot_expectations(table, title=title(table), scale=(1, 7))


def expectation_grid(count, names, n):
    personas, stages = called("persona", min(12, count), names), called("stage", min(9, count), names)
    table = pd.DataFrame(
        [(p, s, n, 4.5) for p in personas for s in stages], columns=["persona", "stage", "n", "expected"]
    )
    return charts.plot_expectation_grid(table, rows="persona", columns="stage", order=stages, title="x " * 70)


def persona_mix(count, names, n):
    table = shares(min(12, count), names, n, "persona").rename(columns={"label": "persona"})
    table = table.assign(claimed_share=0.3, verdict=turn(len(table), "more than claimed", "fewer than claimed"))
    return charts.plot_persona_mix(table, title="Customers are not who the company believes.")


def experience(count, names, n):
    table = rows(count, names).assign(top2=np.linspace(0.9, 0.05, count), n_top2=n)
    table = table.assign(top2_low=table["top2"] - 0.03, top2_high=table["top2"] + 0.05)
    return charts.plot_experience(table, measure="top2", title=title(table), xlabel="share of answers in the two best")


def emotion(count, names, n):
    table = rows(count, names)
    table = table.assign(emotion=table["value"], emotion_low=table["low"], emotion_high=table["high"], n_emotion=n)
    return charts.plot_emotion_curve(table, title=title(table))


def funnel(count, names, n):
    table = shares(min(9, count), names, n, "stage").rename(columns={"label": "stage", "share": "went_on"})
    table = table.assign(customers=n * np.arange(len(table), 0, -1), wait="half within 3.9 days")
    table.loc[0, ["went_on", "low", "high"]] = np.nan
    return charts.plot_funnel(table, title="The largest drop-off is between two stages.")


def typical(count, names, n):
    table = rows(count, names, n).loc[lambda t: t.index.repeat(3)].reset_index(drop=True)
    table["theme"] = [name("theme", place, names) for place in range(len(table))]
    return charts.plot_typical(table.assign(log_odds=table["value"], verdict="typical"), title=title(table))


def beliefs(count, names, n):
    verdict = turn(count, "underestimated", "overestimated", "understood", "not enough data")
    table = rows(count, names, n).assign(verdict=verdict)
    table[["believed", "believed_low", "believed_high"]] -= 0.9
    return charts.plot_beliefs(table, title=title(table))


def zones(count, names, n):
    table = rows(count, names, n).assign(adequate=3.0, desired=5.0)
    verdict = turn(count, "below the zone", "above the zone", "within the zone", "not enough data")
    return charts.plot_zones(table.assign(verdict=verdict), title=title(table))


def kano(count, names, n):
    table = rows(count, names, n).assign(category=turn(count, "one-dimensional", "must-be"), verdict="one-dimensional")
    for column, sign in (("better", 1), ("worse", -1)):
        value = sign * np.linspace(1, 0, count)
        table = table.assign(**{column: value, f"{column}_low": value - 0.05, f"{column}_high": value + 0.05})
    return charts.plot_kano(table, title=title(table))


def needs(count, names, n):
    table = rows(count, names, n).assign(omega2=np.linspace(0.2, 0, count), verdict=turn(count, "differs", "not sure"))
    for end, shift in (("lowest", -0.5), ("highest", 0.5)):
        value = 4.5 + table["value"] + shift
        parts = {end: called("persona", count, names), f"{end}_mean": value, f"{end}_n": n}
        table = table.assign(**parts, **{f"{end}_low": value - 0.3, f"{end}_high": value + 0.3})
    return charts.plot_needs(table, title=title(table))


def clusters(count, names, n):
    groups, personas = range(1, min(count, 12) + 1), called("persona", min(12, count), names)
    table = pd.DataFrame({"cluster": groups, "n": n, "jaccard": 0.8, "persona": personas})
    table["stable"] = turn(len(table), "yes", "no")
    mix = [(group, persona, 1 / len(personas)) for group in groups for persona in personas]
    mix = pd.DataFrame(mix, columns=["cluster", "persona", "share"])
    return charts.plot_clusters(table, mix, title="The groups are not the personas.")


def transitions(count, names, n):
    places = ["(start)", *called("touchpoint", count, names), "(end)"]
    pairs = [(one, other) for place, one in enumerate(places[:-1]) for other in places[place + 1 : place + 4]]
    table = pd.DataFrame(pairs, columns=["from_label", "to_label"]).assign(n=n, leaving=3 * n, share=1 / 3)
    table.loc[0, "share"] = 1.0
    return charts.plot_transitions(table, title="One leads to another.", order=places[1:-1])


def variants(count, names, n):
    path = called("touchpoint", count, names)
    table = pd.DataFrame({"variant": [" → ".join(path[: 1 + k]) for k in range(min(count, 8))]})
    table = table.assign(steps=table.index + 1, journeys=n, share=0.09, low=0.08, high=0.1, variants=1)
    rest = pd.DataFrame({"variant": ["others"], "steps": np.nan, "journeys": n, "share": 0.3, "variants": 999})
    stages = {step: f"stage {place // 5}" for place, step in enumerate(path)}
    return charts.plot_variants(pd.concat([table, rest]), title="Journeys take 999 paths.", stages=stages)


def removal(count, names, n):
    table = shares(count, names).assign(customers=n).rename(columns={"share": "removal"})
    return charts.plot_removal(table, title=title(table))


def promises(count, names, n):
    table = shares(min(count, 12), names).rename(columns={"label": "channel", "share": "late_share"})
    verdict = turn(len(table), "late more often", "late less often", "not enough data")
    return charts.plot_promises(
        table.assign(finished=n, verdict=verdict, median_delay=-12.25), title="More were broken by phone."
    )


def recovery(count, names, n):
    table = pd.DataFrame({"complaint": ["none", "resolved", "unresolved"], "mean": [4.7, 4.9, 2.9], "n": n})
    table = table.assign(outcome="overall", low=table["mean"] - 0.4, high=table["mean"] + 0.4, width=6)
    return charts.plot_recovery(table.head(count), outcome="overall", title="A resolved complaint makes up for it.")


def adoption(count, names, n):
    days = np.arange(count + 1.0)
    share = days / (count + 1)
    curve = pd.DataFrame({"days": days, "share": share, "low": share - 0.05, "high": share + 0.05, "under_way": n})
    half = (count + 1) / 2
    ends = {"median_days": half, "median_days_low": half * 0.9, "median_days_high": np.inf}
    found = pd.DataFrame({"n": [n], "adopted": n, "adopters_median_days": half * 0.9, **ends})
    return charts.plot_adoption(curve, adoption=found, title="Half adopt in time.")


def barriers(count, names, n):
    table = shares(count, names, kind="barrier").rename(columns={"label": "barrier"})
    ratio = np.geomspace(20, 0.05, count) if count > 1 else np.array([2.3])
    table = table.assign(n_with=n, risk_ratio=ratio, low=ratio / 2, high=ratio * 2)
    verdict = turn(count, "holds back", "goes with adopting", "no sure difference")
    return charts.plot_barriers(table.assign(verdict=verdict), title="Some hold back.")


def change(count, names, n):
    table = rows(count, names, n).assign(verdict=turn(count, "better", "worse", "no sure change"))
    return charts.plot_change(table[["label", "n", "n_before", "change", "low", "high", "verdict"]], title=title(table))


def kpis(count, names, n):
    days = pd.date_range("2024-01-31", periods=min(count, 12), freq="ME")
    called_kpis = called("KPI", min(20, count), names)
    value = 0.5 + 0.02 * np.arange(len(days))
    every = pd.concat([pd.DataFrame({"kpi": kpi, "date": days, "n": n, "value": value}) for kpi in called_kpis])
    every = every.assign(low=every["value"] - 0.02, high=every["value"] + 0.02, is_share=True)
    control = every.assign(centre=0.55, lower=0.45, upper=0.65, phase="baseline", signal="", status="in control")
    control.loc[control["date"] == days[-1], ["signal", "status"]] = ["beyond", "signal"]
    against = pd.DataFrame({"figure": called_kpis, "target": 0.7, "status": "missed"})
    return charts.plot_kpis(every, against, control, title="One KPI has been above its usual level.")


def acts(count, names, n):
    found = pd.DataFrame({"label": called("action", min(12, count), names), "before": 0.5, "raw": 0.1, "effect": 0.08})
    words = dict(n=n, n_text=f"{n:,} against 6 sites", verdict=turn(len(found), "worked", "no sure effect"))
    unit = turn(len(found), "share", "value", "ratio")
    return found.assign(low=0.02, high=0.14, unit=unit, p=0.01, start=pd.Timestamp("2025-06-01"), **words)


def effects(count, names, n):
    return charts.plot_effects(acts(count, names, n), title="The first action worked.")


def months(found, **columns):
    days = pd.DataFrame({"month": pd.date_range("2024-01-31", periods=24, freq="ME")})
    return found.merge(days, how="cross").assign(date=lambda t: t["month"], **columns)


def actions(count, names, n):
    table = months(acts(count, names, n), used=True, n_others=n)
    wave = 0.5 + 0.02 * np.sin(np.arange(len(table)))
    return charts.plot_actions(table.assign(with_it=wave, without_it=wave), title="The first action worked.")


def interruptions(count, names, n):
    found = acts(count, names, n)
    table = months(found, value=0.5, line=0.52, is_share=True)
    after = (table["month"] >= table["start"]).astype(int)
    table = table.assign(after=after, without=np.where(after, 0.5, np.nan))
    return charts.plot_interruptions(table, found, title="The first action worked.")


def regression(count, names, n):
    table = rows(min(12, count), names, n, "site").rename(columns={"label": "group", "change": "corrected"})
    table = table.assign(raw=table["corrected"] + 0.2, by_itself=0.1, shift=0.05, verdict="no sure change")
    return charts.plot_regression_to_mean(table, title="The worst moved by themselves.")


DRAW = {
    plot.__name__: plot
    for plot in (
        expectations, expectation_grid, persona_mix, experience, emotion, funnel, typical, beliefs, zones, kano, needs,
        clusters, transitions, variants, removal, promises, recovery, adoption, barriers, change, kpis, effects,
        actions, interruptions, regression,
    )
}  # fmt: skip


@pytest.mark.parametrize(("count", "names", "n"), [(5, "hostile", 4_123_456), (40, "long", 412)])
@pytest.mark.parametrize("chart", DRAW)
def test_no_word_stands_on_another_or_is_cut_or_small(chart, count, names, n):
    figure = DRAW[chart](count, names, n).figure
    assert crowded(figure) == [] and too_small(figure) == []
    assert figure.get_figheight() <= TALLEST


def without_intervals(plot):
    """The same chart of tables whose intervals are not known."""

    def draw(*tables, **more):
        ends = r"^(.*_)?(low|high)$"
        bare = [table.assign(**dict.fromkeys(table.filter(regex=ends), np.nan)) for table in tables]
        return plot(*bare, **more)

    return draw


@pytest.mark.parametrize("chart", DRAW)
def test_a_single_row_without_an_interval_is_drawn(chart, monkeypatch):
    for plot in [each for each in charts.__all__ if each.startswith("plot_")]:
        monkeypatch.setattr(charts, plot, without_intervals(getattr(charts, plot)))
    figure = DRAW[chart](1, "plain", 6).figure
    assert crowded(figure) == [] and too_small(figure) == []


def test_of_many_kpis_those_that_signal_or_miss_their_target_are_drawn():
    every = [f"k{place:02d}" for place in range(20)]
    against = pd.DataFrame({"figure": every, "status": ["missed" if kpi == "k17" else "" for kpi in every]})
    control = pd.DataFrame({"kpi": every, "signal": ["beyond" if kpi == "k19" else "" for kpi in every]})
    assert pick_kpis(every, against, control) == [*every[:8], "k17", "k19"]
    assert pick_kpis(every[:3], against, None) == every[:3]


def test_what_is_not_drawn_is_counted_below():
    ax = kpis(20, "plain", 412)
    assert ax.figure.get_supxlabel() == "10 more in the table"
    assert beliefs(40, "plain", 412).figure.get_supxlabel().endswith("20 more in the table")


def test_a_name_too_long_loses_its_middle_and_keeps_its_end():
    said = cut("Waiting for the answer of the service desk number 12", 24)
    assert len(said) <= 24 and said.startswith("Waiting") and said.endswith("12") and "…" in said
    assert cut("Delivery", 24) == "Delivery"


def test_direct_labels_name_the_dots_they_stand_over():
    words = {text.get_text(): text.xy[0] for text in persona_mix(3, "plain", 412).texts}
    assert (words["claimed"], words["found"]) == (0.3, 0.9)
