"""The explorer: controls choose, sums of a cube are added up, and what the choice touches is drawn again."""

from cxlib.explorer.board import explore_study
from cxlib.explorer.saving import view_yaml, write_view
from cxlib.explorer.tables import Look, Options, choose_view, look_at

__all__ = ["Look", "Options", "choose_view", "explore_study", "look_at", "view_yaml", "write_view"]
