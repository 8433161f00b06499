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


def of(file: str, names: str, mistakes: list[tuple[str, str, str]]) -> list[WrongFormula]:
    """The mistakes (name, right and wrong text) in one file, noticed by the test modules, or tests of one, named."""
    tests = ["tests/test_" + name.replace("::", ".py::", 1) + ".py" * ("::" not in name) for name in names.split()]
    return [WrongFormula(name, f"cxlib/{file}.py", right, wrong, tests) for name, right, wrong in mistakes]


ALL = "all_horizontal(*(~nw.col(name).is_null() for name in "
BH = 'stats.false_discovery_control(p[there], method="bh")'
COVARIANCE = 'variance = both - 2 * table["covariance"]'
FIELLER = "both * spread - t2 * ar"
IS_RATED = '(column("experienced") >= study.scale[1] - 1)'
LINEAR = "se = np.sqrt(np.where(n > 1, n / (n - 1), np.nan) * squares) / b"
MARGIN = "margin = stats.t.ppf(0.5 + confidence / 2, degrees(n)) * known(se)"
POSSIBLE = ">= least) | (np.arange(len(least)) == 0)"
RAW_QUADRANT = (
    '[quadrant(*(table[name] for name in "importance importance_line performance performance_line".split()))]'
)

WRONG_FORMULAS: list[WrongFormula] = []

# means
WRONG_FORMULAS += of(
    "intervals",
    "published_numbers references intervals gaps guard claims",
    [
        ("variance with n instead of n − 1", "n / (n - 1), np.nan) * squares", "1.0, np.nan) * squares"),
        ("weights as frequencies", LINEAR, LINEAR.replace("* squares)", "* squares * b / bb)")),
        ("variance instead of standard error", LINEAR, LINEAR.replace("np.sqrt(np.where", "(np.where")),
        ("effective n is the sum of weights", "effective = b**2 / bb", "effective = b + 0 * bb"),
        ("error of a ratio without the weights'", "aa - 2 * mean * ab + mean**2 * bb", "aa - mean * ab"),
        ("z for t", MARGIN, "margin = stats.norm.ppf(0.5 + confidence / 2) * known(se) + 0 * degrees(n)"),
        ("t with n degrees of freedom", "return np.where(n > 1, n - 1, np.nan)", "return np.where(n > 1, n, np.nan)"),
        ("one-sided interval", MARGIN, MARGIN.replace("0.5 + confidence / 2", "confidence")),
        ("one-sided p", "return 2 * stats.t.sf(np.abs(", "return stats.t.sf(np.abs("),
        ("Benjamini–Yekutieli for Benjamini–Hochberg", 'method="bh"', 'method="by"'),
        ("no correction for many tests", BH, "p[there]"),
        ("Bonferroni for Benjamini–Hochberg", BH, "np.minimum(p[there] * there.sum(), 1)"),
        ("Benjamini–Hochberg off by one", BH, BH.replace("p[there]", "np.append(p[there], 1.0)") + "[:-1]"),
        ("missing tests count in the family", BH, BH.replace("p[there]", "np.nan_to_num(p, nan=1.0)") + "[there]"),
        ("n for a precision of half of it", "(t * known(se) / margin) ** 2", "(t * known(se) / margin / 2) ** 2"),
    ],
)

# the guard
WRONG_FORMULAS += of(
    "intervals",
    "guard references gaps intervals",
    [
        ("guard off", "plain = is_ordinary(se, n, effective,", "plain = (n > 0) | is_ordinary(se, n, effective,"),
        ("pseudo-responses at half their distance", "PSEUDO = 2, 0.75", "PSEUDO = 2, 0.375"),
        ("one pseudo-response", "PSEUDO = 2, 0.75", "PSEUDO = 1, 0.75"),
        ("few answers off the mode are told", "guarded = n - modal >= OFF_MODE,", "guarded = n - modal >= 0,"),
        ("guard without skewness", "* (1 + skewness**2 / n)", "* (1 + 0 * skewness / n)"),
        ("guard forgets how far gaps reach", "reach = width + np.abs(gap)", "reach = width + 0 * np.abs(gap)"),
        ("guard forgets unequal weights", "heavy = np.where(unequal, 1 + ", "heavy = np.where(unequal, 1 + 0 * "),
        ("nine in ten alike are ordinary", '"modal_share": 0.65', '"modal_share": 0.9'),
        ("skewness with the wrong sign of a term", "+ 2 * mean**3", "- 2 * mean**3"),
    ],
)

