"""What customers say: what is typical of each touchpoint, the topics of all quotes, and quotes to read."""

import textwrap
import warnings

import numpy as np
import pandas as pd
from scipy import optimize, stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust
from cxlib.redaction import redact
from cxlib.shares import share_interval
from cxlib.tables import check_columns
from cxlib.typical import WORD, list_themes, log_odds, number_people, unit_of
from cxlib.words import counted, listed, percent, readable_interval

FEEDBACK = ["touchpoint", "text", "code", "customer"]
TYPICAL = {"touchpoint": "str", "label": "str", "theme": "str", "unit": "str", "n": "Int64", "n_quotes": "Int64"}
TYPICAL |= dict.fromkeys(["log_odds", "low", "high", "p", "q"], "float64") | {"verdict": "str"}
TOPICS = {"topic": "str", "words": "str", "touchpoints": "str", "n": "Int64", "n_people": "Int64"}
TOPICS |= dict.fromkeys(["share", "low", "high", "stability"], "float64") | {"verdict": "str"}
QUOTE = {"touchpoint": "str", "label": "str", "themes": "str", "quote": "str"}

DISTINCT = 30
"""Distinct texts below which topics are not looked for."""

COMMON = 0.4
"""A word in a larger share of the quotes tells no topic from another."""

STABLE = 0.9
"""Mean cosine with its likeness in either half of the quotes from which a topic is called stable.

Of 108 topics in random words one was, of 36 planted ones all."""

INFORMATIVE, LONGEST = 4, 160  # words of a quote at least, letters at most


def find_typical_words(
    feedback: pd.DataFrame, *, unit: str = "", least: int = 5, top: int = 6, confidence: float = 0.95,
    level: float = 0.05,
) -> pd.DataFrame:  # fmt: skip
    """The themes most typical of each touchpoint beside all others, at most `top` each, the surest first.

    Themes are codes readers gave, else words; `unit` "code" or "word" decides. `n` counts people (customers; a row
    without one is a person), `n_quotes` rows. `log_odds` has an informative Dirichlet prior (Monroe, Colaresi & Quinn
    2008), of people, above 0 typical; `q` is Benjamini–Hochberg's over all themes and touchpoints tested, sure
    up to `level`; intervals are the wider the fewer of those are sure (Benjamini & Yekutieli 2005). Themes and
    touchpoints of fewer than `least` people are left out; the figures of a row that would give fewer people away at the
    other touchpoints are blank, its verdict stays.
    """
    check_columns(feedback, FEEDBACK, name="feedback")
    unit = unit or unit_of(feedback)
    said = list_themes(feedback, unit)
    if said.empty:
        return pd.DataFrame(columns=list(TYPICAL)).astype(TYPICAL)
    table = order_typical(contrast_touchpoints(said.drop_duplicates(["quote", "theme"]), least, level), top)
    margin = stats.norm.isf((1 - confidence) / 2 * table["sure"]) * table["se"]
    table = table.assign(low=table["log_odds"] - margin, high=table["log_odds"] + margin)
    rows = said.groupby(["theme", "touchpoint"])["row"].nunique().rename("n_quotes").reset_index()
    table = table.merge(rows, on=["theme", "touchpoint"], how="left", validate="one_to_one")
    table["verdict"] = np.where(table["q"] <= level, "typical", "no sure difference")
    table = name_places(hide_few(table, least), feedback).assign(unit=unit)
    return table[list(TYPICAL)].astype(TYPICAL)


def contrast_touchpoints(people: pd.DataFrame, least: int, level: float) -> pd.DataFrame:
    """Every theme said more of a touchpoint than of the others, with figures, and what `hide_few` needs.

    `people` has a row for every theme of a quote; all themes of enough people are tested, of either direction. `sure`
    is the share of the tests, one at least, whose q is at most `level`.
    """
    people = people.assign(everybody="all")
    counts = pd.crosstab(people["theme"], people["touchpoint"])
    here, elsewhere = counts.to_numpy(), people_elsewhere(people, "theme")
    total = np.broadcast_to(here.sum(axis=1, keepdims=True), here.shape)
    ratio, se = log_odds(here, total - here)
    visitors = people.groupby("touchpoint")["person"].nunique().to_numpy()
    many = people.groupby("theme")["person"].nunique().to_numpy()[:, None] >= least
    tested = (visitors >= least) & (people_elsewhere(people, "everybody") >= max(least, 1)) & many & ~np.isnan(ratio)
    p = 2 * stats.norm.sf(np.abs(ratio / se))
    figures = {"n": here, "log_odds": ratio, "se": se, "p": p, "z": ratio / se}
    figures |= {"q": adjust(np.where(tested, p, np.nan)), "elsewhere": elsewhere, "total": total}
    row, column = np.nonzero(tested & (here >= max(least, 1)) & (ratio > 0))
    table = pd.DataFrame({"touchpoint": counts.columns[column], "theme": counts.index[row]})
    sure = max((figures["q"] <= level).sum(), 1) / max(tested.sum(), 1)
    return table.assign(sure=sure, **{name: values[row, column] for name, values in figures.items()})


