"""Every statistic of a report, each as the notebooks call it: the name of a table and what makes it of a study."""

from collections.abc import Callable
from functools import cached_property

import pandas as pd

import cxlib as cx


class Report:
    """A study with the tables that several statistics share, each made once."""

    def __init__(self, study):
        self.study = study

    @cached_property
    def ratings(self) -> pd.DataFrame:
        return cx.summarise_ratings(self.study)

    @cached_property
    def gaps(self) -> pd.DataFrame:
        return cx.find_gaps(self.ratings, met_within=self.study.met_within)

    @cached_property
    def reach(self) -> pd.DataFrame:
        return cx.find_reach(self.study.places, self.ratings, people=cx.count_people(self.study))

    @cached_property
    def importance(self) -> pd.DataFrame:
        return cx.find_importance(cx.summarise_drivers(self.study), draws=100)

    @cached_property
    def moments(self) -> pd.DataFrame:
        return cx.find_moments(self.gaps, self.importance, self.reach)

    @cached_property
    def experience(self) -> pd.DataFrame:
        return cx.find_experience(cx.summarise_experience(self.study))

    @cached_property
    def tracked(self) -> pd.DataFrame:
        adopted = cx.find_adoption(cx.summarise_wave_adoption(self.study), window_days=40)
        return cx.add_wave_kpis(cx.track_kpis(cx.find_kpis(self.study)), cx.summarise_wave_kpis(self.study), adopted)

    @cached_property
    def complainants(self) -> pd.DataFrame:
        return cx.find_complainants(cx.summarise_recovery(self.study))

    @cached_property
    def sites(self) -> pd.DataFrame:
        study = self.study
        return cx.compare_sites(cx.find_kpis(study), study.small("actions"), day=cx.newest_day(study))


def of(summarise: Callable, find: Callable, **how) -> Callable[[Report], pd.DataFrame]:
    """A statistic that is one pass over the study and one step on its table."""
    return lambda report: find(summarise(report.study, **how))


def gaps_by(*keys: str) -> Callable[[Report], pd.DataFrame]:
    def find(report: Report) -> pd.DataFrame:
        return cx.find_gaps(cx.summarise_ratings(report.study, by=list(keys)), met_within=report.study.met_within)

    return find


def find_factors(report: Report) -> pd.DataFrame:
    factors = ("persona", "channel")
    return cx.find_gap_drivers({name: cx.summarise_ratings(report.study, by=["touchpoint", name]) for name in factors})


def find_groups(report: Report) -> pd.DataFrame:
    answers = cx.sample_answers(report.study)
    return cx.find_clusters(answers.drop(columns="persona"), answers["persona"], clusters=3, hide_below=0)[0]


def find_splits(report: Report) -> pd.DataFrame:
    blocks = cx.summarise_wave_blocks(report.study, by=["stage", "persona"])
    return cx.split_each(blocks, each="stage", column="wave", first="W1", second="W2", within="persona")


def find_reversals(report: Report) -> pd.DataFrame:
    blocks = cx.summarise_blocks(report.study, by=["channel", "touchpoint"])
    return cx.find_reversals(blocks, column="channel", within="touchpoint")


def find_benchmarks(report: Report) -> pd.DataFrame:
    study = report.study
    rated = [cx.summarise_experience(study), cx.summarise_experience(study, by="stage")]
    own = cx.own_figures(*rated, cx.track_kpis(cx.find_kpis(study)), study.small("objectives"))
    return cx.compare_benchmarks(own, study.small("benchmarks"), comparable={}, years=[])


def find_states(report: Report) -> pd.DataFrame:
    waves = cx.find_gaps(cx.summarise_waves(report.study), met_within=report.study.met_within)
    return cx.find_register(waves, waves=cx.waves_so_far(report.study))


def compare_targets(report: Report) -> pd.DataFrame:
    study = report.study
    day = cx.newest_day(study)
    return cx.compare_targets(report.tracked, study.small("objectives"), report.experience, day=day)


def find_interruptions(report: Report) -> pd.DataFrame:
    study = report.study
    return cx.find_interruptions(report.tracked, study.small("actions"), day=cx.newest_day(study))


def rank_gaps(report: Report) -> pd.DataFrame:
    return cx.rank_gaps(report.moments, report.study.small("feasibility"), draws=500)


def find_staleness(report: Report) -> pd.DataFrame:
    evidence, drift = cx.summarise_evidence(report.study), cx.summarise_drift(report.study)
    return cx.find_staleness(evidence, drift, day=cx.newest_day(report.study))


def compare_beliefs(report: Report) -> pd.DataFrame:
    study = report.study
    return cx.compare_beliefs(study.small("beliefs"), report.ratings, met_within=study.met_within, least=0)


