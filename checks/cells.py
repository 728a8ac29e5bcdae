"""A cell of the board: one kind of value of one seat on one evening, with all that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import Exists, OuterRef

from checks.kinds import OF_THE_CHILD, CheckKind
from checks.models import KINDS_OF_GROUP, Mark, Measurement
from checks.reading import Values
from groups.models import CareGroup, Enrolment
from participants.models import Child, Participant, Pregnancy
from practices.models import Membership
from practices.own_sql import Columns, fetch, instances, statement
from sessions.models import Attendance, GroupSession

# Rows are shown with the names of who typed, measured and reviewed them.
STAFF = ("entered_by", "taken_by", "reviewed_by", "replaced_by")
# What a single cell says: who measured, and who reviewed.
OF_A_READING = ("taken_by", "reviewed_by")
ALL_STAFF = (*STAFF, "confirmed_by")
NAMES = tuple(f"{name}__user" for name in STAFF)
Key = tuple[int, int | None, str]


@dataclass(frozen=True)
class Seat:
    """A row of the board: a place in the group, and in a parenting group one of the babies that come with it."""

    enrolment: Enrolment
    child: Child | None

    @property
    def code(self) -> str:
        """Names the seat in a page; the child is 0 where the mother herself is measured."""
        return f"{self.enrolment.pk}-{self.child.pk if self.child else 0}"

    @property
    def participant(self) -> Participant:
        return self.enrolment.participant

    @property
    def name(self) -> str:
        """The first name of who is measured; a baby without one goes by that of its mother."""
        return (self.child.given_name if self.child else "") or self.participant.given_name


@dataclass
class Cell:
    """One cell: the readings that stand, all rows of this evening, and the value of the evening before."""

    session: GroupSession
    seat: Seat
    kind: CheckKind
    rows: list[Measurement] = field(default_factory=list)
    last: Values | None = None

    @property
    def readings(self) -> dict[int, Measurement]:
        """The readings that stand, by their number."""
        return {row.reading: row for row in sorted(self.rows, key=lambda row: row.reading) if row.replaced_at is None}

    @property
    def judged(self) -> dict[int, tuple[Values, Mark]]:
        return {number: (values_of(row), Mark(row.mark)) for number, row in self.readings.items()}

    @property
    def waiting(self) -> list[Measurement]:
        """Marked rows that nobody has reviewed, replaced ones too, in the order in which they were typed."""
        rows = (row for row in self.rows if row.mark != Mark.NONE and row.reviewed_at is None)
        return sorted(rows, key=lambda row: (row.entered_at, row.pk))

    @property
    def is_urgent(self) -> bool:
        """A value far outside the limits stands and waits; one that was corrected waits like the others."""
        return any(row.mark == Mark.URGENT and row.replaced_at is None for row in self.waiting)


def key_of(seat: Seat, kind: CheckKind) -> Key:
    return (seat.enrolment.pk, seat.child.pk if seat.child else None, kind.value)


def values_of(row: Measurement) -> Values:
    return Values(row.value, row.second_value)


def kinds_of(session: GroupSession) -> tuple[CheckKind, ...]:
    return KINDS_OF_GROUP[CareGroup.Kind(session.group.kind)]


# What is asked with each value that is saved, and with each board, stands here as SQL: Django would take longer to
# write it than the database to answer.
PLACES = Columns(Enrolment, "id", "practice", "group", "state", "participant")
PEOPLE = Columns(Participant, "id", "given_name", "family_name")
PREGNANCIES = Columns(Pregnancy, "id", "due_on", "ended_on")
GROUPS = Columns(CareGroup, "id", "kind")
CHILDREN = Columns(Child)
SEATS = statement(
    """
    SELECT {place}, {person}, {pregnancy}, {child}
    FROM groups_enrolment place
    JOIN participants_participant person ON person.id = place.participant_id
    LEFT JOIN participants_pregnancy pregnancy ON pregnancy.id = place.pregnancy_id
    LEFT JOIN groups_enrolledchild along ON along.enrolment_id = place.id AND %(babies)s
    LEFT JOIN participants_child child ON child.id = along.child_id
    WHERE place.practice_id = %(practice)s AND place.group_id = %(group)s
        AND (place.state = %(enrolled)s OR place.id = ANY(%(also)s::bigint[]))
    ORDER BY person.sort_key, place.id, child.born_on, along.id
    """,
    place=PLACES.of("place"),
    person=PEOPLE.of("person"),
    pregnancy=PREGNANCIES.of("pregnancy"),
    child=CHILDREN.of("child"),
)


def seats_of(session: GroupSession, *, also: Collection[int] = ()) -> list[Seat]:
    """Who may be measured on this evening, by name: who has a place, and `also` these, who left a value and the group.

    In a parenting group each baby is a seat of its own, and a place without one a seat at which nothing is measured.
    One query.
    """
    asked = {
        "practice": session.practice_id,
        "group": session.group_id,
        "babies": not OF_THE_CHILD.isdisjoint(kinds_of(session)),
        "enrolled": Enrolment.State.ENROLLED.value,
        "also": list(also),
    }
    seats = []
    for row in fetch(SEATS, asked):
        place, place.participant, place.pregnancy, child = instances(row, PLACES, PEOPLE, PREGNANCIES, CHILDREN)
        seats.append(Seat(place, child))
    return seats


SEAT = statement(
    """
    SELECT {place}, {person}, {caregroup}, {child}
    FROM groups_enrolment place
    JOIN participants_participant person ON person.id = place.participant_id
    JOIN groups_caregroup caregroup ON caregroup.id = place.group_id
    LEFT JOIN groups_enrolledchild along ON along.enrolment_id = place.id AND along.child_id = %(child)s
    LEFT JOIN participants_child child ON child.id = along.child_id
    WHERE place.practice_id = %(practice)s AND place.group_id = %(group)s AND place.id = %(place)s
        AND child.id IS NOT DISTINCT FROM %(child)s
    """,
    place=PLACES.of("place"),
    person=PEOPLE.of("person"),
    caregroup=GROUPS.of("caregroup"),
    child=CHILDREN.of("child"),
)


def seat_of(session: GroupSession, enrolment: int, child: int | None) -> Seat | None:
    """The seat of this place, with this baby, in the group of the session; None when there is none.

    One query, and the session has its group with it.
    """
    asked = {"practice": session.practice_id, "group": session.group_id, "place": enrolment, "child": child}
    for row in fetch(SEAT, asked):
        place, place.participant, session.group, baby = instances(row, PLACES, PEOPLE, GROUPS, CHILDREN)
        return Seat(place, baby)
    return None


# The rows of a cell, and those that stand in it on evenings before; also those of the group that became one with this
# one, at the place that she had there.
MEASUREMENTS = Columns(Measurement)
ROWS_OF_A_CELL = statement(
    """
    SELECT session.starts_at, {measurement}
    FROM checks_measurement measurement
    JOIN group_sessions_groupsession session ON session.id = measurement.session_id
    JOIN groups_enrolment place ON place.practice_id = measurement.practice_id AND place.id = measurement.enrolment_id
    WHERE measurement.practice_id = %(practice)s AND measurement.kind = %(kind)s
        AND measurement.child_id IS NOT DISTINCT FROM %(child)s AND %(place)s IN (place.id, place.goes_on_in_id)
        AND (session.id = %(session)s OR (measurement.replaced_at IS NULL AND session.starts_at < %(starts_at)s))
    """,
    measurement=MEASUREMENTS.of("measurement"),
)


def load_cell(session: GroupSession, seat: Seat, kind: CheckKind, *, known: Iterable[Membership] = ()) -> Cell:
    """The cell with its rows and the last value before, in one query.

    Another one where somebody measured or reviewed who is not among these `known` members of staff.
    """
    asked = {
        "practice": session.practice_id,
        "kind": kind.value,
        "child": seat.child.pk if seat.child else None,
        "place": seat.enrolment.pk,
        "session": session.pk,
        "starts_at": session.starts_at,
    }
    cell = Cell(session, seat, kind)
    before = []
    for measured_at, *values in fetch(ROWS_OF_A_CELL, asked):
        row = MEASUREMENTS.instance(values)
        if row.session_id == session.pk:
            cell.rows.append(row)
        else:
            before.append((measured_at, row.reading, row))
    if before:
        cell.last = values_of(max(before, key=itemgetter(0, 1))[2])
    _name(cell.rows, OF_A_READING, known)
    return cell


ROWS_OF_A_SESSION = statement(
    "SELECT {measurement} FROM checks_measurement measurement WHERE practice_id = %s AND session_id = %s",
    measurement=MEASUREMENTS.of("measurement"),
)


def rows_of(session: GroupSession, *, known: Iterable[Membership] = ()) -> list[Measurement]:
    """Every row of the session with its names: one query, and another for staff who are not among these `known`."""
    rows = [MEASUREMENTS.instance(row) for row in fetch(ROWS_OF_A_SESSION, [session.practice_id, session.pk])]
    _name(rows, ALL_STAFF, known)
    return rows


def into_cells(
    session: GroupSession, seats: Iterable[Seat], rows: Iterable[Measurement], *, with_last: bool = True
) -> dict[Key, Cell]:
    """Every cell of these seats with its rows, and with its last value before: one query however many they are."""
    cells = {key_of(seat, kind): Cell(session, seat, kind) for seat in seats for kind in kinds_of(session)}
    for row in rows:
        if cell := cells.get((row.enrolment_id, row.child_id, row.kind)):
            cell.rows.append(row)
    for place, child, kind, first, second in last_values(session) if with_last else ():
        if cell := cells.get((place, child, kind)):
            cell.last = Values(first, second)
    return cells


def _name(rows: list[Measurement], names: Collection[str], known: Iterable[Membership] = ()) -> None:
    """Put the members of staff into the rows: far cheaper than a join each, of which most would find nothing."""
    staff = {member.pk: member for member in known}
    found = {getattr(row, f"{name}_id") for row in rows for name in names} - {None}
    if unknown := found - staff.keys():
        staff |= Membership.objects.select_related("user").in_bulk(unknown)
    for row in rows:
        for name in names:
            if member := staff.get(getattr(row, f"{name}_id")):
                setattr(row, name, member)


# The same for all cells of a group, whose boards are opened often: the newest value before this evening.
LAST_VALUES = """
    SELECT DISTINCT ON (place, measurement.child_id, measurement.kind)
        coalesce(enrolment.goes_on_in_id, enrolment.id) AS place, measurement.child_id, measurement.kind,
        measurement.value, measurement.second_value
    FROM groups_caregroup caregroup
    JOIN group_sessions_groupsession session ON session.group_id = caregroup.id
    JOIN checks_measurement measurement
        ON measurement.practice_id = session.practice_id AND measurement.session_id = session.id
    JOIN groups_enrolment enrolment ON enrolment.id = measurement.enrolment_id
    WHERE caregroup.practice_id = %(practice)s AND %(group)s IN (caregroup.id, caregroup.merged_into_id)
        AND session.starts_at < %(starts_at)s AND measurement.replaced_at IS NULL
    ORDER BY place, measurement.child_id, measurement.kind, session.starts_at DESC, measurement.reading DESC
"""


def last_values(session: GroupSession) -> Iterable[tuple[int, int | None, str, int, int | None]]:
    """(place, child, kind, value, second value) of the newest reading of each cell in the group's sessions before.

    Also in those of a group that became one with it, at the place that she has now.
    """
    asked = {"practice": session.practice_id, "group": session.group_id, "starts_at": session.starts_at}
    return fetch(LAST_VALUES, asked)


def who_measured(session: GroupSession) -> list[Any]:
    """The places whose people came, each with `has_a_value` and `themselves` (measured one of them herself)."""
    values = Measurement.objects.standing().filter(session=session, enrolment=OuterRef("pk"))
    came = Attendance.objects.filter(session=session, enrolment=OuterRef("pk")).who_came()
    return list(
        Enrolment.objects.filter(Exists(came), practice_id=session.practice_id)
        .select_related("participant")
        .annotate(has_a_value=Exists(values), themselves=Exists(values.filter(taken_by=None)))
    )