def people_elsewhere(people: pd.DataFrame, key: str) -> np.ndarray:
    """How many people said each `key` at any other touchpoint; shape (keys, touchpoints)."""
    once = people.drop_duplicates([key, "touchpoint", "person"])
    there = pd.crosstab(once[key], once["touchpoint"])
    alone = once[~once.duplicated([key, "person"], keep=False)]
    only = pd.crosstab(alone[key], alone["touchpoint"]).reindex_like(there).fillna(0)
    return once.groupby(key)["person"].nunique().to_numpy()[:, None] - only.to_numpy(dtype=int)


def order_typical(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """The first `top` rows of each touchpoint by z, the touchpoint with the highest on top."""
    first = table.groupby("touchpoint")["z"].transform("max")
    order = ["first", "touchpoint", "z", "theme"]
    ordered = table.assign(first=first).sort_values(order, ascending=[False, True, False, True], kind="stable")
    return ordered.groupby("touchpoint", sort=False).head(top).reset_index(drop=True)


def hide_few(table: pd.DataFrame, least: int) -> pd.DataFrame:
    """Blank figures where the rest of a theme, as its total less what is shown, would be fewer than `least` people."""
    hidden = table["elsewhere"].between(1, least - 1)
    left = table["total"] - table["n"].mask(hidden, 0).groupby(table["theme"]).transform("sum")
    smallest = table["n"].mask(hidden).groupby(table["theme"]).rank(method="first") == 1
    hidden |= smallest & left.between(1, least - 1)
    figures = ["n", "n_quotes", "log_odds", "low", "high", "p", "q"]
    return table.assign(**{name: table[name].mask(hidden) for name in figures})


def name_places(table: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """The table with the label of each touchpoint, where the feedback has one."""
    if "label" not in feedback:
        return table.assign(label=table["touchpoint"])
    labels = feedback.drop_duplicates("touchpoint").set_index("touchpoint")["label"].astype("str")
    return table.assign(label=table["touchpoint"].map(labels).fillna(table["touchpoint"]))


def describe_typical(typical: pd.DataFrame, *, least: int = 5) -> str:
    """What is surely typical of which touchpoint, with n and interval, in a sentence."""
    if typical.empty:
        return tell(
            "What is typical of a touchpoint cannot be told. Feedback (feedback: feedback.csv) "
            "with words of at least {least} people on each of two touchpoints switches it on.",
            least=least,
        )
    sure = typical[typical["verdict"] == "typical"]
    if sure.empty:
        return tell("Nothing is surely said more often of one touchpoint than of the others.")
    known = sure[sure["n"].notna()]
    first = (known if len(known) else sure).drop_duplicates("touchpoint").head(2)
    said = [
        tell("{theme} of {touchpoint}", theme=shorten(row.theme), touchpoint=shorten(row.label))
        for row in first.itertuples()
    ]
    if len(known):
        row = first.iloc[0]
        said[0] += tell(
            " ({people}; log odds ratio most likely {interval})",
            people=counted(int(row["n"]), "person", "people"), interval=readable_interval(row["low"], row["high"]),
        )  # fmt: skip
    more = sure["touchpoint"].nunique() - len(said)
    return tell(
        "Said more than elsewhere: {names}.",
        names=listed([*said, *([counted(more, "more touchpoint")] if more else [])]),
    )


def shorten(name: str, letters: int = 24) -> str:
    """A name with room in a sentence."""
    return textwrap.shorten(str(name), letters, placeholder="…")


def find_topics(
    feedback: pd.DataFrame, *, topics: int = 6, seed: int = 0, least: int = 5, confidence: float = 0.95
) -> pd.DataFrame:
    """Topics of all quotes and how often each is a quote's main one, the largest first.

    Non-negative matrix factorisation of tf-idf (Lee & Seung 1999), words of at least `least` people only and no list of
    any language. All one person says of a touchpoint is a quote: `n`, and `share` of quotes with Wilson's interval on
    the people. `stability` is the mean cosine of a topic with its likeness in each random half of the quotes, "stable"
    from .9. Empty below 30 distinct texts; topics of fewer than `least` people are left out.
    """
    check_columns(feedback, FEEDBACK, name="feedback")
    quotes = join_quotes(feedback)
    vocabulary = common_words(quotes, least)
    many = min(topics, quotes["text"].nunique() // 10, len(vocabulary) // 2)
    if quotes["text"].nunique() < DISTINCT or many < 2:
        return pd.DataFrame(columns=list(TOPICS)).astype(TOPICS)
    strength, parts, stability = fit_topics(quotes["text"], vocabulary, many, seed)
    quotes["topic"] = np.where(strength.max(axis=1) > 0, strength.argmax(axis=1), -1)
    rows = []
    for topic, own in quotes[quotes["topic"] >= 0].groupby("topic"):
        words = [vocabulary[place] for place in np.argsort(-parts[topic], kind="stable")[:5] if parts[topic, place] > 0]
        spoken = own.groupby("touchpoint")["person"].nunique().sort_values(ascending=False, kind="stable")
        places = ", ".join(spoken[spoken >= max(least, 1)].index[:3])
        rows.append((topic, ", ".join(words), places, len(own), own["person"].nunique()))
    table = pd.DataFrame(rows, columns=list(TOPICS)[:5])
    share, each = table["n"] / len(quotes), quotes["person"].value_counts()
    worth = each.sum() ** 2 / (each**2).sum()
    low, high = share_interval(share, np.sqrt(share * (1 - share) / (worth - 1)), worth, worth, confidence)
    stability = stability[table["topic"]]
    verdict = np.where(stability >= STABLE, "stable", "not stable")
    table = table.assign(share=share, low=low, high=high, stability=stability, verdict=verdict)
    table = keep_many(table.sort_values("n", ascending=False, kind="stable"), len(quotes), least)
    return table.assign(topic=[str(place + 1) for place in range(len(table))]).astype(TOPICS)


def join_quotes(feedback: pd.DataFrame) -> pd.DataFrame:
    """All that one person says of one touchpoint as one text: touchpoint (its label), person, text; in one order."""
    named = name_places(feedback, feedback)
    rows = pd.DataFrame({"touchpoint": named["label"].fillna(""), "person": number_people(feedback)})
    rows["text"] = feedback["text"].astype("str").str.normalize("NFC").fillna("").to_numpy()
    rows = rows[rows["text"].str.strip() != ""].sort_values("text", kind="stable")
    joined = rows.groupby(["touchpoint", "person"])["text"].agg(" ".join).reset_index()
    joined["touchpoint"] = joined["touchpoint"].mask(joined["touchpoint"] == "")
    return joined.sort_values(["text", "touchpoint", "person"], ignore_index=True)


def common_words(quotes: pd.DataFrame, least: int) -> list[str]:
    """Words of at least `least` people, and two, that stand in no more than 40 % of the quotes; sorted."""
    words = quotes.assign(word=quotes["text"].str.lower().str.findall(WORD)).explode("word").dropna(subset="word")
    said = words.drop_duplicates(["touchpoint", "person", "word"]).groupby("word")["person"].agg(["nunique", "size"])
    return sorted(said.index[(said["nunique"] >= max(least, 2)) & (said["size"] <= COMMON * len(quotes))])


def fit_topics(texts: pd.Series, vocabulary: list[str], many: int, seed: int) -> tuple[np.ndarray, ...]:
    """How strong each topic is in each text, its words' weights, and its stability over random halves of the texts."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer

    matrix = TfidfVectorizer(vocabulary=vocabulary, token_pattern=WORD, sublinear_tf=True).fit_transform(texts)
    halves = np.array_split(np.random.default_rng(seed).permutation(matrix.shape[0]), 2)

    def factorise(rows) -> tuple[np.ndarray, np.ndarray]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = NMF(min(many, rows.shape[0]), init="nndsvda", random_state=seed, max_iter=400)
            strength = model.fit_transform(rows)
        size = np.linalg.norm(model.components_, axis=1)
        return strength * size, model.components_ / np.where(size > 0, size, 1)[:, None]

    strength, parts = factorise(matrix)
    alike = []
    for half in halves:
        cosine = parts @ factorise(matrix[half])[1].T
        own, other = optimize.linear_sum_assignment(-cosine)
        alike.append(np.bincount(own, cosine[own, other], minlength=len(parts)))
    return strength, parts, np.mean(alike, axis=0)


def keep_many(table: pd.DataFrame, quotes: int, least: int) -> pd.DataFrame:
    """The topics of at least `least` people, without the smallest where fewer quotes than that would be left over."""
    kept = table[table["n_people"] >= least]
    return kept.iloc[:-1] if 0 < quotes - kept["n"].sum() < least else kept


def describe_topics(topics: pd.DataFrame) -> str:
    """What is talked of most, with n and interval, in a sentence."""
    if topics.empty:
        return tell(
            "Topics are not looked for: too few quotes of what is looked at; it takes {distinct} different wordings.",
            distinct=DISTINCT,
        )
    first = topics.iloc[0]
    share = tell(
        "{share}, {low:.0f} to {high}",
        share=percent(first["share"]),
        low=100 * first["low"],
        high=percent(first["high"]),
    )
    stable = (topics["verdict"] == "stable").sum()
    said = tell(
        "Largest of {topics}: {words} ({share}; ",
        topics=counted(len(topics), "topic"),
        words=", ".join(first["words"].split(", ")[:3]),
        share=share,
    )
    return tell(
        "{said}n\u00a0{n:,} quotes). In either half of the quotes, {stable} come again.",
        said=said,
        n=first["n"],
        stable=stable,
    )


def choose_quotes(feedback: pd.DataFrame, typical: pd.DataFrame, *, least: int = 10, each: int = 2) -> pd.DataFrame:
    """Up to `each` quotes of every touchpoint that hold what is surely typical of it, of different people, redacted.

    `typical` comes from `find_typical_words`. Only touchpoints of which at least `least` people said something. Other
    themes come before a second quote on the same, then many before few, then short ones of four words or more.
    """
    check_columns(feedback, FEEDBACK, name="feedback")
    told = feedback.assign(person=number_people(feedback), words=feedback["text"].astype("str").fillna("").str.split())
    told = told[told["words"].str.len() > 0]
    people = told.groupby("touchpoint")["person"].nunique()
    sure = typical[(typical["verdict"] == "typical") & typical["touchpoint"].isin(people.index[people >= least])]
    if sure.empty:
        return pd.DataFrame(columns=list(QUOTE)).astype(QUOTE)
    rank = sure[["touchpoint", "label", "theme"]].assign(place=np.arange(len(sure)))
    said = list_themes(told, sure["unit"].iloc[0]).drop_duplicates(["row", "theme"])
    held = said.merge(rank, on=["touchpoint", "theme"]).sort_values("place", kind="stable").groupby("row")
    rows = held[["touchpoint", "label", "person", "place"]].first()
    rows = rows.assign(few=-held.size(), themes=held["theme"].agg(", ".join))
    words = told["words"].iloc[rows.index].reset_index(drop=True).set_axis(rows.index)
    rows = rows.assign(quote=words.str.join(" ").map(cut_quote), brief=words.str.len() < INFORMATIVE)
    rows = rows.assign(letters=rows["quote"].str.len())
    rows = rows.sort_values(["few", "brief", "letters", "quote", "person"], kind="stable")
    rows = rows.drop_duplicates(["touchpoint", "person"]).drop_duplicates(["touchpoint", "quote"])
    rows["again"] = rows.groupby(["touchpoint", "themes"]).cumcount()
    chosen = rows.sort_values(["again", "few", "place"], kind="stable").groupby("touchpoint").head(each)
    first = chosen["touchpoint"].map(rank.groupby("touchpoint")["place"].min())
    return chosen.assign(first=first).sort_values("first", kind="stable", ignore_index=True)[list(QUOTE)].astype(QUOTE)


def cut_quote(text: str) -> str:
    """A quote redacted, at most 160 letters, cut at a word where there are spaces."""
    said = redact(text)
    short = textwrap.shorten(said, LONGEST, placeholder=" …")
    return short if short.strip(" …") else said[: LONGEST - 1] + "…"


def describe_quotes(quotes: pd.DataFrame, *, shown: bool) -> str:
    """Whether customers' own words stand below, and what would put them there, in a sentence."""
    if not shown:
        return tell("Customers' own words are not shown. show_quotes: true in study.yaml shows some, redacted.")
    if quotes.empty:
        return tell(
            "No quotes are shown: that takes a touchpoint of which ten people spoke, and something typical of it."
        )
    where = counted(quotes["touchpoint"].nunique(), "touchpoint")
    return tell(
        "{quotes} on {where}, without addresses and numbers that tell of a person; names "
        "cannot be found by rules, so read them before you pass them on.",
        quotes=counted(len(quotes), "quote"),
        where=where,
    )
