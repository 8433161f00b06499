"""How figures are said: signs, lists, days, intervals."""

import datetime

import pandas as pd

from cxlib.catalogue import tell


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, as people read it.

    >>> signed(-1.26), signed(0.3), signed(-0.04)
    ('−1.3', '+0.3', '0.0')
    """
    if pd.isna(value):
        return "–"
    rounded = round(float(value), digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def readable_interval(low: float, high: float) -> str:
    """An interval as people read it.

    >>> readable_interval(-0.5, 0.25)
    '−0.50 to +0.25'
    """
    return "–" if pd.isna(low) else tell("{low} to {high}", low=signed(low, 2), high=signed(high, 2))


def readable_q(q: float) -> str:
    """A q-value as people read it.

    >>> readable_q(0.00001), readable_q(0.034)
    ('< .001', '.034')
    """
    if pd.isna(q):
        return "–"
    if q < 0.001:
        return "< .001"
    return f"{q:.{4 if 0.045 < q < 0.055 else 3}f}".removeprefix("0")


def percent(share: float) -> str:
    """A share as people read it.

    >>> percent(0.254), percent(0.004)
    ('25\xa0%', '0.4\xa0%')
    """
    if pd.isna(share):
        return "–"
    return f"{100 * share:.{1 if 0 < abs(share) < 0.0095 else 0}f}\u00a0%".replace("-", "−")


def bounds(low: float, high: float) -> str:
    """The interval of a share as people read it.

    >>> bounds(0.76, 0.852), bounds(float("nan"), float("nan"))
    ('76 to 85\xa0%', '–')
    """
    return "–" if pd.isna(low) else tell("{low} to {high}", low=percent(low)[:-2], high=percent(high))


def most_likely(span: str, confidence: float = 0.95) -> str:
    """An interval in plain words; how sure it is where that is not 95 %.

    >>> most_likely("1.3 to 1.6"), most_likely("1.3 to 1.6", 0.9)
    ('most likely 1.3 to 1.6', '1.3 to 1.6 with 90\xa0% confidence')
    """
    if abs(confidence - 0.95) < 1e-9:
        return tell("most likely {span}", span=span)
    return tell("{span} with {sure}\u00a0% confidence", span=span, sure=f"{100 * confidence:g}")


def shortly(span: str) -> str:
    """A range of signed figures without the plus.

    >>> shortly("+0.7 to +1.1"), shortly("−0.1 to +0.2")
    ('0.7 to 1.1', '−0.1 to 0.2')
    """
    return span.replace("+", "")


def counted(count: int, thing: str, things: str = "") -> str:
    """A count and what is counted.

    >>> counted(1, "touchpoint"), counted(1200, "person", "people")
    ('1 touchpoint', '1,200 people')
    """
    return f"{count:,} {tell(thing if count == 1 else things or f'{thing}s')}"


def listed(names: pd.Series, most: int = 5) -> str:
    """Names in a sentence, the rest as a count.

    >>> listed(pd.Series(["a", "b", "c", "d"]), most=3), listed(pd.Series(["a", "b"]))
    ('a, b and 2 more', 'a and b')
    """
    names = list(names)
    if not names:
        return ""
    if len(names) > most:
        names = [*names[: most - 1], tell("{count} more", count=len(names) - most + 1)]
    return tell("{names} and {last}", names=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else names[0]


def extremes(table: pd.DataFrame, value: str, low: str = "low", high: str = "high") -> tuple[str, str, bool]:
    """The labels of the rows that could be the highest and of those that could be the lowest, by their intervals.

    And whether the two differ surely.

    >>> table = pd.DataFrame({"label": ["a", "b", "c"], "x": [6, 5.9, 4]})
    >>> extremes(table.assign(low=table["x"] - 0.2, high=table["x"] + 0.2), "x")
    ('a and b', 'c', True)
    """
    ordered = table.sort_values(value, ascending=False, kind="stable")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    highest = ordered.loc[(ordered[high] >= first[low]) | (ordered[value] == first[value]), "label"]
    lowest = ordered.loc[(ordered[low] <= last[high]) | (ordered[value] == last[value]), "label"].iloc[::-1]
    return listed(highest, most=3), listed(lowest, most=3), bool(last[high] < first[low])


def list_figures(names: pd.Series, figures: pd.Series, digits: int = 1) -> str:
    """Every name with its figure in one line, for those who cannot see the chart; shares (0 to 1) with `digits` 2.

    >>> list_figures(pd.Series(["checkout", "search"]), pd.Series([4.66, 5.0]))
    'checkout 4.7; search 5.0'
    """
    said = [f"{tell(str(name))} {figure:.{digits}f}" for name, figure in zip(names, figures) if pd.notna(figure)]
    return "; ".join(said).replace("-", "−")


def in_words(day: str) -> str:
    """A day as people write it.

    >>> in_words("2026-06-06")
    '6 June 2026'
    """
    date = datetime.date.fromisoformat(day)
    return tell("{day} {month} {year}", day=date.day, month=tell(f"{date:%B}"), year=date.year)


def in_days(days: float) -> str:
    """A number of days as people say it, three figures at most.

    >>> in_days(26.5), in_days(3.25), in_days(120)
    ('26.5', '3.25', '120')
    """
    return f"{days:.3g}"


def say_effect(effect: float, low: float, high: float, unit: str) -> str:
    """An effect with its interval; of shares in points, a ratio as a factor.

    >>> say_effect(0.0746, 0.052, 0.098, "share"), say_effect(0.89, 0.84, 0.95, "ratio"), say_effect(-1, -2, 0, "value")
    ('+7.5 points; +5.2 to +9.8', '×\xa00.89; 0.84 to 0.95', '−1.0; −2.0 to 0.0')
    """
    return "; ".join(effect_parts(effect, low, high, unit))


def effect_parts(effect: float, low: float, high: float, unit: str) -> tuple[str, str]:
    """An effect, and its interval, as `say_effect` says them."""
    if unit == "ratio":
        return f"×\u00a0{effect:.2f}", tell("{low} to {high}", low=f"{low:.2f}", high=f"{high:.2f}")
    size, *ends = (signed((100 if unit == "share" else 1) * value) for value in (effect, low, high))
    span = tell("{low} to {high}", low=ends[0], high=ends[1])
    return (tell("{points} points", points=size) if unit == "share" else size), span


def figure(value: float) -> str:
    """A figure in three digits, thousands apart.

    >>> figure(4.567), figure(12.34), figure(3350), figure(-0.0123)
    ('4.57', '12.3', '3,350', '−0.012')
    """
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 or value == 0 else 3
    return f"{value:,.{digits}f}".replace("-", "−")