# differences
WRONG_FORMULAS += of(
    "intervals",
    "published_numbers differences monitoring",
    [
        ("unpaired: who is in both is forgotten", COVARIANCE, COVARIANCE.replace("- 2", "- 0")),
        ("covariance added instead of taken off", COVARIANCE, COVARIANCE.replace("- 2", "+ 2")),
        ("Welch's degrees of freedom added up", "both**2 / sum(part**2 / df for part", "sum(df for part"),
        ("pairs with the people of both sides", "np.minimum(*worth), welch)", "sum(worth), welch)"),
        ("spread of the second side for both", 'table[f"se_{name}"] ** 2', 'table[f"se_{other}"] ** 2'),
    ],
)

# answers and their sums
WRONG_FORMULAS += of(
    "summaries/answers",
    "differences moments",
    [("gap with its sign flipped", "    gap = experienced - expected\n", "    gap = expected - experienced\n")],
)
WRONG_FORMULAS += of(
    "summaries/answers",
    "unpaired::test_a_direct_item_is_a_gap_from_the_middle_of_its_scale",
    [("direct gap not from the middle", 'scales["versus_expected"]) / 2', 'scales["versus_expected"]) * 0')],
)
WRONG_FORMULAS += of(
    "summaries/answers",
    "gaps",
    [
        (
            "expectation of all, not of the pairs",
            "nw.when(~(experienced - expected).is_null()).then(expected)",
            "expected",
        )
    ],
)
WRONG_FORMULAS += of(
    "summaries/sums",
    "gaps references differences",
    [
        ("the answer is the unit", '[*keys, "respondent"]).agg', '[*keys, "respondent", "response"]).agg'),
        ("weights ignored", 'weight = nw.col("weight")\n    answers', "weight = nw.lit(1.0)\n    answers"),
        ("weights of those who gave no answer", "nw.when(~value.is_null()).then(weight)", "weight"),
        ("no gap counts as below expectation", 'short = nw.col("_gap") < 0', 'short = nw.col("_gap") <= 0'),
        ("covariance not about the means", '- k * parts["ab"] + m * k * parts["bb"]', '- k * parts["ab"]'),
    ],
)
WRONG_FORMULAS += of(
    "view",
    "study::test_days_end_where_the_study_was_made study::test_a_wave_is_found_from_the_day_of_the_answer",
    [("days end at their beginning", "datetime.timedelta(days=1)", "datetime.timedelta(days=0)")],
)

# verdicts
WRONG_FORMULAS += of(
    "gaps/table",
    "gaps published_numbers claims guard",
    [
        ("met: the 95 % interval, not two one-sided tests", "1 - 2 * level)", "1 - level)"),
        ("met: one side only", "(near > -met_within) & (far < met_within)", "(near > -met_within)"),
        ("verdict by p instead of q", "(mean < 0), q <= level]", "(mean < 0), p <= level]"),
        ("shortfall and exceeded swapped", "(q <= level) & (mean < 0)", "(q <= level) & (mean > 0)"),
        ("Hall's p off", "lean = np.where(np.abs(lean) > LEANING, lean / 3, 0)", "lean = 0 * lean"),
        ("Hall's p leans the other way", "turned = t + lean * t**2", "turned = t - lean * t**2"),
    ],
)
WRONG_FORMULAS += of(
    "claims", "claims", [("each claim of the page alone", "held = p[adjust(p) <= level]", "held = p[p <= level]")]
)
WRONG_FORMULAS += of(
    "expectations/zones",
    "zones",
    [("within the zone by the surer side", "np.maximum(*chances)", "np.minimum(*chances)")],
)
WRONG_FORMULAS += of(
    "expectations/beliefs",
    "beliefs",
    [("understood: the 95 % interval, not two tests", "worth, 1 - 2 * level)", "worth, 1 - level)")],
)

