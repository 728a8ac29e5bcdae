"""What a benchmark says at its end: a line per figure, and 1 as its exit code when one falls short."""

from __future__ import annotations

import sys
from typing import NoReturn


class Figures:
    def __init__(self) -> None:
        self.short = False

    def at_most(self, what: str, measured: float, goal: float, unit: str = "") -> None:
        """Print the line of a figure that must not be larger than its goal."""
        holds = measured <= goal
        self.short = self.short or not holds
        verdict = "holds" if holds else "falls short"
        print(f"{what}: {measured:g}{unit} (goal at most {goal:g}{unit}) {verdict}", flush=True)

    def finish(self) -> NoReturn:
        sys.exit(1 if self.short else 0)
