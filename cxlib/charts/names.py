"""Names beside the dots of a chart: where each covers nothing, and no other dot could be meant."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from cxlib.charts.rows import cut
from cxlib.charts.theme import FAINT

CLEAR = 5
"""Pixels by which a name is closer to its own dot than to any other, and a line from another dot."""

DOT = 4
"""Pixels from the middle of a dot to its edge."""

SPOTS = [(7, 0, "left"), (-7, 0, "right"), (0, 9, "center"), (0, -9, "center")]
SPOTS += [(7, 9, "left"), (7, -9, "left"), (-7, 9, "right"), (-7, -9, "right")]
"""Where a name may stand beside its dot: points to the right and up, and its side that is nearest to the dot."""

AWAY = [
    (x, y, "left" if x > 0 else "right")
    for far in (20, 34, 50, 68)
    for y in (far, -far, far / 2, -far / 2)
    for x in (8, -8, far, -far)
]
"""Where it may stand further away, at the end of a line from its dot."""

SHARES = {"left": 0.0, "center": 0.5, "right": 1.0}


def place_names(ax: Axes, points: pd.DataFrame, order: list[int]) -> int:
    """Name the dots of `points` (x, importance, label, colour) in the `order` of their rows; how many stay nameless.

    A name stands beside its dot or, where that is taken, at the end of a line from it.
    """
    ax.figure.draw_without_rendering()
    renderer = ax.figure.canvas.get_renderer()
    dots = ax.transData.transform(points[["x", "importance"]].to_numpy(dtype=float))
    taken, lines = [text.get_window_extent(renderer) for text in ax.texts], []
    frame, per_point, nameless = ax.get_window_extent(renderer), ax.figure.dpi / 72, len(points) - len(order)
    look = dict(fontsize=8, linespacing=0.95, va="center", parse_math=False)
    probe = ax.text(0, 0, "", **look)
    for place in order:
        row = points.iloc[place]
        probe.set_text(cut(row.label, 24, 2))
        size = probe.get_window_extent(renderer).padded(1).size
        for x, y, side in [*SPOTS, *AWAY]:
            left, bottom = dots[place] + np.array([x, y]) * per_point - size * [SHARES[side], 0.5]
            box = Bbox.from_bounds(left, bottom, *size)
            line = None if (x, y, side) in SPOTS else Path([dots[place], np.clip(dots[place], box.min, box.max)])
            if is_free(box, frame, dots, taken, lines) and is_told_apart(box, line, place, dots, taken, lines):
                ax.annotate(
                    probe.get_text(), (row.x, row.importance), (x, y), textcoords="offset points", ha=side,
                    color=row.colour, **look,
                )  # fmt: skip
                taken.append(box)
                if line is not None:
                    lines.append(line)
                    ax.plot(*ax.transData.inverted().transform(line.vertices).T, color=FAINT, linewidth=0.6, zorder=2)
                break
        else:
            nameless += 1
    probe.remove()
    return nameless


def is_free(box: Bbox, frame: Bbox, dots: np.ndarray, taken: list[Bbox], lines: list[Path]) -> bool:
    """Whether a name's box lies within the frame, on no other name, dot or line."""
    inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    covered = any(box.overlaps(other) for other in taken) or box.padded(DOT).count_contains(dots)
    return bool(inside and not covered and not any(line.intersects_bbox(box) for line in lines))


def is_told_apart(
    box: Bbox, line: Path | None, place: int, dots: np.ndarray, taken: list[Bbox], lines: list[Path]
) -> bool:
    """Whether the name is nearest to its own dot by far, or its line meets no other dot, name or line."""
    others = np.delete(dots, place, axis=0)
    if line is None:
        own = distances(box, dots[place : place + 1])[0]
        return bool((own + CLEAR < distances(box, others)).all())
    boxes = [*taken, *(Bbox.from_bounds(x - CLEAR, y - CLEAR, 2 * CLEAR, 2 * CLEAR) for x, y in others)]
    return not any(line.intersects_bbox(other) for other in boxes) and not any(line.intersects_path(o) for o in lines)


def distances(box: Bbox, dots: np.ndarray) -> np.ndarray:
    """How far each dot is from a box, in pixels."""
    return np.hypot(*(np.maximum(0, np.maximum(box.min - dots, dots - box.max)).T))
