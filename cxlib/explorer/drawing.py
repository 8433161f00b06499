"""What the explorer shows of a choice, as HTML: a sentence, a chart, a table; every word of the data escaped."""

import html

import pandas as pd

from cxlib.catalogue import tell
from cxlib.charts import plot_gaps, plot_journey_map
from cxlib.charts.exploring import plot_answers, plot_steps, plot_trend
from cxlib.controls import picture_html, ranking_html
from cxlib.explorer.tables import HIDDEN_WORD, Look, Options
from cxlib.gaps import describe_gaps, describe_ties, explain_gaps, list_gaps
from cxlib.moments import describe_map, list_stages
from cxlib.priorities import describe_priorities
from cxlib.readable import readable, table_html
from cxlib.study import View
from cxlib.words import counted, list_figures, percent, signed

NOBODY = "Nobody was asked: the study has no ratings."


def said(sentence: str, kind: str = "") -> str:
    """A sentence as a paragraph, escaped; none where there is none."""
    return f'<p class="{kind}">{html.escape(sentence)}</p>' if sentence else ""


def wide(table: pd.DataFrame) -> str:
    """A table that scrolls by itself where the screen is narrow."""
    return f'<div class="cx-wide" tabindex="0">{table_html(readable(table))}</div>' if len(table) else ""


def describe_look(look: Look, view: View) -> str:
    """Who and what is looked at, and what is hidden, in a sentence or two."""
    study = look.study
    if "ratings" not in study:
        return tell(NOBODY)
    ratings, people = look.ratings(view), look.people(view)
    few = look.people(view, veiled=False) < study.hide_below
    who = tell("some people") if people is None else counted(people, "person", "people")
    who = tell("fewer than {least} people", least=study.hide_below) if few else who
    told = [tell("{who} of {wave} answered{part}.", who=who, wave=wave_words(look, view), part=part_words(look, view))]
    told[0] = told[0][:1].upper() + told[0][1:]
    seen = int((ratings["n_answered"] > 0).sum())
    hidden = int((ratings["paired"] == HIDDEN_WORD).sum())
    looked = [*view.stages, *(look.cube.labels.get(key, key) for key in view.touchpoints), *view.channels]
    told += [tell("Looked at: {part}.", part="; ".join(looked))] if looked else []
    told += [tell("Shown: {touchpoints}.", touchpoints=counted(seen, "touchpoint"))]
    if hidden:
        told += [
            tell(
                "Hidden: {touchpoints}, being fewer than {least} people or giving such a group away.",
                touchpoints=counted(hidden, "touchpoint"), least=study.hide_below,
            )
        ]  # fmt: skip
    return " ".join(told)


def wave_words(look: Look, view: View) -> str:
    """The wave looked at, in words."""
    waves = look.cube.choices["waves"]
    if view.wave == "all" or not waves:
        return tell("all waves")
    return tell("wave {wave}", wave=waves[-1] if view.wave == "latest" else view.wave)


def part_words(look: Look, view: View) -> str:
    """What was chosen of personas, and the conditions and the day the study was opened with, in brackets."""
    chosen = [", ".join(view.personas), ", ".join(view.where)]
    chosen += [tell("answers up to {day}", day=view.as_of)] if view.as_of else []
    return f" ({'; '.join(filter(None, chosen))})" if any(chosen) else ""


def gaps_html(look: Look, view: View, options: Options) -> str:
    """Chart and table of notebook 04."""
    if "ratings" not in look.study:
        return said(tell(NOBODY))
    gaps = look.gaps(view, options)
    if gaps.empty:
        return said(tell("Nobody rated what you chose. Choose more: nothing chosen in a list means all."))
    headline = describe_gaps(gaps, confidence=options.confidence)
    study = look.study
    ax = plot_gaps(gaps, title=headline, scale=study.scale, met_within=study.met_within)
    if ax is None:
        return said(headline) + wide(gaps)
    alt = tell("{headline} Every touchpoint: {gaps}.", headline=headline, gaps=list_gaps(gaps))
    return picture_html(ax, alt) + said(explain_gaps(gaps), "cx-note") + said(describe_ties(gaps)) + wide(gaps)


def map_html(look: Look, view: View, options: Options) -> str:
    """The journey map of notebook 01."""
    if "touchpoints" not in look.study:
        return said(
            tell(
                "There is no journey map. A file of touchpoints (touchpoints: touchpoints.csv in study.yaml) draws it."
            )
        )
    journey = look.journey(view, options)
    headline = describe_map(journey)
    ax = plot_journey_map(journey, stages=look.study.stages, title=headline)
    if ax is None:
        return said(headline) + said(tell("No touchpoint of the map belongs to a stage, so there is no map to draw."))
    alt = tell("{headline} Every stage: {stages}.", headline=headline, stages=list_stages(journey))
    note = tell("Orange falls short, blue exceeds, green meets expectation, grey cannot be told.")
    return picture_html(ax, alt) + said(note, "cx-note")


