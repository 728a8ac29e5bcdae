"""Planning a group with its series in one act, and giving people a place in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Self
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from groups.events import people_changed
from groups.models import CareGroup, Enrolment, Facilitation
from groups.placement import what_comes_along
from participants.models import Child, Language, Participant, Pregnancy
from practices.models import Membership, Practice, Room
from sessions.clashes import (
    BusyTimes,
    Clash,
    Clashes,
    Slot,
    busy_times,
    but_for_absences,
    constraint_of,
    in_the_way,
    slot,
    told_as_clashes,
)
from sessions.models import GroupSession, ScheduleTemplate, Series, SessionLead
from sessions.openings import DAYS, MOST, Opening, days_between, near
from sessions.schedule import PlannedSession, Step, WorkingDays, plan_series
from sessions.working_days import working_days

# How far ahead of its first date closed days are looked up; longer than any series.
HORIZON = timedelta(days=3 * 365)

# A free moment is looked for so far around a date.
AROUND = timedelta(DAYS + 1)

# The sessions of a new group and what hangs on them, eighty rows for a usual one, are made where they stay.
SESSIONS = """
    INSERT INTO group_sessions_groupsession (
        practice_id, group_id, room_id, number, starts_at, ends_at, occupied_until,
        theme, partners, with_doctor, remarks, sequence
    )
    SELECT %(practice)s, %(group)s, %(room)s, number, starts_at, ends_at, occupied_until,
        theme, partners, with_doctor, remarks, 0
    FROM jsonb_to_recordset(%(sessions)s::jsonb) planned (
        number int, starts_at timestamptz, ends_at timestamptz, occupied_until timestamptz,
        theme text, partners text, with_doctor bool, remarks text[]
    )
"""

# Who leads each of them, as Frame.leads_of says; the database adds the times (lead_takes_the_times_of_its_session).
LEADS_OF_EVENINGS = """
    INSERT INTO group_sessions_sessionlead (practice_id, session_id, membership_id, role)
    SELECT session.practice_id, session.id, facilitation.membership_id, facilitation.role
    FROM group_sessions_groupsession session
    JOIN groups_facilitation facilitation ON facilitation.group_id = session.group_id
    WHERE session.group_id = %s AND (facilitation.role <> 'doctor' OR session.with_doctor)
"""

# What stands on their plans: the parts of the series, with what library.copied keeps of their activity formats.
PLAN_OF_EVENINGS = """
    INSERT INTO group_sessions_planitem
        (practice_id, session_id, position, moment, title, format_name, how, minutes, materials, added_at)
    SELECT session.practice_id, session.id, part.position, coalesce(part.moment, 'topic'), part.title,
        -- An opening or a closing has its activity format as its title.
        CASE WHEN part.moment IN ('opening', 'closing') THEN '' ELSE coalesce(format.name, '') END,
        coalesce(format.how, ''), coalesce(part.minutes, format.minutes),
        coalesce(nullif(part.materials, ''), format.materials, ''), %s
    FROM group_sessions_series series
    JOIN group_sessions_groupsession session ON session.group_id = series.group_id
    JOIN jsonb_array_elements(series.steps) step ON (step ->> 'number')::int = session.number
    CROSS JOIN ROWS FROM (jsonb_to_recordset(step -> 'plan') AS
        (title text, moment text, format_id bigint, minutes int, materials text)
    ) WITH ORDINALITY part (title, moment, format_id, minutes, materials, position)
    LEFT JOIN group_sessions_activityformat format
        ON format.practice_id = series.practice_id AND format.id = part.format_id
    WHERE series.group_id = %s
