"""How far the board of a session has come, so that a page can ask for what is new, cheaply and often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef

from checks.models import Measurement
from sessions.models import Attendance, GroupSession, GroupSessionQuerySet


@dataclass(frozen=True, kw_only=True)
class Version:
    """How far the rows of a session have come. A page that has seen this version has nothing to fetch."""

    newest: int
    reviewed: int
    replaced: int
    confirmed: int
    closed: bool
    here: frozenset[int]

    def __str__(self) -> str:
        here = "-".join(map(str, sorted(self.here)))
        return f"{self.newest}.{self.reviewed}.{self.replaced}.{self.confirmed}.{int(self.closed)}.{here}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version that a page names, or None when it names none."""
        try:
            newest, reviewed, replaced, confirmed, closed, here = text.split(".")
            return cls(
                newest=int(newest),
                reviewed=int(reviewed),
                replaced=int(replaced),
                confirmed=int(confirmed),
                closed=bool(int(closed)),
                here=frozenset(int(place) for place in here.split("-") if place),
            )
        except ValueError:
            return None


def version_of(session: GroupSession, rows: Iterable[Measurement], *, here: Iterable[int]) -> Version:
    """The version of a board that shows these rows, all of its session, and these places as here."""
    rows = list(rows)
    return Version(
        newest=max((row.pk for row in rows), default=0),
        reviewed=sum(row.reviewed_at is not None for row in rows),
        replaced=sum(row.replaced_at is not None for row in rows),
        confirmed=sum(row.confirmed_at is not None for row in rows),
        closed=session.is_closed,
        here=frozenset(here),
    )


def version_for(sessions: GroupSessionQuerySet, pk: int) -> Version | None:
    """The version of this session's board as it is now, in one query; None when it is not among these sessions."""
    here = Attendance.objects.filter(session=OuterRef("pk")).who_came().values("enrolment")
    row = (
        sessions.filter(pk=pk)
        .order_by()
        .annotate(
            newest=Max("measurements"),
            reviewed=Count("measurements__reviewed_at"),
            replaced=Count("measurements__replaced_at"),
            confirmed=Count("measurements__confirmed_at"),
            here=ArraySubquery(here),
        )
        .values("newest", "reviewed", "replaced", "confirmed", "closed_at", "here")
        .first()
    )
    if row is None:
        return None
    return Version(
        newest=row["newest"] or 0,
        reviewed=row["reviewed"],
        replaced=row["replaced"],
        confirmed=row["confirmed"],
        closed=row["closed_at"] is not None,
        here=frozenset(row["here"]),
    )
