"""KPIs over time: the company's own, and those the study itself measures."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import t_interval
from cxlib.shares import nps_interval, poisson_interval, share_interval
from cxlib.tables import StudyError, check_columns
from cxlib.words import bounds, in_words, listed, percent, signed

CHARTS = {"p": "shares", "u": "incidents per unit", "c": "plain counts", "xmr": "single values"}
COLUMNS = ["kpi", "date", "sites", "n", "n_effective", "value", "low", "high", "se", "is_share", "chart"]


def track_kpis(kpis: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Each KPI per day of measurement, over all sites, with its interval.

    Shares are hits over cases (Wilson); with `chart` u incidents per unit, with c the sum of counts (both exact
    Poisson); other values the mean over sites (t over sites, empty for a single one). Columns: kpi, date, `sites`,
    `n` (cases, units, or sites), `n_effective` (as many), `value`, `low`, `high`, `se`, `is_share`, `chart` (blank
    where kpis.csv says none).
    """
    check_columns(kpis, ["kpi", "date", "value", "numerator", "denominator"], name="kpis (kpis.csv)")
    kpis = kpis.assign(chart=read_charts(kpis))
    counts = kpis["numerator"].notna() & kpis["denominator"].notna()
    check_counts(kpis, counts)
    kpis = kpis[(counts & (kpis["denominator"] > 0)) | (~counts & kpis["value"].notna())]
    by = [kpis["kpi"], kpis["date"]]
    hits = kpis.where(counts).groupby(by)[["numerator", "denominator"]].sum(min_count=1)
    values = kpis.groupby(["kpi", "date"]).agg(
        chart=("chart", "first"), sites=("chart", "size"),
        **{name: ("value", name) for name in ("mean", "std", "count", "sum")},
    )  # fmt: skip
    table = hits.join(values).reset_index()
    charts, share = table["chart"], table["numerator"] / table["denominator"]
    is_share = table["denominator"].notna() & charts.ne("u")
    n = table["denominator"].fillna(table["count"])
    se = np.sqrt(share * (1 - share).clip(lower=0) / (n - 1))
    spread = table["std"] / np.sqrt(table["count"])
    events, units = table["numerator"].where(charts.ne("c"), table["sum"]), n.where(charts.ne("c"), 1.0)
    ends = zip(
        share_interval(share.where(is_share), se, n, n, confidence),
        poisson_interval(events, units, confidence),
        t_interval(table["mean"], spread, table["count"], confidence),
    )
    cases = [is_share, charts.isin(["u", "c"])]
    low, high = (np.select(cases, [one, two], three) for one, two, three in ends)
    figures = {
        "value": np.select(cases, [share, events / units], table["mean"]),
        "se": np.select(cases, [se, np.sqrt(events) / units], spread),
    }
    n = n.astype("int64") if (n % 1 == 0).all() else n
    return table.assign(n=n, n_effective=n.astype("float64"), low=low, high=high, is_share=is_share, **figures)[COLUMNS]


def read_charts(kpis: pd.DataFrame) -> pd.Series:
    """The chart each row's KPI is declared with, blank where none is."""
    words = kpis.reindex(columns=["chart"])["chart"].astype("str").str.strip().str.lower().fillna("")
    wrong = words[~words.isin(["", *CHARTS])]
    if len(wrong):
        choices = listed([f"{chart} ({what})" for chart, what in CHARTS.items()])
        raise StudyError(f"kpis: chart of {kpis.loc[wrong.index[0], 'kpi']} is {wrong.iloc[0]!r}; it is {choices}.")
    said = words[words.ne("")].groupby(kpis["kpi"]).unique()
    for kpi, charts in said[said.map(len) > 1].items():
        raise StudyError(f"kpis: {kpi} has chart {listed(charts)} in different rows; one holds for all.")
    return kpis["kpi"].map(said.str[0]).astype("str").fillna("")


