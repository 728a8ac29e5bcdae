"""The date engine: from a window, a template and a first evening to the dates of a series. No database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Anchor(Enum):
    """What a session's days are counted from."""

    PREGNANCY = "pregnancy"
    AGE = "age"
    LAST_BIRTH = "last_birth"
    SERIES = "series"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One session of a template.

    `days` counts from the anchor: days of pregnancy (16 weeks = 112), days of the babies' age, days after the last
    birth, or days after the first session (theme groups). `margin_days` is how far it may move either way.
    """

    number: int
    anchor: Anchor
    days: int
    margin_days: int = 7
    minutes: int = 120
    theme: str = ""
    topics: tuple[str, ...] = ()
    partners: str = "welcome"
    with_doctor: bool = False

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "anchor": self.anchor.value, "topics": list(self.topics)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        return cls(**{**data, "anchor": Anchor(data["anchor"]), "topics": tuple(data["topics"])})