# shares and NPS
WRONG_FORMULAS += of(
    "shares",
    "shares published_numbers references promises benchmarks",
    [
        ("Wilson without z²/4n²", "+ z2**2 / (4 * n**2)", "+ 0 * z2"),
        ("Wilson's middle not drawn to a half", "middle = (share + z2 / (2 * n)) / (1 + z2 / n)", "middle = share"),
        (
            "Clopper–Pearson with the whole tail twice",
            "tail, hits = (1 - confidence) / 2",
            "tail, hits = 1 - confidence",
        ),
        ("Wilson for few too", "* n < FEW - 1e-9", "* n < 0"),
        ("shares surer than Kish's n", "n / (n - 1), kish), np.nan)", "n / (n - 1), n), np.nan)"),
        ("a share's n without n/(n − 1)", "variance / known(se) ** 2 * n / (n - 1)", "variance / known(se) ** 2"),
        ("Newcombe's ends swapped", "low) ** 2 + (ends[1] - other) ** 2", "low) ** 2 + (other - ends[0]) ** 2"),
        ("Poisson's upper end with the events seen", "2 * (events + 1)) / 2", "2 * events) / 2"),
        ("the rest of all, itself included", "(hits.sum() - hits) / (n.sum() - n)", "0 * hits + hits.sum() / n.sum()"),
        ("worth of the rest: the plain sum", "(n.sum() - n) ** 2 / (squares.sum() - squares)", "(worth.sum() - worth)"),
        ("NPS without pseudo-answers", "(p * n + 0.75) / (n + 3), (d", "p, (d"),
        ("NPS: the variance of a share", "np.sqrt((p + d - (p - d) ** 2)", "np.sqrt((p + d)"),
        ("NPS of few by Wald", "np.where(off < FEW_OFF - 1e-9, hybrid, wald)", "np.where(off < 0, hybrid, wald)"),
        ("promoters and detractors as if independent", "one**2 + 2 * together * one * other", "one**2 + 0 * together"),
    ],
)

# answers as shares
WRONG_FORMULAS += of(
    "summaries/ratings",
    "published_numbers experience wave_kpis",
    [
        ("NPS cut at 8", "(recommend >= 9)", "(recommend >= 8)"),
        ("NPS: sevens are detractors", "(recommend <= 6)", "(recommend <= 7)"),
        ("top-2-box takes in the third", IS_RATED, IS_RATED.replace("- 1)", "- 2)")),
        ("top-2-box leaves out its lower box", IS_RATED, IS_RATED.replace(">=", ">")),
    ],
)
WRONG_FORMULAS += of(
    "summaries/expectations",
    "kano",
    [
        ("Kano's table with one cell wrong", '("QAAAO", "RIIIM"', '("QAAAO", "RIIIO"'),
        ("better among all answers, not A+O+M+I", 'share("AO", "AOMI")', 'share("AO", "AOMIRQ")'),
        ("worse of the attractive", 'share("OM", "AOMI")', 'share("OA", "AOMI")'),
    ],
)
WRONG_FORMULAS += of(
    "expectations/kano", "kano", [("Kano: one-sided sign test", "2 * stats.beta.cdf(0.5,", "stats.beta.cdf(0.5,")]
)

# drivers
WRONG_FORMULAS += of(
    "moments/importance",
    "moments importance_rules references drivers",
    [
        ("LMG: every subset weighs the same", "- 1, np.arange(predictors))", "- 1, 0 * np.arange(predictors))"),
        ("LMG: only the last place", "total = outside[sizes] @ left", "total = left[0]"),
        ("Johnson with betas not squared", "(root**2 @ betas**2)", "(root**2 @ np.abs(betas))"),
        ("importance: no random variable beside it", "quantile(weights - random,", "quantile(weights - 0 * random,"),
        ("covariances not about the means", "/ weight - means *", "/ weight - 0 * means *"),
        ("importance without Fisher's scale", "np.sqrt(np.clip(share, 0, 1 - 1e-9))", "np.clip(share, 0, 1 - 1e-9)"),
    ],
)
WRONG_FORMULAS += of(
    "summaries/drivers",
    "moments importance_rules",
    [
        ("LMG without weights", 'w=nw.col("weight")', "w=nw.lit(1.0)"),
        ("complete cases though some are blank", ALL + "ratings)", ALL.replace("all", "any") + "ratings)"),
        ("products of those who left some blank", ALL + "names)", ALL.replace("all", "any") + "names)"),
    ],
)
WRONG_FORMULAS += of(
    "moments/asymmetry",
    "asymmetry drivers references",
    [
        ("penalty and reward swapped", "penalty, reward = np.moveaxis", "reward, penalty = np.moveaxis"),
        ("asymmetry over the reward alone", "(reward + penalty) / spread", "(reward + penalty) / reward"),
        ("Fieller without the covariance", FIELLER, "both * spread - 0 * t2 * ar"),
    ],
)
WRONG_FORMULAS += of(
    "intervals",
    "shares causes channels",
    [("jackknife without (B − 1)", "np.sqrt((blocks - 1) / blocks * (", "np.sqrt(1 / blocks * (")],
)

