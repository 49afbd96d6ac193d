"""What Python itself does to an interface that should answer at once, set right for the time that it is open.

*Turns.* A thread that computes gives way to the loop only when it is asked for 5 ms, and at every wait of the loop
anew. While pages of rows were read in a thread, the loop lagged by that much and more; at 1 ms it lags by 1 ms.

*Collection.* The collector of cyclic garbage goes through all that lives, some 75,000 objects after the first screen,
and held the loop up for 60 to 130 ms each time. What is there at the beginning stays there, and is left out.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from textual._styles_cache import StylesCache

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["forget_drawn", "run_smoothly"]

TURN = 0.001
"""Seconds that a thread computes while the loop waits for its turn."""
SETTLED = 1.0
"""Seconds after which the first screen stands there, with what it lists."""


def run_smoothly(app: App[Any]) -> None:
    """Set this process up for an interface that is about to run in it; called in the interface's own loop."""
    sys.setswitchinterval(TURN)
    gc.freeze()
    app.set_timer(SETTLED, gc.freeze)


def forget_drawn() -> None:
    """Let go of the lines of widgets that are gone; called where a screen is left.

    Textual remembers two colours for each of the last 1,024 widgets, and with them the widget's drawn lines: some
    70 MB after 80 changes of the side.
    """
    StylesCache.get_inner_outer.cache_clear()