def priorities_html(look: Look, view: View, options: Options) -> str:
    """Chart and table of notebook 05."""
    if "ratings" not in look.study:
        return said(tell(NOBODY))
    priorities = look.priorities(view, options)
    outcome = ""
    if not look.study.outcome:
        outcome = tell("The study names no outcome, so importance does not count here.")
    if priorities.empty:
        return said(describe_priorities(priorities, top=options.top)) + said(outcome)
    return ranking_html(priorities, options.top) + said(outcome, "cx-note")


def detail_html(look: Look, view: View, options: Options) -> str:
    """One touchpoint: its gap in words, how answers lie, its waves, what comes before and after, what people said."""
    if not options.touchpoint:
        return said(tell("There is no touchpoint to look at."))
    gaps = look.gaps(view, options)
    own = gaps[gaps["touchpoint"] == options.touchpoint]
    if own.empty or own["paired"].iloc[0] == HIDDEN_WORD:
        return said(tell("Too few people to show this touchpoint."))
    row = own.iloc[0]
    return "".join(
        [
            f"<h3>{html.escape(str(row['label']))}</h3>",
            said(describe_one(row, options.confidence)),
            answers_html(look, view, options),
            trend_html(look, view, options),
            steps_html(look, view, options),
            quotes_html(look, view, options),
        ]
    )


def describe_one(row: pd.Series, confidence: float) -> str:
    """The gap of one touchpoint with its interval and n, in a sentence."""
    if not row["n"] or pd.isna(row["gap"]):
        return tell("Its gap is not known: that takes both sides, expected and experienced.")
    if pd.isna(row["low"]):
        return tell("Gap {gap} (n\u00a0{n}); no interval can be given.", gap=signed(row["gap"]), n=f"{row['n']:,}")
    return tell(
        "Gap {gap} ({confidence}\u00a0% interval {low} to {high}; n\u00a0{n}).",
        gap=signed(row["gap"]), confidence=f"{100 * confidence:g}", low=signed(row["low"]), high=signed(row["high"]),
        n=f"{row['n']:,}",
    )  # fmt: skip


def answers_html(look: Look, view: View, options: Options) -> str:
    """How the answers of all customers lie on the scale; bars of few people are one with their neighbours."""
    answers = look.answers(view, options)
    title = tell("How do the answers lie, of all customers?")
    ax = plot_answers(answers, title=title) if len(answers) else None
    if ax is None:
        return said(tell("How the answers lie is not shown: too few people, or no scale."))
    points = [f"{low:g}" if low == high else f"{low:g}–{high:g}" for low, high in zip(answers["value"], answers["to"])]
    ax.set_xticks(range(len(points)), points)
    sides = [
        f"{tell(side)}: {'; '.join(f'{point} {percent(share)}' for point, share in zip(points, answers[side]))}"
        for side in ("expected", "experienced")
        if answers[f"n_{side}"].sum()
    ]
    return picture_html(ax, f"{title} {'. '.join(sides)}.")


def trend_html(look: Look, view: View, options: Options) -> str:
    """The gap over the waves."""
    trend = look.trend(view, options)
    if len(trend) < 2:
        return said(tell("There is one wave, or none, so there is no trend to show."))
    title = tell("How did the gap move from wave to wave?")
    ax = plot_trend(trend, title=title, met_within=look.study.met_within)
    if ax is None:
        return said(tell("The gap over the waves is not known."))
    return picture_html(ax, f"{title} {list_figures(trend['wave'], trend['gap'])}.".replace(" -", " −"))


def steps_html(look: Look, view: View, options: Options) -> str:
    """What comes before and after, from the log."""
    if "events" not in look.study:
        return said(tell("What comes before and after is not known. A file of events switches it on."))
    steps = look.steps(view, options)
    title = tell("What comes before, and what after, of all customers?")
    ax = plot_steps(steps, title=title)
    if ax is None:
        return said(tell("The log shows no way to it or from it, or too few customers to show."))
    sides = [
        f"{tell(side)}: {list_figures(steps.loc[own, 'label'], steps.loc[own, 'share'], 2)}"
        for side in ("before", "after")
        if (own := steps["side"] == side).any()
    ]
    return picture_html(ax, f"{title} {'. '.join(sides)}.")


def quotes_html(look: Look, view: View, options: Options) -> str:
    """Customers' own words, redacted."""
    quotes = look.quotes(view, options)
    if quotes:
        items = "".join(f"<li>{html.escape(str(quote))}</li>" for quote in quotes)
        return f"<p>{html.escape(tell('All customers, in their own words, redacted:'))}</p><ul>{items}</ul>"
    if "feedback" not in look.study:
        return said(tell("There are no quotes: the study has no feedback."))
    if not look.study.settings.show_quotes:
        return said(tell("Customers' own words are not shown. show_quotes: true in study.yaml shows some, redacted."))
    return said(tell("No quotes are shown: that takes ten people, and something typical of this touchpoint."))