# groups
WRONG_FORMULAS += of(
    "expectations/needs",
    "needs",
    [("ω² without its correction", "plain.df_num * (plain.statistic - 1)", "plain.df_num * plain.statistic")],
)
WRONG_FORMULAS += of(
    "experience/channels",
    "channels",
    [
        (
            "standardised to the channel's own mix",
            "weights = np.where(both, b + rest_b, 0)",
            "weights = np.where(both, b, 0)",
        )
    ],
)
WRONG_FORMULAS += of(
    "gaps/causes", "causes", [("mix and rate: the first group's share", "* share.mean(axis=-2)", "* share[..., 0, :]")]
)
WRONG_FORMULAS += of(
    "gaps/patterns",
    "patterns",
    [("reversal: the mix of one side", "shares = np.where(both, b + rest_b, 0)", "shares = np.where(both, rest_b, 0)")],
)
WRONG_FORMULAS += of(
    "gaps/benchmarks",
    "benchmarks",
    [
        ("benchmark's error left out", "= np.nan_to_num(se_benchmark)", "= 0 * np.nan_to_num(se_benchmark)"),
        ("benchmark: less is better forgotten", '.eq("at most"), -difference)', '.eq("at most"), difference)'),
    ],
)
WRONG_FORMULAS += of(
    "typical",
    "references causes drivers expectations",
    [
        ("typical words without the prior", "side + PRIOR * n / sum(whole)", "side + 1e-9 * n / sum(whole)"),
        ("typical words: shares for odds", "known(side.sum(axis=0) - side)", "known(0 * side + side.sum(axis=0))"),
    ],
)

# priorities and suppression
WRONG_FORMULAS += of(
    "shrinkage",
    "shrinkage priorities regression_to_mean",
    [
        ("flat prior in P(top k)", "keep = tau**2 / (tau**2 + variance)", "keep = 1 / (1 + 0 * (tau + variance))"),
        (
            "shrunk to 0, not to the mean",
            "mu + keep * (np.where(measured, mean, 0) - mu)",
            "keep * np.where(measured, mean, 0)",
        ),
        ("shrunk as if the mean were known", "+ (1 - keep) ** 2 * spread[:, None]", "+ 0 * spread[:, None]"),
    ],
)
WRONG_FORMULAS += of(
    "priorities/ranking",
    "priorities",
    [
        ("among the first k, one less", "((place <= top) & short)", "((place < top) & short)"),
        ("exceeded gaps count as shortfalls", "np.maximum(-draw_shrunk(", "np.maximum(draw_shrunk("),
        ("PERT without the likeliest guess", "beta(1 + 4 * (mode - low) / width", "beta(1 + 0 * (mode - low) / width"),
        ("errors half as large", "return margin / stats.norm.ppf(0.5 +", "return margin / 2 / stats.norm.ppf(0.5 +"),
    ],
)
WRONG_FORMULAS += of(
    "priorities/matrix",
    "priorities",
    [
        ("quadrant named by the raw point", "[likeliest]", RAW_QUADRANT),
        ("good and poor swapped", "np.where(matters, np.where(good, 1, 0)", "np.where(matters, np.where(good, 0, 1)"),
    ],
)
WRONG_FORMULAS += of(
    "suppression",
    "suppression",
    [
        ("suppression without complements", "        if not more.any():", "        if True:"),
        ("groups of exactly the least are hidden", "(n > 0) & (n < least)", "(n > 0) & (n <= least)"),
        (
            "suppression forgets what was published",
            "vstack([member, secret]), shown)",
            "vstack([member, secret]), shown[:0])",
        ),
    ],
)

