"""What matters, for an explorer: products of ratings and outcome that personas, waves and touchpoints add up from."""

from dataclasses import dataclass, field

import numpy as np

from cxlib.engine import BLOCKS
from cxlib.summaries.cells import Cells
from cxlib.summaries.drivers import ENOUGH, CrossProducts

Pass = dict[str, np.ndarray]


@dataclass
class Products:
    """Σ w·v_i·v_j of a stage by wave, persona, block and the touchpoints a person rated, for a choice of channels.

    v = (1, each touchpoint's mean experience, outcome). Each is made at first use, by one pass over the compact rows of
    `cells`, and remembered; personas, waves and fewer touchpoints are sums of it.
    """

    cells: Cells
    known: dict[tuple, Pass] = field(default_factory=dict)

    def stage(
        self, stage: str, touchpoints: list[int], every: list[int], wave: int, personas: list[str], channels: list[str]
    ) -> CrossProducts:
        """The cross-products of the `touchpoints` of a stage, of whose touchpoints `every` can be chosen."""
        mixed = self.cells.mixed and wave == self.cells.every  # then mean weight and outcome are of the rows chosen
        asked = touchpoints if mixed else every
        own = self.of(asked, channels)
        kept = (own["wave"] == wave) & self.cells.sides(personas, [])[0][own["persona"]]
        own = {name: values[kept] for name, values in own.items()}
        places = [asked.index(touchpoint) for touchpoint in touchpoints]
        bits = np.array([1 << place for place in places])
        rated = (own["rated"][:, None] & bits) > 0
        complete, size = rated.all(axis=1), len(places)
        n, answered = (int(own["n"][rows].sum()) for rows in (complete, rated.any(axis=1)))
        joint = n >= max(ENOUGH[0], ENOUGH[1] * size)
        sets = [(complete, [0, *(place + 1 for place in places), -1])]
        if not joint:
            sets = [(rated[:, one], [0, place + 1, -1]) for one, place in enumerate(places)]
        sums = np.stack([self.by_block(own, rows, columns) for rows, columns in sets], axis=1)
        counts = [int(own["n"][rows].sum()) for rows, _ in sets]
        squares = [float(own["q"][rows].sum()) for rows, _ in sets]
        worth = [float(w**2 / q) if q > 0 else 0.0 for w, q in zip(sums[:, :, 0, 0].sum(axis=0), squares)]
        names = [self.cells.touchpoints[touchpoint] for touchpoint in touchpoints]
        times = size if joint else 1
        sums = sums[:, 0] if joint else sums
        return CrossProducts(stage, names, sums, n, answered, bool(joint), counts * times, worth * times)

    def by_block(self, own: Pass, rows: np.ndarray, columns: list[int]) -> np.ndarray:
        """The products of some columns by block, of some rows; shape (blocks, columns, columns)."""
        chosen, block = own["products"][rows], own["block"][rows]
        columns = np.array(columns) % chosen.shape[1]
        sums = np.zeros((BLOCKS, len(columns), len(columns)))
        np.add.at(sums, block, chosen[:, columns[:, None], columns])
        return sums

    def of(self, touchpoints: list[int], channels: list[str]) -> Pass:
        """The products of a stage for a choice of channels, remembered."""
        known = (tuple(touchpoints), tuple(sorted(channels)))
        if known not in self.known:
            self.known[known] = self.add_up(touchpoints, channels)
        return self.known[known]

    def add_up(self, touchpoints: list[int], channels: list[str]) -> Pass:
        """One pass over the rows of a stage: person by person, then by wave, persona, block and what was rated."""
        cells, size = self.cells, len(touchpoints)
        ways = ", ".join(map(str, np.flatnonzero(cells.sides([], channels)[1]))) or "-1"
        means = [f"sum(x) FILTER (touchpoint = {one}) / sum(n) FILTER (touchpoint = {one})" for one in touchpoints]
        values = ["1.0", *(f"coalesce(x{place}, 0)" for place in range(size)), "y"]
        pairs = [(i, j) for i in range(size + 2) for j in range(i, size + 2)]
        sums = ", ".join(f"sum(w * {values[i]} * {values[j]}) AS s{i}_{j}" for i, j in pairs)
        rated = " + ".join(f"(x{place} IS NOT NULL)::BIGINT * {1 << place}" for place in range(size))
        query = f"""WITH own AS (
                SELECT id, wave, persona, block, touchpoint, sum(experienced) AS x, count(*) AS n,
                    sum(outcome) AS y, sum(weight) AS w
                FROM {cells.table}_rows JOIN {cells.table}_units USING (unit)
                WHERE judged AND channel IN ({ways}) AND touchpoint IN ({", ".join(map(str, touchpoints))})
                GROUP BY ALL),
            doubled AS (SELECT * FROM own UNION ALL SELECT * REPLACE ({cells.every} AS wave) FROM own),
            people AS (SELECT id, wave, persona, block, sum(y) / sum(n) AS y, sum(w) / sum(n) AS w,
                {", ".join(f"{mean} AS x{place}" for place, mean in enumerate(means))}
                FROM doubled GROUP BY id, wave, persona, block)
            SELECT wave, persona, block, {rated} AS rated, count(*) AS n, sum(w * w) AS q, {sums}
            FROM people GROUP BY ALL ORDER BY ALL"""
        table = cells.engine.query("answers", query).df()
        products = np.zeros((len(table), size + 2, size + 2))
        for i, j in pairs:
            products[:, i, j] = products[:, j, i] = table[f"s{i}_{j}"]
        plain = {name: table[name].to_numpy() for name in ("wave", "persona", "block", "rated", "n", "q")}
        return plain | {"products": products}
