"""What customers say matters, against what tells their verdicts apart."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import adjust, t_interval, t_test
from cxlib.moments.importance import NO_VERDICT, name_first
from cxlib.tables import check_columns
from cxlib.words import percent

NO_STATED = "What customers say matters is not known. A column importance of the ratings switches it on."
STATED_VERDICTS = ("counts more than said", "said more than it counts")


def compare_importance(stated: pd.DataFrame, importance: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Stated importance beside the derived one, touchpoint by touchpoint, and where the two part.

    `stated` comes from `summarise_stated` (scale points), `importance` from `find_importance`. `stated_even` and `even`
    are the means of the touchpoints measured the same way (`importance_is`), `stated_rank` and `rank` places among
    them, 1 the most important. `verdict`: *counts more than said* (derived surely above `even` and above a random
    variable, stated surely below `stated_even`), *said more than it counts* (the other way round) or "". p is the
    larger of the two p-values; a verdict takes q, Benjamini–Hochberg's over the rows, of at most 1 − `confidence`.
    """
    needed = ["touchpoint", "label", "stage", "n_importance", "mean_importance", "se_importance"]
    check_columns(stated, [*needed, "n_effective_importance"], name="stated (from summarise_stated)")
    n, mean, se, worth = (stated[f"{part}_importance"].astype("float64") for part in ("n", "mean", "se", "n_effective"))
    low, high = t_interval(mean, se, worth, confidence)
    said = stated[["stage", "touchpoint", "label"]].assign(
        n_stated=n.astype("Int64"), stated=mean, stated_low=low, stated_high=high, se=se, worth=worth
    )
    derived = [f"importance{end}" for end in ("", "_low", "_high", "_is")] + ["above_random", "n_importance"]
    table = said.merge(importance[["touchpoint", *derived]], on="touchpoint", validate="one_to_one")
    table = table[table["stated"].notna() & table["importance"].notna()].reset_index(drop=True)
    kinds = table.groupby("importance_is")
    table["stated_even"], table["even"] = kinds["stated"].transform("mean"), kinds["importance"].transform("mean")
    table["stated_rank"], table["rank"] = (kinds[name].rank(ascending=False) for name in ("stated", "importance"))
    se, worth = table.pop("se"), table.pop("worth")
    p = np.maximum(t_test(table["stated"] - table["stated_even"], se, worth), away_from_even(table, confidence))
    table = table.assign(p=p, q=adjust(p))
    sure = table["q"] <= 1 - confidence
    more = (table["above_random"] > 0) & (table["importance_low"] > table["even"])
    cases = [
        sure & more & (table["stated_high"] < table["stated_even"]),
        sure & (table["importance_high"] < table["even"]) & (table["stated_low"] > table["stated_even"]),
    ]
    return table.assign(verdict=np.select(cases, STATED_VERDICTS, ""))


def away_from_even(table: pd.DataFrame, confidence: float) -> np.ndarray:
    """Two-sided p of importance = even, from the wider side of its interval (the other may end at 0 or 1)."""
    n = table["n_importance"].astype("float64")
    margin = np.fmax(table["importance_high"] - table["importance"], table["importance"] - table["importance_low"])
    unit = t_interval(np.zeros(len(n)), np.ones(len(n)), n, confidence)[1]
    return t_test(table["importance"] - table["even"], margin / unit, n)


def describe_stated(compared: pd.DataFrame, *, asked: bool, outcome: str) -> str:
    """Which touchpoints count more, and which less, than customers say, in a sentence.

    `asked`: whether the study has stated importance at all; `outcome` is empty where it has no verdict on the whole.
    """
    if not asked:
        return NO_STATED
    if not outcome:
        return NO_VERDICT
    if compared.empty:
        return tell("Too few people said what matters, or gave {outcome}, to compare the two.", outcome=outcome)
    said = []
    for verdict, words in zip(
        STATED_VERDICTS, (tell("counts more than customers say"), tell("counts less than they say"))
    ):
        these = compared[compared["verdict"] == verdict].sort_values("q", kind="stable")
        said += [f"{words}: {name_first(these['label'], say_importance(these.iloc[0]))}"] if len(these) else []
    if not said:
        people = compared["n_importance"].max()
        return tell(
            "Nothing surely counts more, or less, than customers say (up to n\u00a0{people:,} a touchpoint).",
            people=people,
        )
    sentence = "; ".join(said).replace("; counts less than they say", "; less")
    return sentence[0].upper() + sentence[1:].replace("they say", "customers say") + "."


def say_importance(row: pd.Series) -> str:
    """A touchpoint's importance with its interval and n.

    >>> figures = {"importance": 0.1, "importance_low": 0.06, "importance_high": 0.14, "n_importance": 90}
    >>> say_importance(pd.Series(figures))
    '10\xa0%, 6 to 14\xa0%; n\xa090'
    """
    ends = [percent(row[f"importance_{end}"]) for end in ("low", "high")]
    interval = tell("{low} to {high}", low=ends[0].removesuffix(chr(160) + "%"), high=ends[1])
    return f"{percent(row['importance'])}, {interval}; n\u00a0{row['n_importance']:,.0f}"
