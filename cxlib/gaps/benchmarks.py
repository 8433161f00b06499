"""Where our figures stand against those of others, and against our own past."""

import json
import re

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, known, t_interval, t_test
from cxlib.shares import newcombe, worth_of
from cxlib.tables import StudyError, check_columns, nearest
from cxlib.words import counted, listed

KINDS = ("industry", "competitor", "best practice", "own past")
NOT_STATED = "not stated"
VERDICTS = ("behind", "ahead", "no sure difference", "not compared")

PLACES = ["kpi", "touchpoint", "stage"]
GIVEN = [*PLACES, "kind", "value", "se", "n", "period", "mode", "source"]
OURS = ["n", "value", "se", "is_share", "n_effective", "low", "high", "chart"]
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
COLUMNS = ["stage", "touchpoint", "kpi", "figure", "kind", "n", "value", "benchmark", "difference", "low", "high"]
COLUMNS += [
    "p",
    "q",
    "verdict",
    "reason",
    "provenance",
    "n_benchmark",
    "period",
    "mode",
    "source",
    "is_point",
    "is_share",
]

NO_BENCHMARKS = (
    "No benchmarks: none is given for what was measured. "
    "The file benchmarks.csv switches it on, with a value for a touchpoint, stage or KPI."
)
NO_INTERVAL = "The answers behind our own figure are too few, or all the same, for an interval."


def own_figures(
    touchpoints: pd.DataFrame, stages: pd.DataFrame, tracked: pd.DataFrame, objectives: pd.DataFrame
) -> pd.DataFrame:
    """Our figures, as `compare_benchmarks` takes them: the mean experience of touchpoints and stages, the last of KPIs.

    `touchpoints` and `stages` come from `summarise_experience`, `tracked` from `track_kpis`; `objectives` say of which
    KPIs less is better (`direction` "at most").
    """
    measured = {"n_experienced": "n", "mean_experienced": "value"}
    measured |= {"se_experienced": "se", "n_effective_experienced": "n_effective"}
    parts = [
        touchpoints.rename(columns=measured | {"label": "figure"}).drop(columns="stage", errors="ignore"),
        stages.rename(columns=measured).assign(figure=lambda table: table["stage"]).dropna(subset="stage"),
        tracked.groupby("kpi").tail(1).assign(figure=lambda table: table["kpi"]),
    ]
    columns = ["figure", *PLACES, *OURS]
    table = pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)
    ways = objectives.dropna(subset=["kpi", "direction"]).drop_duplicates("kpi").set_index("kpi")["direction"]
    table["direction"] = table["kpi"].map(ways)
    return table[table["n"] > 0].astype({"n": "int64"}).assign(is_share=lambda t: t["is_share"].eq(True))


def compare_benchmarks(
    own: pd.DataFrame,
    benchmarks: pd.DataFrame,
    *,
    comparable: dict[str, list[str]],
    years: list[str],
    confidence: float = 0.95,
    level: float = 0.05,
) -> pd.DataFrame:
    """Our figures minus their benchmarks with intervals: where we are behind first, the widest on top.

    `own` has a row per figure: `figure`, one of `touchpoint`, `stage` and `kpi`, `n`, `value`, `se`, `is_share`, and
    `direction` ("at most" where less is better), `n_effective`, `low`, `high` and `chart` if there are any.
    `difference` is value − benchmark, its interval of shares Newcombe's hybrid, else made of our own (t, or as given)
    and the benchmark's; `q` (Benjamini–Hochberg's over what is compared) comes from the score test of shares, else from
    t. A benchmark's se may come from its n where the figure is a share; without any it is a point (`is_point`) and only
    our own se counts. Verdicts: *behind* and *ahead* where q and interval agree, *no sure difference*; *not compared*,
    with the `reason`, where mode or period are neither ours (`years` are those of our answers) nor named in
    `comparable`. Rated figures come before KPIs, whose units differ.
    """
    check_columns(own, ["figure", "n", "value", "se", "is_share"], name="own (our figures)")
    table = pair_up(own, benchmarks)
    reason = find_reasons(table, comparable, years)
    se_benchmark = known(table["se_benchmark"].fillna(share_error(table)))
    difference = (table["value"] - table["benchmark"]).where(reason.eq(""))
    judged = zip(judge_shares(table, se_benchmark, confidence), judge_means(table, se_benchmark, confidence))
    low, high, p = (np.where(table["is_share"], *pair) + 0 * difference for pair in judged)
    q = adjust(p)
    sure = (q <= level) & ((low > 0) | (high < 0))
    better = difference.mask(table["direction"].str.strip().str.lower().eq("at most"), -difference)
    claims = {"not compared": reason.ne(""), "behind": sure & (better < 0), "ahead": sure}
    verdict = np.select(list(claims.values()), list(claims), "no sure difference")
    provenance = say_provenance(table)
    figures = {"difference": difference, "low": low, "high": high, "p": p, "q": q}
    table = table.assign(
        **figures, verdict=verdict, reason=reason, provenance=provenance, is_point=np.isnan(se_benchmark)
    )
    order = table.assign(rank=table["verdict"].map(VERDICTS.index), kpis=table["kpi"].notna(), size=-difference.abs())
    return table.loc[order.sort_values(["rank", "kpis", "size"], kind="stable").index, COLUMNS].reset_index(drop=True)