STATISTICS: dict[str, Callable[[Report], pd.DataFrame]] = {
    "gaps": lambda report: report.gaps,
    "gaps by stage": gaps_by("stage"),
    "gaps by persona": gaps_by("persona"),
    "gaps by channel": gaps_by("channel"),
    "gaps by stage and persona": gaps_by("stage", "persona"),
    "patterns": lambda report: cx.find_patterns(gaps_by("stage", "persona")(report), rows="persona", columns="stage"),
    "experience": lambda report: report.experience,
    "expectations": lambda report: cx.find_expectations(report.ratings),
    "outcomes": of(cx.summarise_people, cx.find_experience, by="persona"),
    "reach": lambda report: report.reach,
    "importance": lambda report: report.importance,
    "moments": lambda report: report.moments,
    "asymmetry": of(cx.summarise_extremes, cx.find_asymmetry),
    "stated": lambda report: cx.compare_importance(cx.summarise_stated(report.study), report.importance),
    "paths": of(cx.summarise_paths, cx.find_paths),
    "transitions": of(cx.summarise_transitions, cx.find_transitions),
    "variants": of(cx.summarise_variants, cx.find_variants, top=99),
    "removal": of(cx.summarise_conversions, cx.find_removal),
    "coverage": lambda report: cx.find_coverage(report.reach, cx.summarise_visits(report.study), report.study.places),
    "staleness": find_staleness,
    "zones": of(cx.summarise_levels, cx.find_zones),
    "kano": of(cx.summarise_kano, cx.find_kano),
    "needs": of(cx.summarise_needs, cx.find_needs),
    "personas": lambda report: cx.compare_personas(cx.summarise_personas(report.study), report.study.small("personas")),
    "clusters": find_groups,
    "beliefs": compare_beliefs,
    "rank agreement": lambda report: cx.find_rank_agreement(compare_beliefs(report)),
    "typical words": lambda report: cx.find_typical_words(cx.find_feedback(report.study), least=2),
    "themes": lambda report: cx.contrast_themes(
        report.study.small("feedback"), report.study.places["touchpoint"].iloc[1], least=2
    ),
    "channels": of(cx.summarise_channels, cx.find_channels),
    "consistency": of(cx.summarise_spread, cx.find_consistency),
    "funnel": lambda report: cx.find_funnel(cx.summarise_funnel(report.study), cx.summarise_waits(report.study)),
    "carts": of(cx.summarise_carts, cx.find_abandonment, by="channel"),
    "adoption": of(cx.summarise_adoption, cx.find_adoption, by="persona"),
    "adoption curve": of(cx.summarise_adoption, cx.find_adoption_curve),
    "barriers": of(cx.summarise_barriers, cx.find_barriers),
    "promises": of(cx.summarise_promises, cx.find_promises),
    "complaints": of(cx.summarise_complaints, cx.find_complaint_times, by="touchpoint"),
    "complainants": lambda report: report.complainants,
    "recovery": of(cx.summarise_recovery, cx.find_recovery),
    "differences": lambda report: cx.find_differences(cx.summarise_rest(report.study, "persona")),
    "two groups": lambda report: cx.find_differences(
        cx.summarise_pair(report.study, "site", "site a", "site b", by="stage")
    ),
    "reversals": find_reversals,
    "gap drivers": find_factors,
    "split of the change": find_splits,
    "benchmarks": find_benchmarks,
    "change": of(cx.summarise_change, cx.find_change),
    "regression to the mean": lambda report: cx.find_regression_to_mean(cx.summarise_change(report.study, by="site")),
    "register": find_states,
    "kpis": lambda report: report.tracked,
    "control charts": lambda report: cx.chart_kpis(report.tracked),
    "kpi changes": lambda report: cx.find_kpi_changes(report.tracked),
    "targets": compare_targets,
    "effects by site": lambda report: report.sites,
    "effects over time": find_interruptions,
    "effects": lambda report: cx.judge_effects(report.sites),
    "priorities": rank_gaps,
    "matrix": lambda report: cx.place_in_matrix(report.ratings, report.moments, scale=report.study.scale, draws=500),
}

GAP = "gap low high se"
SCALED = {
    **dict.fromkeys(["gaps", "gaps by stage", "gaps by persona", "gaps by channel", "gaps by stage and persona"], GAP),
    **{"moments": GAP, "patterns": f"{GAP} shrunk shrunk_low shrunk_high", "register": "gap low high"},
    "zones": "adequacy adequacy_low adequacy_high superiority superiority_low superiority_high",
    **dict.fromkeys(["differences", "two groups"], "gap gap_other difference low high"),
    **{"beliefs": "difference low high", "benchmarks": "difference low high"},
    "channels": "crude crude_low crude_high adjusted adjusted_low adjusted_high",
    "reversals": "gap gap_rest crude crude_low crude_high adjusted adjusted_low adjusted_high",
    "gap drivers": "lowest_gap lowest_low lowest_high highest_gap highest_low highest_high",
    "split of the change": "gap_first gap_second mix rate difference mix_low mix_high rate_low rate_high low high",
    "change": "gap_before gap change low high",
    "regression to the mean": "before now raw raw_low raw_high by_itself shift corrected low high",
    "priorities": "gap low high impact score",
}
DIFFERENCES = {name: columns.split() for name, columns in SCALED.items()}
"""The figures of each statistic that are differences of ratings: another unit of the scale scales them."""

MOVED = {
    **dict.fromkeys(["gaps", "gaps by stage", "gaps by persona", "gaps by channel"], "expected experienced"),
    **dict.fromkeys(["gaps by stage and persona", "patterns", "moments"], "expected experienced"),
    "experience": "experienced experienced_low experienced_high effort effort_low effort_high",
    "expectations": "expected low high",
    "stated": "stated stated_low stated_high stated_even",
    "zones": "adequate desired experienced experienced_low experienced_high",
    "needs": "lowest_mean lowest_low lowest_high highest_mean highest_low highest_high",
    "beliefs": "believed believed_low believed_high expected expected_low expected_high",
    "channels": "mean mean_low mean_high standardised standardised_low standardised_high",
    "benchmarks": "value benchmark",
    "matrix": "performance performance_line",
}
LEVELS = {name: columns.split() for name, columns in MOVED.items()}
"""The figures of each statistic that lie on the scale itself: another scale moves them too."""