def check_counts(kpis: pd.DataFrame, counts: pd.Series) -> None:
    """Raise where numerator, denominator and value cannot be what the KPI's chart takes."""
    above, charts, value = kpis["denominator"] < kpis["numerator"], kpis["chart"], kpis["value"]
    wrong = kpis[counts & ((above & charts.ne("u")) | (kpis["numerator"] < 0))]
    if len(wrong):
        row = wrong.iloc[0]
        raise StudyError(
            f"kpis: {row['kpi']} has {row['numerator']:g} of {row['denominator']:g} in a row; a numerator lies from 0 "
            "to its denominator. Correct it, give value instead, or, for incidents per unit, chart u."
        )
    given = kpis[["numerator", "denominator", "value"]].notna()
    check_kinds(kpis, given, counts)
    needs = {
        "numerator and denominator": charts.isin(["p", "u"]) & ~counts & value.notna(),
        "a whole number from 0 on as value, and no denominator": charts.eq("c")
        & (counts | (value.notna() & ((value < 0) | (value % 1 != 0)))),
    }
    for what, rows in needs.items():
        for row in kpis[rows].head(1).itertuples():
            raise StudyError(f"kpis: chart of {row.kpi} is {row.chart}; that takes {what} in every row.")


def check_kinds(kpis: pd.DataFrame, given: pd.DataFrame, counts: pd.Series) -> None:
    """Raise where a KPI has counts in one row and a value alone in another, or a numerator of nothing."""
    kind = counts.where(counts | given["value"])
    other = kind.notna() & kind.ne(kind.groupby(kpis["kpi"]).transform("first"))
    wrong = {
        "has numerator and denominator in some rows and only a value in others; one holds for all": other,
        "has a numerator without a denominator": given["numerator"] & ~given["denominator"],
    }
    for what, rows in wrong.items():
        for row in kpis[rows].head(1).to_dict("records"):
            where = f"{row['date']:%Y-%m-%d}" + (
                tell(", site {site}", site=row["site"]) if pd.notna(row.get("site")) else ""
            )
            raise StudyError(f"kpis: {row['kpi']} {what}. See the row of {where}.")


def add_wave_kpis(
    tracked: pd.DataFrame, measured: pd.DataFrame, adoption: pd.DataFrame, *, confidence: float = 0.95
) -> pd.DataFrame:
    """The KPIs of `track_kpis` and below them those the study measures, on the last day of each wave, `sites` 0.

    `measured` comes from `summarise_wave_kpis`: shares by Wilson on effective n, NPS by adjusted Wald (exact limits
    where few differ) in points from −100 to 100, means by t. `adoption` comes from `find_adoption` per wave; its
    `n_effective` is blank. An own KPI of the same name stays instead.
    """
    shares, nps = measured["kind"].eq("share"), measured["kind"].eq("nps")
    n, mean, se, kish = (measured[name] for name in ("n", "mean", "se", "n_effective"))
    ends = zip(
        share_interval(mean.where(shares), se, n, kish, confidence),
        (100 * end for end in nps_interval(measured["promoters"], measured["detractors"], se, n, kish, confidence)),
        t_interval(mean, se, kish, confidence),
    )
    low, high = (np.select([shares, nps], [one, two], three) for one, two, three in ends)
    points = np.where(nps, 100.0, 1.0)
    survey = measured.assign(value=points * mean, low=low, high=high, se=points * se, is_share=shares)
    log = adoption.rename(columns=lambda name: name.removeprefix("adoption_rate_")).rename(
        columns={"adoption_rate": "value"}
    )
    names = [tell("adoption within {days:g} days (log)", days=days) for days in adoption["window_days"]]
    margins = 2 * stats.norm.ppf(0.5 + confidence / 2)
    log = log.assign(kpi=names, is_share=True, n_effective=np.nan, se=(log["high"] - log["low"]) / margins)
    own = set(tracked["kpi"].astype("str").str.casefold())
    parts = [part[part["value"].notna() & ~part["kpi"].str.casefold().isin(own)] for part in (survey, log) if len(part)]
    new = [part.sort_values(["kpi", "date"]).assign(sites=0, chart="")[COLUMNS] for part in parts if len(part)]
    return pd.concat([*([tracked] if len(tracked) or not new else []), *new], ignore_index=True)