def pair_up(own: pd.DataFrame, benchmarks: pd.DataFrame) -> pd.DataFrame:
    """One row per benchmark that names a figure of ours, by its KPI, else its touchpoint, else its stage."""
    theirs = name_place(benchmarks.reindex(columns=GIVEN).assign(kind=read_kinds(benchmarks)))
    theirs = theirs.drop(columns=PLACES).rename(
        columns={"value": "benchmark", "se": "se_benchmark", "n": "n_benchmark"}
    )
    ours = name_place(own.reindex(columns=["figure", *PLACES, *OURS, "direction"]))
    table = theirs.merge(ours, on=["place", "name"], how="inner", validate="many_to_one")
    words = dict.fromkeys(["period", "mode", "source", "direction", *PLACES], "str")
    numbers = dict.fromkeys(["value", "se", "n_effective", "low", "high", "benchmark", "se_benchmark"], "float64")
    table = table.astype(words | numbers | {"is_share": "bool"})
    whole = pd.to_numeric(table["n_benchmark"]).astype("Float64").round().astype("Int64")
    return table.assign(n_benchmark=whole)


def name_place(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `place` (kpi, touchpoint or stage) and its `name`; rows that name none are left out."""
    table = table[table[PLACES].notna().any(axis=1)].reset_index(drop=True)
    places = table[PLACES].astype("object")
    return table.assign(place=places.notna().idxmax(axis=1), name=places.bfill(axis=1).iloc[:, 0])


def read_kinds(benchmarks: pd.DataFrame) -> pd.Series:
    """The kind of each benchmark; an unknown one is refused with the list."""
    kinds = benchmarks.reindex(columns=["kind"])["kind"].astype("str").str.strip().str.lower().replace("", np.nan)
    wrong = kinds.notna() & ~kinds.isin(KINDS)
    if wrong.any():
        kind = benchmarks.loc[wrong, "kind"].iloc[0]
        raise StudyError(
            f"benchmarks: kind is {kind!r} in {counted(int(wrong.sum()), 'row')}. {nearest(kind, [*KINDS])}"
        )
    return kinds.fillna(NOT_STATED)


def say_provenance(table: pd.DataFrame) -> pd.Series:
    """Where each benchmark is from: kind, source, period, mode and n, as far as they are stated."""
    n = table["n_benchmark"].map("n\u00a0{:,}".format, na_action="ignore").astype("str")
    parts = [table[name].astype("str") for name in ("kind", "source", "period", "mode")]
    said = [", ".join(word for word in row if pd.notna(word) and word.strip()) for row in zip(*parts, n)]
    return pd.Series(said, index=table.index, dtype="str").replace("", NOT_STATED)


def share_error(table: pd.DataFrame) -> pd.Series:
    """√(b(1 − b)/n) of the benchmarks of a share; missing elsewhere."""
    b = table["benchmark"].where(table["is_share"] & table["benchmark"].between(0, 1))
    return np.sqrt(b * (1 - b) / table["n_benchmark"].astype("float64"))


def judge_shares(table: pd.DataFrame, se_benchmark: np.ndarray, confidence: float) -> tuple[np.ndarray, ...]:
    """Newcombe's interval of share − benchmark and the p of the score test, each on the n its error is worth."""
    x, b = (table[name].where(table["is_share"]) for name in ("value", "benchmark"))
    given = table["n_benchmark"].astype("Float64").astype("float64")
    n = worth_of(x * (1 - x), table["se"], table["n"], table["n_effective"].fillna(table["n"]))
    with np.errstate(divide="ignore", invalid="ignore"):
        m = (b * (1 - b) / se_benchmark**2).fillna(given)
        pooled = np.where(np.isnan(m), b, (x * n + b * m) / (n + m))
        z = (x - b) / np.sqrt(pooled * (1 - pooled) * (1 / n + np.nan_to_num(1 / m)))
    return *newcombe(x, n, b, m, confidence), 2 * stats.norm.sf(np.abs(z))


def judge_means(table: pd.DataFrame, se_benchmark: np.ndarray, confidence: float) -> tuple[np.ndarray, ...]:
    """Interval and p of figure − benchmark: our own interval, by t where none is given, and the benchmark's by z.

    The two are put together as Newcombe's hybrid puts those of shares; t has Welch's degrees of freedom.
    """
    n = table["n_effective"].fillna(table["n"]).mask(table["chart"].isin(["u", "c"]), np.inf)
    x, se = table["value"], table["se"]
    ends = zip(("low", "high"), t_interval(x, se, n, confidence))
    low, high = (table[name].fillna(pd.Series(end, table.index)) for name, end in ends)
    other = np.nan_to_num(se_benchmark)
    margin, difference = stats.norm.ppf(0.5 + confidence / 2) * other, x - table["benchmark"]
    both = np.hypot(se, other)
    p = t_test(difference, both, 1 + (n - 1) * (both / known(se)) ** 4)
    return difference - np.hypot(x - low, margin), difference + np.hypot(high - x, margin), p


def find_reasons(table: pd.DataFrame, comparable: dict[str, list[str]], years: list[str]) -> pd.Series:
    """Why a benchmark is not compared, in sentences that each start with The; empty where it is."""
    value, ours = table["benchmark"], {str(year) for year in years}
    impossible = table["is_share"] & value.notna() & ~value.between(0, 1)
    of_ours = [not ours.isdisjoint(YEAR.findall(period)) for period in table["period"].fillna("")]
    foreign = table["period"].mask(np.array(of_ours, dtype=bool) | table["kind"].eq("own past"))
    outside = tell(
        "names no year of our answers ({years})",
        years=listed(pd.Series(sorted(ours), dtype="str")) or tell("none is known"),
    )
    reasons = [
        np.where(value.isna(), "The benchmark has no value.", ""),
        [
            tell("The benchmark is {number:g}, but a share lies from 0 to 1, such as 0.75.", number=number)
            if wrong
            else ""
            for number, wrong in zip(value, impossible)
        ],
        say_foreign(table["mode"], comparable.get("mode", []), "is not declared comparable"),
        say_foreign(foreign, comparable.get("period", []), outside),
        np.where(np.isnan(known(table["se"])), NO_INTERVAL, ""),
    ]
    return pd.Series([" ".join(filter(None, row)) for row in zip(*reasons)], index=table.index, dtype="str")


def say_foreign(stated: pd.Series, comparable: list[str], why: str) -> list[str]:
    """For each mode or period (the column's name) that is not among the comparable, why and what would allow it."""
    allowed = {"", *(str(name).strip().lower() for name in comparable)}
    return [
        ""
        if name.lower() in allowed
        else tell(
            "The {column} “{stated}” {why}; comparable: {{{column}: [{written}]}} in study.yaml allows it.",
            column=stated.name,
            stated=name,
            why=why,
            written=as_yaml(name),
        )
        for name in stated.fillna("").str.strip()
    ]


def as_yaml(word: str) -> str:
    """A word as study.yaml takes it in a list.

    >>> as_yaml("in person"), as_yaml("2019")
    ('in person', '"2019"')
    """
    return word if re.fullmatch(r"[A-Za-z]+([ -][A-Za-z]+)*", word) else json.dumps(word, ensure_ascii=False)


def describe_benchmarks(compared: pd.DataFrame, *, confidence: float = 0.95) -> str:
    """The headline: how many benchmarks we are behind, and the widest distance with its interval.

    `compared` comes from `compare_benchmarks`, in its order.
    """
    columns = ["figure", "kind", "n", "difference", "low", "high", "verdict", "is_point", "is_share"]
    check_columns(compared, columns, name="compared (from compare_benchmarks)")
    if compared.empty:
        return NO_BENCHMARKS
    told = compared[compared["verdict"] != "not compared"]
    if told.empty:
        return tell(
            "None of {compared} can be compared; the reason stands with each.",
            compared=counted(len(compared), "benchmark"),
        )
    kind = told["kind"].iloc[0] if told["kind"].nunique() == 1 and told["kind"].iloc[0] != NOT_STATED else ""
    benchmark = "benchmark" if len(told) == 1 else "benchmarks"
    count = f"{len(told):,} {f'{tell(kind)} ' if kind else ''}{tell(benchmark)}"
    among = tell("of {told}", told=count)
    behind, ahead = (told[told["verdict"] == verdict] for verdict in ("behind", "ahead"))
    if behind.empty and ahead.empty:
        return tell("Surely behind or ahead of none {among}: no difference is larger than chance allows.", among=among)
    first = (behind if len(behind) else ahead).iloc[0]
    widest = f"{first['figure']}, {say_distance(first, kind, confidence)}"
    if behind.empty:
        return tell(
            "Surely behind none {among}, ahead of {ahead}; furthest {widest}.",
            among=among,
            ahead=len(ahead),
            widest=widest,
        )
    return tell(
        "Behind {behind} {among}, ahead of {ahead}; furthest behind {widest}.",
        behind=len(behind),
        among=among,
        ahead=len(ahead) or tell("none"),
        widest=widest,
    )


def say_distance(row: pd.Series, kind: str, confidence: float) -> str:
    """How far a figure lies from its benchmark, with interval and n; the kind of benchmark where it is not `kind`."""
    times, digits, said = (100, 1, tell("{far} percentage points")) if row["is_share"] else (1, 2, tell("{far} points"))
    said = said if row["is_share"] or pd.isna(row["kpi"]) else "{far}"
    sign, side = (1, "above") if row["difference"] > 0 else (-1, "below")
    low, high = sorted(sign * times * row[end] for end in ("low", "high"))
    whose = f" {tell(row['kind'])}" if row["kind"] not in (kind, NOT_STATED) else ""
    point = tell(", point benchmark") if row["is_point"] else ""
    far, low, high = (f"{value:.{digits}f}" for value in (times * abs(row["difference"]), low, high))
    return tell(
        "{far} {side}{whose} ({confidence:g}\u00a0% interval {low} to {high}; n\u00a0{n:,}{point})",
        far=said.format(far=far), side=side, whose=whose, confidence=confidence * 100, low=low, high=high, n=row["n"],
        point=point,
    )  # fmt: skip


def describe_refusals(compared: pd.DataFrame) -> str:
    """How many benchmarks are not compared, and why, each reason once; empty if all are."""
    check_columns(compared, ["verdict", "reason"], name="compared (from compare_benchmarks)")
    refused = compared.loc[compared["verdict"] == "not compared", "reason"]
    if refused.empty:
        return ""
    reasons = list(dict.fromkeys(refused.str.split(r"(?<=\.) (?=The )", regex=True).explode()))
    verb = "is" if len(refused) == 1 else "are"
    return " ".join(
        [
            tell(
                "Of {compared}, {refused} {verb} not compared.",
                compared=counted(len(compared), "benchmark"),
                refused=len(refused),
                verb=verb,
            ),
            *reasons,
        ]
    )
