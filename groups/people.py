"""Who is in a group, as its page shows it: seats in a circle, and the same in lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from groups.models import TAKES_A_PLACE, CareGroup, EnrolledChild, Enrolment

# With more seats than this the names in the ring can no longer be read, so only the taken ones are drawn.
MOST_SEATS = 16
ON_THE_WAY = (Enrolment.State.INVITED, Enrolment.State.WAITING)


@dataclass(frozen=True)
class Seat:
    """A seat of the circle as groups/templatetags/circle.py draws it."""

    label: str
    state: str
    spoken: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class People:
    """The enrolments of a group by what they are now."""

    inside: Sequence[Enrolment] = field(default_factory=list)
    on_the_way: Sequence[Enrolment] = field(default_factory=list)
    gone: Sequence[Enrolment] = field(default_factory=list)

    @property
    def everybody(self) -> list[Enrolment]:
        return [*self.inside, *self.on_the_way, *self.gone]


def people_of(group: CareGroup) -> People:
    """Everybody of the group by name. Two queries."""
    children = EnrolledChild.objects.select_related("child")
    rows = list(
        group.enrolments.select_related("participant", "pregnancy").prefetch_related(
            Prefetch("enrolled_children", children, to_attr="comes_with")
        )
    )
    return People(
        inside=[row for row in rows if row.state in TAKES_A_PLACE],
        on_the_way=[row for row in rows if row.state in ON_THE_WAY],
        gone=[row for row in rows if row.state not in (*TAKES_A_PLACE, *ON_THE_WAY)],
    )


def seats_of(group: CareGroup, inside: Iterable[Enrolment], urls: Sequence[str]) -> list[Seat]:
    """The circle: who has a place, then the seats that are free. `urls` are where the seats lead, empty for nowhere."""
    taken = [
        Seat(
            label=place.participant.given_name,
            state="expected",
            spoken=f"{place.participant.full_name}, {place.get_state_display()}",
            url=url,
        )
        for place, url in zip(inside, urls, strict=True)
    ]
    free = max(group.maximum - len(taken), 0) if group.maximum <= MOST_SEATS else 0
    return taken + [Seat(label="", state="empty", spoken=_("free seat"))] * free