def describe_wave_kpis(tracked: pd.DataFrame, measured: pd.DataFrame) -> str:
    """What the survey measures of the whole in its last wave, and which KPIs are the company's own, in a sentence."""
    survey = tracked[tracked["sites"].eq(0) & tracked["kpi"].isin(measured["kpi"])]
    own = measured.loc[measured["kpi"].str.casefold().isin(tracked.loc[tracked["sites"] > 0, "kpi"].str.casefold())]
    instead = tell(" Of kpis.csv, not of the survey: {kpis}.", kpis=listed(own["kpi"].unique())) if len(own) else ""
    if survey.empty:
        return instead.strip() or (
            tell(
                "The survey measures no KPI: dated waves in study.yaml, with an outcome, recommend, "
                "retained or effort of respondents, switch this on."
            )
        )
    last = survey[survey["date"] == survey["date"].max()]
    order = {kpi: place for place, kpi in enumerate(dict.fromkeys(measured["kpi"]))}
    last = last.assign(order=last["kpi"].map(order)).sort_values("order")
    said = [f"{row.kpi.split(' (')[0]} {say_value(row)}" for row in last.head(3).itertuples()]
    people = f"{last['n'].head(3).min():,}"
    people += tell(" to {most:,}", most=last["n"].head(3).max()) if last["n"].head(3).nunique() > 1 else ""
    day = in_words(f"{last['date'].iloc[0]:%Y-%m-%d}")
    return tell(
        "By the survey ({day}, n\u00a0{people}): {said}.{instead}",
        day=day,
        people=people,
        said=listed(said),
        instead=instead,
    )


def say_value(row) -> str:
    """A value with its interval: a share in %, NPS with its sign."""
    if row.is_share:
        return f"{percent(row.value)} ({bounds(row.low, row.high)})"
    written = (lambda value: signed(value, 0)) if row.kpi == "NPS" else "{:.1f}".format
    return written(row.value) + (
        "" if pd.isna(row.low) else tell(" ({low} to {high})", low=written(row.low), high=written(row.high))
    )


def trace_figures(tracked: pd.DataFrame, waves: pd.DataFrame, last_days: dict) -> pd.DataFrame:
    """Every figure over time: `figure`, `date`, `value`.

    Of KPIs as in `track_kpis`, and of touchpoints their mean experience on the last day of each wave (`summarise_waves`
    and the waves of the study); undated waves are left out.
    """
    days = pd.to_datetime(waves["wave"].map({wave: pd.Timestamp(day) for wave, day in last_days.items()}))
    rated = waves.assign(figure=waves["label"], date=days, value=waves["mean_experienced"])
    parts = [tracked.assign(figure=tracked["kpi"]), rated[rated["n_experienced"] > 0]]
    table = pd.concat([part[["figure", "date", "value"]] for part in parts if len(part)] or [pd.DataFrame()])
    return table.reindex(columns=["figure", "date", "value"]).dropna().reset_index(drop=True)


def recall_kpis(tracked: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """The KPIs with what earlier reports had of each before its first measurement in the study.

    A measurement missing in between was taken out on purpose and stays out; so does what was measured as something
    else, with another `is_share` or `chart`. Both have the columns of `track_kpis`, but `earlier` no `n_effective`.
    """
    if earlier.empty or tracked.empty:
        return tracked
    now = tracked.fillna({"chart": ""}).groupby("kpi").agg({"date": "min", "is_share": "first", "chart": "first"})
    now = now.reindex(earlier["kpi"]).set_axis(earlier.index)
    same = earlier["is_share"].eq(now["is_share"]) & earlier["chart"].fillna("").eq(now["chart"])
    before = earlier[same & (earlier["date"] < now["date"])]
    if before.empty:
        return tracked
    both = pd.concat([before.reindex(columns=tracked.columns).astype(tracked.dtypes), tracked], ignore_index=True)
    place = both["kpi"].map({kpi: place for place, kpi in enumerate(tracked["kpi"].unique())})
    return both.assign(place=place).sort_values(["place", "date"], ignore_index=True).drop(columns="place")