"""

Window = tuple[date, date]
# What is taken, for each set of people who lead together.
Surroundings = Mapping[tuple[Membership, ...], BusyTimes]


class PlacedElsewhere(Exception):
    """The person has a place in another group for this pregnancy."""

    def __init__(self, participant: Participant) -> None:
        super().__init__(participant.pk)
        self.participant = participant


@dataclass(frozen=True, kw_only=True)
class Frame:
    """When, where and with whom a series is to be: what its dates and clashes follow from.

    `window` is half-open, None for a theme group. `chosen` puts single sessions, by number, at a moment of their own,
    as it is, also on a closed day.
    """

    practice: Practice
    template: ScheduleTemplate
    window: Window | None
    first_on: date
    starts_at: time
    room: Room | None = None
    first: Membership | None = None
    co: Membership | None = None
    # She leads only the sessions at which the template expects a doctor.
    doctor: Membership | None = None
    interpreter: Membership | None = None
    chosen: Mapping[int, datetime] | None = None

    @property
    def leads(self) -> list[tuple[Facilitation.Role, Membership]]:
        roles = Facilitation.Role
        people = [
            (roles.FIRST, self.first),
            (roles.CO, self.co),
            (roles.DOCTOR, self.doctor),
            (roles.INTERPRETER, self.interpreter),
        ]
        return [(role, member) for role, member in people if member]

    def leads_of(self, step: Step) -> list[tuple[Facilitation.Role, Membership]]:
        return [(role, member) for role, member in self.leads if role != Facilitation.Role.DOCTOR or step.with_doctor]

    @cached_property
    def steps(self) -> list[Step]:
        return self.template.copied_steps()

    @cached_property
    def working_days(self) -> WorkingDays:
        return days_around(self.practice, self.first_on)

    @cached_property
    def dates(self) -> list[PlannedSession]:
        """The dates of the series. Raises schedule.NoOpenDay or schedule.OutOfOrder."""
        return plan_series(
            self.steps,
            first_on=self.first_on,
            at=self.starts_at,
            zone=self.practice.zone,
            days=self.working_days,
            reference=middle_of(self.window),
            last_due_on=last_day_of(self.window),
            chosen=self.chosen,
            school_weeks=self.template.school_weeks,
        )

    @cached_property
    def slots(self) -> list[Slot]:
        return [slot(date_.step.number, date_.starts_at, date_.ends_at, self.room) for date_ in self.dates]

    def choosing(self, chosen: Mapping[int, datetime]) -> Self:
        """The same with these sessions at moments of their own. What was read of its schedule and its days stays."""
        other = replace(self, chosen=chosen)
        other.__dict__.update(
            {name: self.__dict__[name] for name in ("steps", "working_days") if name in self.__dict__}
        )
        return other

    def people_of(self, step: Step) -> tuple[Membership, ...]:
        return tuple(member for _role, member in self.leads_of(step))

    def surroundings(self) -> Surroundings:
        """What its room and people do at this moment, from some days before the first date to some after the last."""
        start, end = self.slots[0].starts_at - AROUND, self.slots[-1].occupied_until + AROUND
        # Mostly the same people at all of them, and so one round.
        together = {self.people_of(planned.step) for planned in self.dates}
        return {people: busy_times(self.practice, start, end, room=self.room, people=people) for people in together}

    def clashes(self, around: Surroundings | None = None) -> dict[int, list[Clash]]:
        """What is in the way, by the number of the session; of what is there at this moment, or was a moment ago."""
        around = self.surroundings() if around is None else around
        slots = zip(self.dates, self.slots, strict=True)
        return in_the_way((time_, around[self.people_of(planned.step)]) for planned, time_ in slots)

    def openings(self, index: int, around: Surroundings, *, now: datetime) -> list[Opening]:
        """The nearest free moments to which this date could go, between those before and after it."""
        wanted = self.slots[index]
        before = self.dates[index - 1].day if index else None
        after = self.dates[index + 1].day if index + 1 < len(self.dates) else None
        slots = near(
            self.practice,
            wanted,
            room=self.room,
            days=self.working_days,
            between=days_between(before, after, self.practice.zone, now=now),
        )
        busy = around[self.people_of(self.dates[index].step)]
        free = (Opening(starts_at=each.starts_at, room=self.room) for each in slots if not busy.in_the_way_of(each))
        return list(islice(free, MOST))


@dataclass(frozen=True, kw_only=True)
class Plan(Frame):
    """A group as somebody wants it. `sizes` are minimum, target and maximum, the template's when left out."""

    first: Membership
    name: str = ""
    language: str = Language.DUTCH
    mode: str = CareGroup.Mode.IN_PERSON
    online_url: str = ""
    sizes: tuple[int, int, int] | None = None
    people: Sequence[Participant] = ()
    # Somebody who leads is away at a date, and a substitute is named for it later.
    despite_absences: bool = False
    form_key: UUID | None = None

    def carry_out(self, *, by: Membership, now: datetime, around: Surroundings | None = None) -> CareGroup:
        """Make the group as plan_group promises, among what is there at this moment, or was a moment ago."""
        made = self._made_before()
        if made:
            return made
        found = self.clashes(around)
        found = but_for_absences(found) if self.despite_absences else found
        if found:
            raise Clashes(found)
        try:
            with told_as_clashes(self.clashes):
                group = self._group(by=by, now=now)
                self._series(group, now=now)
                if self.people:
                    enrol_all(group, self.people, by=by, now=now)
        except IntegrityError as error:
            # Sent twice at once: the second waited for the first and finds its group.
            made = self._made_before() if constraint_of(error) == "one_group_from_one_form" else None
            if made is None:
                raise
            return made
        return group

    def _made_before(self) -> CareGroup | None:
        if self.form_key is None:
            return None
        return CareGroup.objects.filter(practice=self.practice, form_key=self.form_key).first()

    def _group(self, *, by: Membership, now: datetime) -> CareGroup:
        template = self.template
        minimum, target, maximum = self.sizes or (template.minimum, template.target, template.maximum)
        window_from, window_until = self.window or (None, None)
        return CareGroup.objects.create(
            practice=self.practice,
            name=self.name or name_for(self.practice, self.window, self.first_on, self.language),
            kind=template.kind,
            language=self.language,
            mode=self.mode,
            online_url=self.online_url,
            room=self.room,
            window_from=window_from,
            window_until=window_until,
            minimum=minimum,
            target=target,
            maximum=maximum,
            form_key=self.form_key,
            created_at=now,
            created_by=by,
        )

    def _series(self, group: CareGroup, *, now: datetime) -> None:
        """The people around it, the copied steps, and the sessions with their leads and topics."""
        practice = self.practice
        today = timezone.localdate(now, practice.zone)
        Facilitation.objects.bulk_create(
            Facilitation(practice=practice, group=group, membership=member, role=role, starts_on=today)
            for role, member in self.leads
        )
        Series.objects.create(
            practice=practice,
            group=group,
            template=self.template,
            template_name=self.template.name,
            steps=[step.as_json() for step in self.steps],
            school_weeks=self.template.school_weeks,
            first_on=self.dates[0].day,
            starts_at=self.starts_at,
        )
        sessions = json.dumps([self._session(index) for index in range(len(self.dates))])
        room = self.room.pk if self.room else None
        with connection.cursor() as cursor:
            cursor.execute(SESSIONS, {"practice": practice.pk, "group": group.pk, "room": room, "sessions": sessions})
            cursor.execute(LEADS_OF_EVENINGS, [group.pk])
            cursor.execute(PLAN_OF_EVENINGS, [now, group.pk])

    def _session(self, index: int) -> dict[str, Any]:
        planned, time_ = self.dates[index], self.slots[index]
        return {
            "number": time_.number,
            "starts_at": time_.starts_at.isoformat(),
            "ends_at": time_.ends_at.isoformat(),
            "occupied_until": time_.occupied_until.isoformat(),
            "theme": planned.step.theme,
            "partners": planned.step.partners,
            "with_doctor": planned.step.with_doctor,
            "remarks": [remark.as_text() for remark in planned.remarks],
        }


