"""The truths planted in the sample study are found."""

import importlib.util

import pandas as pd
import pytest

import cxlib as cx
from cxlib import find_gaps, open_study, summarise_ratings
from cxlib.intervals import ratio_mean, skewness_of

pytestmark = pytest.mark.small_groups


@pytest.fixture(scope="module")
def generator(root):
    spec = importlib.util.spec_from_file_location("sample_generator", root / "data/sample/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def study():
    return open_study("data/sample", wave="all")


@pytest.fixture(scope="module")
def latest():
    """The sample as a report shows it: its last wave."""
    return open_study("data/sample")


@pytest.fixture(scope="module")
def gaps(study):
    return find_gaps(summarise_ratings(study), met_within=study.met_within).set_index("touchpoint")


@pytest.fixture(scope="module")
def moments(study):
    ratings = summarise_ratings(study)
    reach = cx.find_reach(study.places, ratings, people=cx.count_people(study))
    importance = cx.find_importance(cx.summarise_drivers(study))
    return cx.find_moments(find_gaps(ratings, met_within=study.met_within), importance, reach)


def test_intervals_hold_the_planted_gaps(gaps, generator):
    truth = gaps.index.map(generator.true_gaps())
    held = (gaps["low"] <= truth) & (truth <= gaps["high"])
    assert held.sum() >= 18  # of 20 at 95 %


def test_no_touchpoint_planted_at_zero_is_called_a_gap(gaps, generator):
    zeros = [touchpoint for touchpoint, gap in generator.true_gaps().items() if gap == 0]
    asked = [touchpoint for touchpoint in zeros if touchpoint != generator.GHOST]
    assert len(asked) == 6 and set(gaps.loc[asked, "verdict"]) == {"met"}


def test_every_large_planted_gap_is_found_with_its_sign(gaps, generator):
    for touchpoint, gap in generator.true_gaps().items():
        if abs(gap) > 0.3:
            assert gaps.loc[touchpoint, "verdict"] == ("shortfall" if gap < 0 else "exceeded")


def test_seniors_are_found_to_be_let_down_most_in_adoption(latest):
    by_stage = find_gaps(summarise_ratings(latest, by=["stage", "persona"]), met_within=latest.met_within)
    assert by_stage.loc[0, ["stage", "persona"]].tolist() == ["adoption", "Senior"]
    patterns = cx.find_patterns(by_stage, rows="persona", columns="stage", order=latest.stages)
    known = patterns.dropna(subset="shrunk")
    assert known.loc[known["shrunk"].idxmin(), ["persona", "stage"]].tolist() == ["Senior", "adoption"]
    assert "Senior" in cx.describe_gaps(by_stage, among="Of all personas and stages")


def test_the_few_who_are_let_down_most_are_nowhere(latest, generator):
    raw = pd.read_csv(latest.folder / "ratings.csv").merge(pd.read_csv(latest.folder / "respondents.csv"))
    gap = (raw["experienced"] - raw["expected"]).groupby([raw["persona"], raw["wave"]])
    [few] = generator.FEW
    people = raw.groupby(["persona", "wave"])["respondent"].nunique()
    assert set(people[few]) == {3} and gap.mean().groupby("persona").mean().idxmin() == few
    for by in ("persona", ["stage", "persona"], ["touchpoint", "persona"]):
        shown = set(summarise_ratings(latest, by=by)["persona"])
        assert shown == {"Student", "Remote worker", "Gamer", "Family", "Senior"}
    assert "2 personas" in cx.describe_hidden(latest)


def channels_against_the_rest(study):
    blocks = cx.summarise_blocks(study, by=["channel", "touchpoint"])
    return cx.find_reversals(blocks, column="channel", within="touchpoint").set_index("channel")


@pytest.mark.parametrize("wave", ["latest", "all"])
def test_the_phone_looks_worst_and_is_better_than_the_rest(wave, generator):
    study = open_study("data/sample", wave=wave)
    by_channel = find_gaps(summarise_ratings(study, by="channel"), met_within=study.met_within)
    assert by_channel.loc[0, "channel"] == "phone" and generator.CHANNEL_SHIFT["phone"] > 0
    found = channels_against_the_rest(study)
    assert found.index[0] == "phone" and found.loc["phone", "verdict"] == "reversed"
    assert found.loc["phone", "crude"] < 0 < found.loc["phone", "adjusted_low"]
    assert (found["verdict"] == "reversed").sum() == 1
    sentence = cx.describe_reversals(found.reset_index(), within="touchpoint")
    assert sentence.startswith("Phone looks 0.3") and "better at an equal mix of touchpoints" in sentence


@pytest.mark.parametrize("wave", ["latest", "all"])
def test_at_an_equal_mix_the_app_is_worst(wave, generator):
    found = channels_against_the_rest(open_study("data/sample", wave=wave))
    assert found["adjusted"].idxmin() == "app" == min(generator.CHANNEL_SHIFT, key=generator.CHANNEL_SHIFT.get)
    assert found.loc["app", "adjusted_high"] < 0 and found.loc["app", "verdict"] == "holds"
    assert (found.loc["app", "adjusted_high"] < found["adjusted_low"].drop("app")).all()


def test_what_widened_in_adoption_is_the_mix_and_not_the_gaps(generator):
    study = open_study("data/sample", wave="all", stages=["adoption"])
    blocks = cx.summarise_blocks(study, by=["wave", "persona"])
    split = cx.split_difference(blocks, column="wave", first="2026-Q1", second="2026-Q2", within="persona")
    total = split[split["of"] == "total"].iloc[0]
    assert total["mix_high"] < 0 and total["rate_low"] < 0 < total["rate_high"]
    shares = {
        name: generator.persona_shares(wave)["Senior"] for wave, name in (("2026-Q1", "first"), ("2026-Q2", "second"))
    }
    senior = split[split["persona"] == "Senior"].iloc[0]
    assert senior.name == 0 and senior["mix_high"] < 0
    for name, share in shares.items():
        assert senior[f"share_{name}"] == pytest.approx(share, abs=0.06)
    truth = planted_mix(generator, "2026-Q1", "2026-Q2", "adoption")
    assert truth < -0.05 and total["mix_low"] < truth < total["mix_high"]
    sentence = cx.describe_split(split, what="since 2026-Q1")
    assert sentence.startswith("No sure difference") and "but another mix of personas gives −0.0" in sentence


def test_in_the_latest_wave_adoption_owes_most_to_another_mix(latest):
    blocks = cx.summarise_wave_blocks(latest, by=["stage", "persona"])
    splits = cx.split_each(blocks, each="stage", column="wave", first="2026-Q1", second="2026-Q2", within="persona")
    assert cx.find_widest_mix(splits, each="stage") == "adoption"


def planted_mix(generator, first, second, stage):
    """What another mix of personas alone changes in the mean gap of a stage, by the formula of the generator."""
    gaps, level = {}, {}
    for wave in (first, second):
        parts = {name: stage_gap(generator, wave, stage, name) for name in generator.persona_shares(wave)}
        shares = generator.persona_shares(wave)
        gaps[wave], level[wave] = parts, sum(shares[name] * gap for name, gap in parts.items())
    change = {
        name: share - generator.persona_shares(first)[name] for name, share in generator.persona_shares(second).items()
    }
    middle = sum(level.values()) / 2
    return sum(moved * ((gaps[first][name] + gaps[second][name]) / 2 - middle) for name, moved in change.items())


def stage_gap(generator, wave, stage, persona):
    """The mean gap planted for one persona in a stage, over the answers it gives there."""
    [(shift, leaning)] = [(row[3], row[5]) for row in generator.PERSONAS if row[0] == persona]
    total = met = 0.0
    for place in generator.read_map():
        if place["stage"] == stage:
            for channel, chance in generator.channel_chances(place, leaning).items():
                latent = place["expected"] + shift
                fell = generator.mean_rating(latent + generator.falls(place, wave, persona, channel))
                total += place["meets"] * chance * (fell - generator.mean_rating(latent))
            met += place["meets"]
    return total / met


def own_to_benchmarks(study):
    rated = [cx.summarise_experience(study), cx.summarise_experience(study, by="stage")]
    own = cx.own_figures(*rated, cx.track_kpis(cx.find_kpis(study)), study.small("objectives"))
    return cx.compare_benchmarks(
        own, study.small("benchmarks"), comparable=study.settings.comparable, years=cx.years_of_answers(study)
    )


def test_who_is_ahead_and_who_behind_is_found_and_what_cannot_be_compared(latest, generator):
    found = own_to_benchmarks(latest).set_index("touchpoint")
    planted = {touchpoint: ahead for touchpoint, _, ahead, *_ in generator.BENCHMARKS}
    foreign = {
        touchpoint for touchpoint, *_, mode, period in generator.BENCHMARKS if mode == "phone" or period == "2019"
    }
    assert set(found.index[found["verdict"] == "not compared"]) == foreign == {"repair", "compare"}
    for touchpoint, ahead in planted.items():
        if touchpoint not in foreign:
            verdict = "behind" if ahead > 0 else "ahead" if ahead < 0 else "no sure difference"
            assert found.loc[touchpoint, "verdict"] == verdict, touchpoint
    assert found["is_point"].to_dict()["support"]
    told = found.drop(index=list(foreign))
    held = (told["low"] <= -told.index.map(planted)) & (-told.index.map(planted) <= told["high"])
    assert held.sum() >= 6  # of 7 at 95 %


def test_what_people_say_of_the_worst_touchpoint_is_found(latest, generator):
    gaps = find_gaps(summarise_ratings(latest), met_within=latest.met_within)
    feedback = latest.small("feedback")
    assert set(gaps["touchpoint"].head(3)) == {"setup", "checkout", "delivery"}
    for touchpoint in gaps["touchpoint"].head(3):
        themes = cx.contrast_themes(feedback, touchpoint)
        typical = set(themes.loc[themes["verdict"] == "typical here", "theme"])
        assert typical == {theme for _, theme in generator.QUOTES[touchpoint]}


def test_what_truly_matters_is_what_is_found_to_matter(moments, generator):
    matters = {row["touchpoint"]: row["matters"] for row in generator.read_map()}
    found = moments.set_index("touchpoint")
    truly = {touchpoint for touchpoint, weight in matters.items() if weight > 0}
    assert set(found.index[found["moment"] != ""]) == truly
    assert set(found["importance"].nlargest(len(truly)).index) == truly
    assert set(found.loc[list(truly), "moment"]) == {"negative"}
    sentence = cx.describe_moments(moments, outcome="overall")
    assert "are moments of truth" in sentence and "Delivery on time" in sentence


def test_a_wrong_claim_about_a_persona_is_found_and_said(study):
    mix = cx.compare_personas(cx.summarise_personas(study), study.small("personas"))
    assert mix.loc[0, ["persona", "verdict"]].tolist() == ["Gamer", "fewer than claimed"]
    assert mix.loc[0, "low"] < 0.13 < mix.loc[0, "high"]
    assert "Gamer 1" in cx.describe_personas(mix) and "instead of 25" in cx.describe_personas(mix)


def test_the_missing_touchpoint_and_the_ghost_are_found_and_said(study, generator):
    coverage = coverage_of(study).set_index("touchpoint")
    assert coverage.index[coverage["status"] == "not on the map"].tolist() == [generator.MISSING]
    assert coverage.index[coverage["status"] == "nobody visits it"].tolist() == [generator.GHOST]
    sentence = cx.describe_coverage(coverage.reset_index(), mapped=True)
    assert "Missing from the map: parcel_tracked" in sentence
    assert "nobody visits it or rates it expected or experienced: Trade in the old laptop" in sentence


def test_the_funnel_holds_the_planted_shares(study, generator):
    funnel = cx.find_funnel(cx.summarise_funnel(study)).set_index("stage").loc[["consideration", "purchase"]]
    truth = funnel.index.map(generator.GO_ON)
    assert ((funnel["low"] <= truth) & (truth <= funnel["high"])).all()


def test_carts_are_left_as_planted(study, generator):
    carts = cx.find_abandonment(cx.summarise_carts(study)).iloc[0]
    bought = (1 - generator.ABANDON) * 0.98  # checkout is met by 98 %
    assert carts["low"] <= 1 - bought <= carts["high"] and carts["n"] > 1000


def test_adoption_is_told_with_those_still_under_way_and_its_true_barriers(study, latest, generator):
    adoption = cx.find_adoption(cx.summarise_adoption(latest), window_days=30.0).iloc[0]
    assert adoption["adopters_median_days"] < adoption["median_days_low"]
    barriers = cx.find_barriers(cx.summarise_barriers(study)).set_index("barrier")
    truly = {name for name, (_, hazard) in generator.BARRIERS.items() if hazard < 1}
    assert set(barriers.index[barriers["verdict"] == "holds back"]) == truly
    for name, (share, _) in generator.BARRIERS.items():
        assert barriers.loc[name, "share_low"] <= share <= barriers.loc[name, "share_high"]
    assert "old one still works" in cx.describe_barriers(cx.find_barriers(cx.summarise_barriers(latest)))


@pytest.mark.parametrize("wave", ["latest", "all"])
def test_the_app_serves_worse_at_an_equal_mix_and_it_is_said(wave):
    found = cx.find_channels(cx.summarise_channels(open_study("data/sample", wave=wave)))
    assert found.loc[0, ["channel", "verdict"]].tolist() == ["app", "worse"]
    assert "worse" not in set(found["verdict"].iloc[1:])
    assert cx.describe_channels(found).startswith("App is worse than the rest at an equal mix")


def test_in_adoption_the_phone_only_looks_worse_and_it_is_said():
    found = cx.find_channels(cx.summarise_channels(open_study("data/sample", stages=["adoption"])))
    phone = found.set_index("channel").loc["phone"]
    assert phone["verdict"] == "only looks worse" and phone["crude_high"] < 0 < phone["adjusted_low"]
    assert "phone" in cx.describe_channels(found) and "only looks worse and is" in cx.describe_channels(found)


def test_the_phone_breaks_more_promises(study, generator):
    promises = cx.find_promises(cx.summarise_promises(study)).set_index("channel")
    assert promises["verdict"].to_dict() == {"phone": "late more often", "web": "late less often"}
    for channel, late in generator.LATE.items():
        assert promises.loc[channel, "low"] <= late <= promises.loc[channel, "high"]


def test_a_complaint_that_is_mended_costs_nothing_and_one_that_is_not_costs_much(study, latest):
    recovery = cx.find_recovery(cx.summarise_recovery(study))
    overall = recovery[recovery["outcome"] == "overall"].set_index("comparison")
    assert overall.loc["unresolved − none", "verdict"] == "worse" and overall.loc["unresolved − none", "high"] < -1
    assert overall.loc["resolved − none", "low"] < 0 < overall.loc["resolved − none", "high"]
    sentence = cx.describe_recovery(
        cx.find_recovery(cx.summarise_recovery(latest)), outcome="overall"
    )
    assert "those still waiting lower" in sentence


def test_what_punishes_and_what_pleases_is_told_apart(study, generator):
    asymmetry = cx.find_asymmetry(cx.summarise_extremes(study)).set_index("touchpoint")
    kinds = {touchpoint: asymmetry.loc[touchpoint, "kind"] for touchpoint in generator.SHAPE}
    assert kinds == {"delivery": "dissatisfier", "setup": "delighter"}


def test_what_is_said_to_matter_and_does_not_is_found_and_the_other_way_round(study, generator):
    stated = cx.compare_importance(cx.summarise_stated(study), cx.find_importance(cx.summarise_drivers(study)))
    verdicts = stated.set_index("touchpoint")["verdict"]
    assert set(verdicts.index[verdicts == "said more than it counts"]) == {"price", "advert"}
    assert "support" in set(verdicts.index[verdicts == "counts more than said"]) <= {"support", "search"}


def test_features_and_levels_are_what_they_were_made(latest, generator):
    kano = cx.find_kano(cx.summarise_kano(latest)).set_index("touchpoint")
    kinds = ["attractive", "must-be", "one-dimensional", "indifferent", "reverse"]
    assert kano.loc[list(generator.FEATURES), "category"].tolist() == kinds and set(kano["sure"]) == {"yes"}
    zones = cx.find_zones(cx.summarise_levels(latest)).set_index("touchpoint")["verdict"]
    assert zones[["delivery", "checkout"]].eq("below the zone").all() and zones["unboxing"] == "above the zone"
    assert zones[["basket", "loyalty"]].eq("within the zone").all()


def test_personas_need_what_was_planted_and_staff_are_wrong_where_they_were_made_to_be(study, latest, generator):
    needs = cx.find_needs(cx.summarise_needs(study)).set_index("touchpoint")
    planted = {touchpoint for _, touchpoint in generator.NEEDS}
    assert set(needs["omega2"].nlargest(4).index) <= planted and set(needs.loc[list(planted), "verdict"]) == {"differs"}
    beliefs = cx.compare_beliefs(latest.small("beliefs"), summarise_ratings(latest), met_within=latest.met_within)
    verdicts = beliefs.set_index("touchpoint")["verdict"]
    assert verdicts["delivery"] == "underestimated" and verdicts["loyalty"] == "overestimated"
    assert verdicts.isin(["underestimated", "overestimated"]).sum() == 2


def test_the_map_is_old_where_it_was_not_looked_at(latest, generator):
    evidence, drift = cx.summarise_evidence(latest), cx.summarise_drift(latest)
    stale = cx.find_staleness(evidence, drift, day=cx.newest_day(latest)).set_index("touchpoint")
    assert stale.loc[generator.GHOST, "days_old"] == 760 and (stale["days_old"].drop(generator.GHOST) == 0).sum() > 15
    assert stale.loc["price", "drifted"] == "worse" and stale.loc["support", "drifted"] == "better"
    audit = cx.audit_map(coverage_of(latest), cx.count_unplaced(latest))
    assert "of journeys" in cx.describe_audit(audit) and "what the map does not show" in cx.describe_audit(audit)


def coverage_of(study):
    """What map, log and ratings say of each other."""
    reach = cx.find_reach(study.places, summarise_ratings(study), people=cx.count_people(study))
    return cx.find_coverage(reach, cx.summarise_visits(study), study.places)


def test_what_changed_in_the_last_wave_is_found_and_nothing_else():
    change = cx.find_change(cx.summarise_change(open_study("data/sample")))
    assert change.loc[change["verdict"] == "better", "touchpoint"].tolist() == ["support", "advice"]
    assert not (change["verdict"] == "worse").any()


def test_the_register_knows_what_opened_and_what_closed():
    study = open_study("data/sample")
    gaps = find_gaps(cx.summarise_waves(study), met_within=study.met_within)
    register = cx.find_register(gaps, waves=cx.waves_so_far(study)).set_index("touchpoint")
    assert register.loc["price", ["state", "since"]].tolist() == ["persisting", "2026-Q1"]
    assert register.loc["advice", "state"] == "closed" and register.loc["delivery", "since"] == "2025-Q1"


def test_what_matters_and_falls_short_comes_first(study, moments, generator):
    ranked = cx.rank_gaps(moments, study.small("feasibility"))
    matters = {row["touchpoint"] for row in generator.read_map() if row["matters"] > 0}
    assert set(ranked.loc[ranked["p_top"] > 0.05, "touchpoint"]) <= matters
    assert set(ranked.loc[ranked["could_be_top"] == "yes", "touchpoint"]) & {"setup", "delivery"}


def test_a_late_action_and_a_missed_target_are_said():
    study = open_study("data/sample")
    states = cx.find_action_states(study.small("actions"), day=cx.newest_day(study)).set_index("action")["state"]
    assert states.to_dict() == {"A1": "done", "A2": "done", "A3": "late", "A4": "planned", "A5": "done"}
    tracked = cx.track_kpis(cx.find_kpis(study))
    targets = cx.compare_targets(tracked, study.small("objectives"), pd.DataFrame()).set_index("figure")
    assert targets.loc["set-up in the first week", "status"] == "missed"


def test_zero_gaps_are_rarely_called_shortfalls_over_reseeded_samples(generator):
    """100 samples of the last wave; each touchpoint planted at zero has a false shortfall in under 7 % of them."""
    wave = list(generator.WAVES)[-1]
    zeros = [name for name, gap in generator.true_gaps(wave).items() if gap == 0 and name != generator.GHOST]
    false = pd.Series(0, index=zeros)
    for seed in range(100):
        gaps = find_gaps(summary_of(generator, wave, seed), met_within=0.24).set_index("touchpoint")
        assert gaps.loc[zeros, ["low", "q"]].notna().all(axis=None)
        false += gaps.loc[zeros, "verdict"].eq("shortfall")
    assert len(zeros) == 7 and (false / 100 < 0.07).all(), false.to_dict()


def summary_of(generator, wave: str, seed: int) -> pd.DataFrame:
    """The weighted summary of one reseeded wave, in which everybody answers once."""
    rng = generator.np.random.default_rng([seed, 0])
    people = [person for person in generator.make_people(rng) if person["wave"] == wave]
    answers = pd.DataFrame(generator.make_answers(rng, people))
    weight = answers["respondent"].map({person["respondent"]: person["weight"] for person in people})
    plain = answers["experienced"] - answers["expected"]
    gap = weight * plain
    parts = {"a": gap, "b": weight, "aa": gap**2, "ab": gap * weight, "bb": weight**2}
    sums = pd.DataFrame(parts).groupby(answers["touchpoint"]).sum()
    by = answers.groupby("touchpoint")
    n = by.size()
    powers = [(plain**power).groupby(answers["touchpoint"]).sum() for power in (1, 2, 3)]
    lie = {"modal": plain.groupby([answers["touchpoint"], plain]).size().groupby("touchpoint").max()}
    lie |= {"skewness": skewness_of(n, *powers), "below": (plain < 0).groupby(answers["touchpoint"]).mean()}
    mean, se, effective = ratio_mean(n, *(sums[part] for part in parts))
    table = pd.DataFrame({"n": n, "n_effective": effective, **lie}).reset_index().assign(width=6, paired="yes")
    table = table.assign(mean_gap=mean, se_gap=se, n_expected=table["n"], n_experienced=table["n"])
    return table.assign(mean_expected=5, mean_experienced=5, paired_expected=5, paired_experienced=5)
