"""Planning a group with its series in one act, and giving people a place in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction

from groups.models import CareGroup, Enrolment
from participants.models import Child, Participant, Pregnancy
from practices.models import Membership, Practice, Room
from sessions.events import people_changed
from sessions.models import ScheduleTemplate


def plan_group(
    practice: Practice,
    *,
    template: ScheduleTemplate,
    window: tuple[date, date] | None,
    first_on: date,
    starts_at: time,
    room: Room | None,
    first: Membership,
    co: Membership | None = None,
    name: str = "",
    language: str = "nl",
    mode: str = CareGroup.Mode.IN_PERSON,
    online_url: str = "",
    sizes: tuple[int, int, int] | None = None,
    chosen: Mapping[int, datetime] | None = None,
    people: Sequence[Participant] = (),
    form_key: UUID | None = None,
    by: Membership,
    now: datetime,
) -> CareGroup:
    """Make a group with its series, sessions, leads and topics, and enrol these people; all of it or nothing.

    The kind is the template's. `window` is half-open (None for a theme group); `sizes` are minimum, target and maximum,
    the template's when left out; `chosen` puts single sessions (by number) at a start of their own. A group that was
    made with this `form_key` is returned as it is. Raises sessions.clashes.Clash when the room or a person is taken,
    groups.models.GroupFull when there are more people than places.
    """
    raise NotImplementedError


def enrol(
    group: CareGroup,
    participant: Participant,
    *,
    pregnancy: Pregnancy | None = None,
    children: Iterable[Child] | None = None,
    by: Membership,
    now: datetime,
) -> Enrolment:
    """Give the participant a place and say so. What she comes with is found where it is not given.

    That is her open pregnancy, or the children that were born in the window. Raises groups.models.GroupFull.
    """
    with transaction.atomic():
        if pregnancy is None and group.is_pregnancy:
            pregnancy = participant.pregnancies.ongoing().first()
        if children is None:
            children = list(participant.children.all()) if group.is_parenting else []
        enrolment = group.enrol(participant, pregnancy=pregnancy, children=children, by=by, now=now)
        people_changed.send(sender=CareGroup, group=group, enrolments=[enrolment], now=now)
    return enrolment