def lead_of(session: GroupSession, member: Membership, role: str) -> SessionLead:
    """Her part in this session, not saved yet."""
    return SessionLead(
        practice_id=session.practice_id,
        session=session,
        membership=member,
        user_id=member.user_id,
        role=role,
        starts_at=session.starts_at,
        occupied_until=session.occupied_until,
    )


def days_around(practice: Practice, first_on: date) -> WorkingDays:
    """The working days that matter for a series that begins on this day."""
    return working_days(practice, first_on - timedelta(days=31), first_on + HORIZON)


def middle_of(window: Window | None) -> date | None:
    return CareGroup(window_from=window[0], window_until=window[1]).reference_date if window else None


def last_day_of(window: Window | None) -> date | None:
    return window[1] - timedelta(days=1) if window else None


def name_for(practice: Practice, window: Window | None, first_on: date, language: str) -> str:
    """A name for a group that got none: the month of its window, and its language where that is not the usual one."""
    with override(practice.language):
        month = date_format(middle_of(window) or first_on, "F Y")
        return month if language == practice.language else f"{month} ({Language(language).label})"


def plan_group(practice: Practice, *, by: Membership, now: datetime, **choices: Any) -> CareGroup:
    """Make a group with its series, sessions, leads and topics, and enrol its people; all of it or nothing.

    `choices` are the other fields of Plan: template, window, first_on, starts_at, room, first and those with a default.
    A group that was made with the same `form_key` is returned as it is. Raises clashes.Clashes when the room or a
    person is taken, groups.models.GroupFull when there are more people than places, PlacedElsewhere when one of them
    has another place, schedule.NoOpenDay and schedule.OutOfOrder when the dates cannot be.
    """
    return Plan(practice=practice, **choices).carry_out(by=by, now=now)


def enrol_all(group: CareGroup, people: Iterable[Participant], *, by: Membership, now: datetime) -> list[Enrolment]:
    """Give each of these people a place, or none of them. Raises groups.models.GroupFull or PlacedElsewhere."""
    with transaction.atomic():
        enrolments = [_place(group, person, by=by, now=now) for person in people]
        people_changed.send(sender=CareGroup, group=group, enrolments=enrolments, now=now)
    return enrolments


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

    That is her open pregnancy, or the children that were born in the window. Raises groups.models.GroupFull or
    PlacedElsewhere.
    """
    with transaction.atomic():
        enrolment = _place(group, participant, pregnancy=pregnancy, children=children, by=by, now=now)
        people_changed.send(sender=CareGroup, group=group, enrolments=[enrolment], now=now)
    return enrolment


def _place(
    group: CareGroup,
    participant: Participant,
    *,
    pregnancy: Pregnancy | None = None,
    children: Iterable[Child] | None = None,
    by: Membership,
    now: datetime,
) -> Enrolment:
    found_pregnancy, found_children = what_comes_along(group, participant)
    try:
        return group.enrol(
            participant,
            pregnancy=pregnancy or found_pregnancy,
            children=found_children if children is None else children,
            by=by,
            now=now,
        )
    except IntegrityError as error:
        if constraint_of(error) == "one_group_for_a_pregnancy":
            raise PlacedElsewhere(participant) from error
        raise
