"""The passes for kinds of expectation: levels with the zone of tolerance between them, and Kano's two questions."""

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import KANO, answers_to_kano, chosen_wave, find_answers, kano_answers, waves_so_far
from cxlib.summaries.protection import show_groups
from cxlib.summaries.ratings import scales_of
from cxlib.summaries.sums import add_up, group_means, means_of, place_on_map, respondent_sums, stated

KEY = ["touchpoint"]
SIDES = ("expected", "desired", "adequate", "experienced")
CATEGORIES = ("M", "O", "A", "I", "R", "Q")
KANO_TABLE = ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")
"""Category by the answer where the feature is there (rows) and where it is not (columns), each 1 like, 2 must be,
3 neutral, 4 can live with it, 5 dislike (Kano et al. 1984; Berger et al. 1993)."""


def summarise_levels(study: Study) -> pd.DataFrame:
    """One row per touchpoint with n, mean, se and effective n, in scale points, of each kind of expectation.

    `expected` (predicted), `desired`, `adequate` and `experienced` are of everybody who gave that side; of those who
    gave both, `adequacy` is experienced − adequate, `superiority` experienced − desired (below 0: less than that), each
    with `modal` and `skewness` for `guard_rare_failures`, and `tolerance` desired − adequate. The errors of means of a
    side are guarded already. `width` is the scale's.
    """
    values, differences = level_values(), ("adequacy", "superiority")
    answers = find_answers(study).filter(
        nw.any_horizontal(*(~nw.col(side).is_null() for side in SIDES), ignore_nulls=False)
    )
    sides = {name: value for name, value in values.items() if name not in differences}
    table = group_means(answers, KEY, sides, scales=scales_of(study, sides))
    for name in differences:
        people = respondent_sums(answers.filter(~values[name].is_null()), KEY, {"gap": values[name]})
        sums = stated(add_up(people, KEY, ["gap"], spread=True), KEY)
        found = means_of(sums, KEY, ["gap"]).assign(modal_gap=sums["modal"], skewness_gap=sums["skewness"])
        found = found.rename(columns=lambda column, name=name: column.replace("_gap", f"_{name}"))
        table = table.merge(found, on="touchpoint", how="left", validate="one_to_one")
        table[f"n_{name}"] = table[f"n_{name}"].fillna(0).astype("int64")
    table = show_groups(study, table, KEY, values)
    for name in differences:
        lie = [f"modal_{name}", f"skewness_{name}"]
        table[lie] = table[lie].astype("float64").where(table[f"n_{name}"] > 0)
    low, high = study.scale or (np.nan, np.nan)
    return place_on_map(study, table.assign(width=float(high - low)), KEY)


def level_values() -> dict[str, nw.Expr]:
    """What a table of levels averages."""
    sides = {side: nw.col(side) for side in SIDES}
    given = nw.col("experienced")
    differences = {"adequacy": given - nw.col("adequate"), "superiority": given - nw.col("desired")}
    return sides | differences | {"tolerance": nw.col("desired") - nw.col("adequate")}


def summarise_kano(study: Study) -> pd.DataFrame:
    """One row per item with the answers of each Kano category, weighted: `M`, `O`, `A`, `I`, `R`, `Q` add up to `n`.

    `n` respondents gave two answers that can be read, `n_effective` is Kish's; `better`, (A+O)/(A+O+M+I), and `worse`,
    (O+M)/(A+O+M+I), are shares with `se_…`, `n_…` and `n_effective_…`. All of somebody's answers on one item count, the
    respondent being the unit. `unreadable` answers are neither 1 to 5 nor in `codes` of study.yaml.
    """
    values = kano_values(study)
    table = group_means(kano_answers(study), KEY, values)
    known = table["n_kano"] > 0
    table = show_groups(study, table, KEY, {"kano": values["kano"]}, people=kano_so_far(study))
    told = table["n_kano"] > 0
    counts = {letter: (table[f"mean_{letter}"] * table["n_kano"]).round(9).where(told) for letter in CATEGORIES}
    unreadable = table["n_unreadable"].where(told | ~known, 0)
    figures = {"n": table["n_kano"], "n_effective": table["n_effective_kano"], **counts, "unreadable": unreadable}
    enough = told & (table["n_better"] >= study.hide_below)
    for name in ("better", "worse"):
        figures[name] = table[f"mean_{name}"].where(enough)
        figures |= {f"{part}_{name}": table[f"{part}_{name}"].where(enough) for part in ("se", "n_effective")}
        figures[f"n_{name}"] = table[f"n_{name}"].where(enough, 0)
    return place_on_map(study, pd.DataFrame({"touchpoint": table["touchpoint"], **figures}), KEY)


def kano_so_far(study: Study) -> nw.LazyFrame:
    """The answers to Kano questions of the wave looked at and those before it."""
    answers = answers_to_kano(study)
    return answers if chosen_wave(study) == "all" else answers.filter(nw.col("wave").is_in(waves_so_far(study)))


def kano_values(study: Study) -> dict[str, nw.Expr]:
    """What a Kano table averages: whether there are two readable answers (`kano`), what they make, and what is not."""
    answers = [kano_answer(study, column) for column in KANO]
    pair = answers[0] * 10 + answers[1]
    wrong = [~nw.col(column).is_null() & answer.is_null() for column, answer in zip(KANO, answers)]

    def share(of: str, among: str) -> nw.Expr:
        return nw.when(pair.is_in(pairs_of(among))).then(pair.is_in(pairs_of(of)).cast(nw.Float64))

    values = {"kano": share("".join(CATEGORIES), "".join(CATEGORIES))}
    values |= {"better": share("AO", "AOMI"), "worse": share("OM", "AOMI")}
    values |= {letter: share(letter, "".join(CATEGORIES)) for letter in CATEGORIES}
    return values | {"unreadable": nw.when(wrong[0] | wrong[1]).then(nw.lit(1.0))}


def kano_answer(study: Study, column: str) -> nw.Expr:
    """A Kano answer as 1 (like) to 5 (dislike): as `codes` of study.yaml say, else as the number it is."""
    numbers = {form: number for number in range(1, 6) for form in (f"{number}", f"{number}.0")}
    numbers |= study.settings.codes.get(column, {})
    answer = nw.lit(None, nw.Float64)
    for number in range(1, 6):
        words = [word for word, stands_for in numbers.items() if stands_for == number]
        answer = nw.when(nw.col(column).is_in(words)).then(nw.lit(float(number))).otherwise(answer) if words else answer
    return answer


def pairs_of(letters: str) -> list[float]:
    """The pairs of answers that make one of the categories, 10·with + without.

    >>> pairs_of("M")
    [25.0, 35.0, 45.0]
    """
    cells = ((row, column, letter) for row, line in enumerate(KANO_TABLE, 1) for column, letter in enumerate(line, 1))
    return [10.0 * row + column for row, column, letter in cells if letter in letters]
