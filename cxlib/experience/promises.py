"""Promise against delivery: what was planned and when it was done."""

import pandas as pd

from cxlib.intervals import wilson
from cxlib.tables import check_columns


def find_promises(promises: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The share of promises that were broken, with Wilson's interval: `late_share`, `low` and `high` beside the counts.

    `promises` comes from `summarise_promises`: one row a group with `finished` and `late`.

    >>> find_promises(pd.DataFrame({"channel": ["web"], "finished": [100], "late": [30]})).round(3)
      channel  finished  late  late_share    low   high
    0     web       100    30         0.3  0.219  0.396
    """
    check_columns(promises, ["finished", "late"], name="promises (from summarise_promises)")
    share = promises["late"] / promises["finished"]
    low, high = wilson(share.to_numpy(), promises["finished"].to_numpy(), confidence)
    return promises.assign(late_share=share, low=low, high=high)