# monitoring
WRONG_FORMULAS += of(
    "monitoring/limits",
    "limits references control_charts",
    [
        ("the chart constant", "D2, RANGE_LIMIT = 1.128", "D2, RANGE_LIMIT = 1.182"),
        ("p chart with the mean n", 'if chart[0] == "p" else 1) / n)', 'if chart[0] == "p" else 1) / n.mean())'),
        ("Laney's p′ without its factor", "sigma = sigma * sigma_of(", "sigma = sigma + 0 * sigma_of("),
        ("seven on a side", "ends_run(z > 0, 8)", "ends_run(z > 0, 7)"),
        ("limits not frozen", "first, cases = value[..., :baseline], n[..., :baseline]", "first, cases = value, n"),
        ("dependence by the raw autocorrelation", "return lag + 1 / n >", "return lag >"),
    ],
)
WRONG_FORMULAS += of(
    "monitoring/effects",
    "effects",
    [
        ("sites' spread with n", "own.std(axis=1) / np.sqrt(n)", "own.std(axis=1, ddof=0) / np.sqrt(n)"),
        ("difference-in-differences: after alone", '"effect": after.mean() - before.mean()', '"effect": after.mean()'),
        ("the trend before it ignored", 'row["pretrend_p"] < PRE_TREND', 'row["pretrend_p"] < 0'),
    ],
)
WRONG_FORMULAS += of(
    "monitoring/interruptions",
    "interruptions references",
    [
        ("interrupted series without offset", "offset=np.log(n)", "offset=0 * np.log(n)"),
        ("Poisson's error not widened", "dispersion = residuals @", "dispersion = 1.0 if count else residuals @"),
        ("held against independent months only", POSSIBLE, POSSIBLE.replace("least)", "np.inf + least)", 1)),
        ("interrupted series without season", "for k in (1, 2) if season else ():", "for k in ():"),
        (
            "the month it began within counts as before",
            "np.where(np.isnan(since), np.nan,",
            "np.where(np.isnan(since), 0.0,",
        ),
    ],
)
WRONG_FORMULAS += of(
    "monitoring/regression",
    "regression_to_mean",
    [
        ("regression to the mean unshrunk", "keep = taus**2 / (taus**2 + se**2)", "keep = np.ones_like(taus + se)"),
        ("the shift of all others left out", "others @ (raw - by_itself)), c", "0 * (others @ raw)), c"),
    ],
)
WRONG_FORMULAS += of(
    "monitoring/register",
    "monitoring",
    [
        ("closed where q is just above", "row.verdict in MET or rose(open_row, row)", "row.verdict != 'shortfall'"),
        ("risen: the errors of one wave", "gap, now.gap - now.low)", "gap, 0)"),
    ],
)
WRONG_FORMULAS += of(
    "monitoring/targets",
    "monitoring objectives",
    [("at most read as at least", 'table["direction"].eq(AT_MOST), -1, 1)', 'table["direction"].eq(AT_MOST), 1, 1)')],
)
WRONG_FORMULAS += of(
    "trends",
    "trends objectives",
    [
        ("slope's error with n", "residuals @ residuals / (len(x) - 2)", "residuals @ residuals / len(x)"),
        ("the line's band as in its middle", "np.sqrt(lead * sxx / len(x) + d**2)", "np.sqrt(lead * sxx / len(x))"),
        ("a date's autocorrelation ignored", "ALLOWED = 0.5\n", "ALLOWED = 0.0\n"),
        ("dependence of residuals not tested", '"dependent": len(x) >= TESTED', '"dependent": len(x) < 0'),
    ],
)

# journeys and times
WRONG_FORMULAS += of(
    "experience/adoption",
    "adoption",
    [
        ("Kaplan–Meier without censoring", "in (people, people * happened))", "in (people, people))"),
        ("people worth more than are watched", "np.fmin(greenwood, watched / left)", "greenwood"),
        (
            "Donner and Zou's ends swapped",
            "rest, most = high_other * (2 * q - high_other), low_other * (2 * q - low_other)",
            "most, rest = high_other * (2 * q - high_other), low_other * (2 * q - low_other)",
        ),
    ],
)
WRONG_FORMULAS += of(
    "experience/recovery",
    "recovery::test_the_difference_of_two_shares_is_newcombes_published_one",
    [
        (
            "Zou and Donner's ends swapped",
            'low, high_other - table["mean_other"]',
            'low, table["mean_other"] - low_other',
        )
    ],
)
WRONG_FORMULAS += of(
    "summaries/events",
    "funnel",
    [
        ("funnel in any order", "since = nw.when(time >= before).then(time)", "since = time"),
        ("funnel's window in hours", "rules.window_days * 86_400", "rules.window_days * 3_600"),
    ],
)
WRONG_FORMULAS += of(
    "summaries/events",
    "promises",
    [
        (
            "late at the promised moment",
            '(nw.col("ended") > nw.col("promised"))',
            '(nw.col("ended") >= nw.col("promised"))',
        )
    ],
)
WRONG_FORMULAS += of(
    "journey/paths",
    "paths",
    [
        ("removal effect of each visit", "/ np.diagonal(reach, axis1=-2, axis2=-1)[..., 1:]", ""),
        ("removal effect of the journeys that come by", "visited * chance[..., 1:] / np.where", "visited / np.where"),
    ],
)
