"""Wrong formulas, each one small change of our own code, and the tests that should notice it.

None of these tests compares pictures, pinned outputs or times: a formula is caught by a number that is wrong.
"""

from typing import NamedTuple


class WrongFormula(NamedTuple):
    """A mistake: what is wrong, in which file, the right text, the wrong one, and tests that should fail."""

    name: str
    file: str
    right: str
    wrong: str
    tests: list[str]


def tests_of(*names: str) -> list[str]:
    """The paths of test modules."""
    return [f"tests/{name}.py" for name in names]


INTERVALS, SHARES = "cxlib/intervals.py", "cxlib/shares.py"
MEANS = tests_of("test_published_numbers", "test_intervals", "test_gaps", "test_guard")
OF_SHARES = tests_of("test_shares", "test_published_numbers")
DRIVERS = tests_of("test_moments", "test_importance_rules")

WRONG_FORMULAS = [
    # means and gaps
    WrongFormula("variance with n instead of n − 1", INTERVALS, "n / (n - 1), np.nan) * squares", "1.0, np.nan) * squares", MEANS),
    WrongFormula("weights as frequencies", INTERVALS, "np.where(n > 1, n / (n - 1), np.nan) * squares) / b", "np.where(n > 1, n / (n - 1), np.nan) * squares / b) / np.sqrt(b)", MEANS),
    WrongFormula("variance instead of standard error", INTERVALS, "se = np.sqrt(np.where(n > 1, n / (n - 1), np.nan) * squares) / b", "se = np.where(n > 1, n / (n - 1), np.nan) * squares / b", MEANS),
    WrongFormula("effective n is the sum of weights", INTERVALS, "effective = b**2 / bb", "effective = b + 0 * bb", MEANS),
    WrongFormula("linearisation forgets the covariance with the weights", INTERVALS, "aa - 2 * mean * ab + mean**2 * bb", "aa - mean * ab", MEANS),
    WrongFormula("z for t", INTERVALS, "margin = stats.t.ppf(0.5 + confidence / 2, degrees(n)) * known(se)", "margin = stats.norm.ppf(0.5 + confidence / 2) * known(se) + 0 * degrees(n)", MEANS),
    WrongFormula("t with n degrees of freedom", INTERVALS, "return np.where(n > 1, n - 1, np.nan)", "return np.where(n > 1, n, np.nan)", MEANS),
    WrongFormula("one-sided interval", INTERVALS, "margin = stats.t.ppf(0.5 + confidence / 2, ", "margin = stats.t.ppf(confidence, ", MEANS),
    WrongFormula("one-sided p", INTERVALS, "return 2 * stats.t.sf(np.abs(", "return stats.t.sf(np.abs(", MEANS),
    WrongFormula("unpaired: the covariance of those who are in both is left out", INTERVALS, 'variance = both - 2 * table["covariance"]', 'variance = both - 0 * table["covariance"]', tests_of("test_differences", "test_unpaired", "test_monitoring")),
    WrongFormula("covariance added instead of taken off", INTERVALS, 'variance = both - 2 * table["covariance"]', 'variance = both + 2 * table["covariance"]', tests_of("test_differences", "test_unpaired", "test_monitoring")),
    WrongFormula("Welch's degrees of freedom added up", INTERVALS, "welch = both**2 / sum(part**2 / df for part, df in zip(variances, worth))", "welch = sum(worth)", tests_of("test_differences", "test_unpaired", "test_effects")),
    WrongFormula("skewness with the wrong sign of a term", INTERVALS, "+ 2 * mean**3", "- 2 * mean**3", MEANS),
    WrongFormula("Benjamini–Yekutieli for Benjamini–Hochberg", INTERVALS, 'method="bh"', 'method="by"', MEANS),
    WrongFormula("no correction for many tests", INTERVALS, 'stats.false_discovery_control(p[there], method="bh")', "p[there]", MEANS),
    WrongFormula("Bonferroni for Benjamini–Hochberg", INTERVALS, 'stats.false_discovery_control(p[there], method="bh")', "np.minimum(p[there] * there.sum(), 1)", MEANS),
    WrongFormula("missing tests count in the family", INTERVALS, 'stats.false_discovery_control(p[there], method="bh")', 'stats.false_discovery_control(np.nan_to_num(p, nan=1.0), method="bh")[there]', MEANS),
    WrongFormula("jackknife without (B − 1)", INTERVALS, "return np.sqrt((blocks - 1) / blocks * (", "return np.sqrt(1 / blocks * (", OF_SHARES + DRIVERS),
    WrongFormula("n for a precision from the half of the standard error", INTERVALS, "np.ceil((t * known(se) / margin) ** 2", "np.ceil((t * known(se) / margin / 2) ** 2", MEANS),
    WrongFormula("gap with its sign flipped", "cxlib/summaries/answers.py", "    gap = experienced - expected\n", "    gap = expected - experienced\n", MEANS),
    WrongFormula("direct gap not from the middle of its scale", "cxlib/summaries/answers.py", 'sum(study.settings.scales["versus_expected"]) / 2', 'sum(study.settings.scales["versus_expected"]) * 0', tests_of("test_unpaired", "test_gaps", "test_study")),
    WrongFormula("paired expectation of everybody, not of the pairs", "cxlib/summaries/answers.py", "paired = nw.when(~(experienced - expected).is_null()).then(expected)", "paired = expected", MEANS),
    WrongFormula("the answer is the unit, not the respondent", "cxlib/summaries/sums.py", 'return answers.group_by([*keys, "respondent"])', 'return answers.group_by([*keys, "respondent", "response"])', MEANS),
    WrongFormula("weights ignored", "cxlib/summaries/sums.py", 'weight = nw.col("weight")\n    answers', 'weight = nw.lit(1.0)\n    answers', MEANS + tests_of("test_shares")),
    WrongFormula("weights of those who gave no answer count", "cxlib/summaries/sums.py", "nw.when(~value.is_null()).then(weight)", "weight", MEANS),
    WrongFormula("met: the 95 % interval instead of two one-sided tests", "cxlib/gaps/table.py", "1 - 2 * level)", "1 - level)", tests_of("test_gaps", "test_guard", "test_published_numbers")),
    WrongFormula("met: one side only", "cxlib/gaps/table.py", "(near > -met_within) & (far < met_within)", "(near > -met_within)", tests_of("test_gaps")),
    WrongFormula("verdict by p instead of q", "cxlib/gaps/table.py", "(q <= level) & (mean < 0), q <= level]", "(p <= level) & (mean < 0), p <= level]", tests_of("test_gaps", "test_guard")),
    WrongFormula("shortfall and exceeded swapped", "cxlib/gaps/table.py", "(q <= level) & (mean < 0)", "(q <= level) & (mean > 0)", tests_of("test_gaps")),
    WrongFormula("no gap counts as below expectation", "cxlib/summaries/sums.py", "nw.when(value < 0).then", "nw.when(value <= 0).then", tests_of("test_gaps", "test_guard", "test_published_numbers")),
    WrongFormula("days end at their beginning", "cxlib/view.py", "datetime.timedelta(days=1)", "datetime.timedelta(days=0)", tests_of("test_views", "test_study")),
    # shares, NPS, Kano
    WrongFormula("Wilson without z²/4n²", SHARES, "+ z2**2 / (4 * n**2)", "+ 0 * z2", OF_SHARES),
    WrongFormula("Wilson's middle not drawn to a half", SHARES, "middle = (share + z2 / (2 * n)) / (1 + z2 / n)", "middle = share", OF_SHARES),
    WrongFormula("Clopper–Pearson with the whole tail on each side", SHARES, "tail, hits = (1 - confidence) / 2, share * n", "tail, hits = 1 - confidence, share * n", OF_SHARES),
    WrongFormula("Newcombe's ends swapped", SHARES, "below = np.sqrt((share - low) ** 2 + (ends[1] - other) ** 2)", "below = np.sqrt((share - low) ** 2 + (other - ends[0]) ** 2)", OF_SHARES),
    WrongFormula("NPS without pseudo-answers", SHARES, "(promoters * worth + 0.75) / (worth + 3)", "promoters", OF_SHARES),
    WrongFormula("NPS: the variance of a share", SHARES, "np.sqrt((p + d - (p - d) ** 2)", "np.sqrt((p + d)", OF_SHARES),
    WrongFormula("NPS cut at 8", "cxlib/summaries/ratings.py", "(recommend >= 9)", "(recommend >= 8)", OF_SHARES + tests_of("test_experience", "test_wave_kpis")),
    WrongFormula("NPS: sevens are detractors", "cxlib/summaries/ratings.py", "(recommend <= 6)", "(recommend <= 7)", OF_SHARES + tests_of("test_experience", "test_wave_kpis")),
    WrongFormula("top-2-box takes in the third", "cxlib/summaries/ratings.py", "study.scale[1] - 1)", "study.scale[1] - 2)", OF_SHARES + tests_of("test_experience")),
    WrongFormula("top-2-box leaves out its lower box", "cxlib/summaries/ratings.py", '(column("experienced") >= study.scale[1] - 1)', '(column("experienced") > study.scale[1] - 1)', OF_SHARES + tests_of("test_experience")),
    WrongFormula("Poisson's upper end with the events seen", SHARES, "2 * (events + 1)) / 2", "2 * events) / 2", tests_of("test_monitoring", "test_shares", "test_published_numbers")),
    WrongFormula("Kano's table with one cell wrong", "cxlib/summaries/expectations.py", '("QAAAO", "RIIIM"', '("QAAAO", "RIIIO"', tests_of("test_kano", "test_published_numbers")),
    WrongFormula("better among all answers, not A+O+M+I", "cxlib/summaries/expectations.py", 'share("AO", "AOMI")', 'share("AO", "AOMIRQ")', tests_of("test_kano", "test_published_numbers")),
    WrongFormula("worse of the attractive", "cxlib/summaries/expectations.py", 'share("OM", "AOMI")', 'share("OA", "AOMI")', tests_of("test_kano", "test_published_numbers")),
    # drivers, channels, causes
    WrongFormula("LMG: every subset weighs the same", "cxlib/moments/importance.py", "predictors * special.comb(predictors - 1, np.arange(predictors))", "predictors * special.comb(predictors - 1, 0 * np.arange(predictors))", DRIVERS),
    WrongFormula("LMG: only the last place", "cxlib/moments/importance.py", "total = outside[sizes] @ left", "total = left[0]", DRIVERS),
    WrongFormula("Johnson with betas not squared", "cxlib/moments/importance.py", "return (root**2 @ betas**2)[..., 0]", "return (root**2 @ np.abs(betas))[..., 0]", DRIVERS),
    WrongFormula("importance: no random variable beside it", "cxlib/moments/importance.py", "np.quantile(weights - random,", "np.quantile(weights - 0 * random,", DRIVERS),
    WrongFormula("covariances not about the means", "cxlib/moments/importance.py", "means * np.swapaxes(means, -1, -2)", "0 * means * np.swapaxes(means, -1, -2)", DRIVERS),
    WrongFormula("LMG without weights", "cxlib/summaries/drivers.py", 'w=nw.col("weight")', "w=nw.lit(1.0)", DRIVERS),
    WrongFormula("complete cases although some touchpoints are blank", "cxlib/summaries/drivers.py", "ratings), ignore_nulls=False)", "ratings), ignore_nulls=True)", DRIVERS),
    WrongFormula("penalty and reward swapped", "cxlib/moments/asymmetry.py", "penalty, reward = np.moveaxis", "reward, penalty = np.moveaxis", tests_of("test_asymmetry")),
    WrongFormula("asymmetry over the reward alone", "cxlib/moments/asymmetry.py", "(reward + penalty) / spread", "(reward + penalty) / reward", tests_of("test_asymmetry")),
    WrongFormula("ω² without its correction", "cxlib/expectations/needs.py", "between = plain.df_num * (plain.statistic - 1)", "between = plain.df_num * plain.statistic", tests_of("test_needs")),
    WrongFormula("standardised to the channel's own mix", "cxlib/experience/channels.py", "weights = np.where(both, b + rest_b, 0)", "weights = np.where(both, b, 0)", tests_of("test_channels")),
    WrongFormula("mix and rate: the first group's level", "cxlib/gaps/causes.py", "* share.mean(axis=-2)", "* share[..., 0, :]", tests_of("test_causes")),
    WrongFormula("reversal: mix of one side", "cxlib/gaps/patterns.py", "shares = np.where(both, b + rest_b, 0)", "shares = np.where(both, rest_b, 0)", tests_of("test_patterns")),
    WrongFormula("benchmark's error left out", "cxlib/gaps/benchmarks.py", "+ np.nan_to_num(se_benchmark) ** 2", "+ 0 * np.nan_to_num(se_benchmark)", tests_of("test_benchmarks")),
    WrongFormula("typical words without the prior", "cxlib/typical.py", "first, second = (side + prior for side in counts)", "first, second = (side + 0 * prior + 1e-9 for side in counts)", tests_of("test_published_numbers", "test_feedback", "test_causes", "test_expectations")),
    # priorities and suppression
    WrongFormula("flat prior: gaps drawn about what was measured", "cxlib/shrinkage.py", "keep = tau**2 / (tau**2 + variance)", "keep = 1 / (1 + 0 * (tau + variance))", tests_of("test_shrinkage", "test_priorities")),
    WrongFormula("shrunk to 0, not to the mean", "cxlib/shrinkage.py", "centre = mu + keep * (np.where(measured, mean, 0) - mu)", "centre = keep * np.where(measured, mean, 0)", tests_of("test_shrinkage", "test_priorities")),
    WrongFormula("among the first k, one less", "cxlib/priorities/ranking.py", "((place <= top) & short)", "((place < top) & short)", tests_of("test_priorities")),
    WrongFormula("exceeded gaps count as shortfalls", "cxlib/priorities/ranking.py", "shortfall = np.maximum(-draw_shrunk(", "shortfall = np.abs(-draw_shrunk(", tests_of("test_priorities")),
    WrongFormula("PERT with the likeliest guess ignored", "cxlib/priorities/ranking.py", "rng.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width,", "rng.beta(1 + 0 * (mode - low) / width, 1 + 0 * (high - mode) / width,", tests_of("test_priorities")),
    WrongFormula("suppression without complements", "cxlib/suppression.py", "        if not more.any():", "        if True:", tests_of("test_suppression")),
    WrongFormula("groups of exactly the least are hidden", "cxlib/suppression.py", "(n > 0) & (n < least)", "(n > 0) & (n <= least)", tests_of("test_suppression")),
    WrongFormula("suppression forgets what was published before", "cxlib/suppression.py", "rest = remainder(np.vstack([member, secret]), shown)", "rest = remainder(np.vstack([member, secret]), shown[:0])", tests_of("test_suppression")),
    # journeys and times
    WrongFormula("Kaplan–Meier without censoring", "cxlib/experience/adoption.py", "happened.to_numpy().astype(int)", "np.ones(len(happened), dtype=int)", tests_of("test_adoption")),
    WrongFormula("Greenwood without S", "cxlib/experience/adoption.py", "survival.surv_prob * np.sqrt(np.cumsum(parts))", "np.sqrt(np.cumsum(parts))", tests_of("test_adoption")),
    WrongFormula("removal effect: journeys counted at each visit", "cxlib/journey/paths.py", "visited = reach[..., 0, 1:] / np.diagonal(reach, axis1=-2, axis2=-1)[..., 1:]", "visited = reach[..., 0, 1:]", tests_of("test_paths")),
    WrongFormula("funnel in any order", "cxlib/summaries/events.py", "since = nw.when(time >= before).then(time)", "since = time", tests_of("test_funnel")),
    WrongFormula("funnel's window in hours", "cxlib/summaries/events.py", "rules.window_days * 86_400", "rules.window_days * 3_600", tests_of("test_funnel")),
    WrongFormula("late at the promised moment", "cxlib/summaries/events.py", '(nw.col("ended") > nw.col("promised"))', '(nw.col("ended") >= nw.col("promised"))', tests_of("test_promises")),
    # monitoring
    WrongFormula("the chart constant", "cxlib/monitoring/limits.py", "D2, RANGE_LIMIT = 1.128", "D2, RANGE_LIMIT = 1.182", tests_of("test_limits", "test_control_charts")),
    WrongFormula("p chart with the baseline's mean n", "cxlib/monitoring/limits.py", 'if chart[0] == "p" else 1) / n)', 'if chart[0] == "p" else 1) / n.mean())', tests_of("test_limits", "test_control_charts")),
    WrongFormula("Laney's p′ without its factor", "cxlib/monitoring/limits.py", "sigma = sigma * sigma_of(", "sigma = sigma + 0 * sigma_of(", tests_of("test_limits", "test_control_charts")),
    WrongFormula("seven on a side", "cxlib/monitoring/limits.py", "ends_run(z > 0, 8)", "ends_run(z > 0, 7)", tests_of("test_limits", "test_control_charts")),
    WrongFormula("limits not frozen", "cxlib/monitoring/limits.py", "first, cases = value[..., :baseline], n[..., :baseline]", "first, cases = value, n", tests_of("test_limits", "test_control_charts")),
    WrongFormula("difference-in-differences: sites' spread with n", "cxlib/monitoring/effects.py", "own.std(axis=1) / np.sqrt(n)", "own.std(axis=1, ddof=0) / np.sqrt(n)", tests_of("test_effects")),
    WrongFormula("difference-in-differences: after alone", "cxlib/monitoring/effects.py", '{"effect": after.mean() - before.mean(),', '{"effect": after.mean(),', tests_of("test_effects")),
    WrongFormula("interrupted series without offset", "cxlib/monitoring/interruptions.py", "offset=np.log(n)", "offset=0 * np.log(n)", tests_of("test_interruptions")),
    WrongFormula("interrupted series: Poisson's error not widened", "cxlib/monitoring/interruptions.py", "dispersion = residuals @ residuals / (len(x) - x.shape[1])", "dispersion = 1.0 if count else residuals @ residuals / (len(x) - x.shape[1])", tests_of("test_interruptions")),
    WrongFormula("regression to the mean without shrinking", "cxlib/monitoring/regression.py", "keep = taus**2 / (taus**2 + se**2)", "keep = np.ones_like(taus + se)", tests_of("test_regression_to_mean")),
    WrongFormula("closed by a verdict that just no longer holds", "cxlib/monitoring/register.py", "closed = row.verdict in MET or rose(open_row, row)", 'closed = row.verdict != "shortfall"', tests_of("test_monitoring")),
    WrongFormula("slope's error with n degrees of freedom", "cxlib/trends.py", "residuals @ residuals / (len(x) - 2)", "residuals @ residuals / len(x)", tests_of("test_trends")),
    WrongFormula("the line's band as wide everywhere as in its middle", "cxlib/trends.py", "np.sqrt(lead * sxx / len(x) + d**2)", "np.sqrt(lead * sxx / len(x))", tests_of("test_trends")),
]  # fmt: skip
