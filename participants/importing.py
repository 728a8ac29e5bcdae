"""Registrations from a practice's own system become people, as often as they are brought: nobody comes in twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from participants.models import Child, Language, Participant, Pregnancy
from participants.names import fold
from participants.registering import ClientNumberTaken, Newcomer, record_birth, register
from practices.models import Membership, Practice

# Two dates closer than this speak of one pregnancy or one birth.
SAME_PREGNANCY = timedelta(days=150)
# What is held against each other; a person's own fields, with their words on the screen from the model.
COMPARED = ("given_name", "family_name", "email", "phone", "language", "postcode", "partner_name")

# New people that are saved together.
AT_ONCE = 500
LABELS = {field.name: field.verbose_name for field in Participant._meta.fields}


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One row that is in order. Empty texts and days were not given."""

    row: int
    client_number: str
    given_name: str
    family_name: str = ""
    email: str = ""
    phone: str = ""
    due_on: date | None = None
    born_on: date | None = None
    language: str = ""
    postcode: str = ""
    partner_name: str = ""

    @property
    def number(self) -> str:
        """The client number as it is held against others: `dk-7` is `DK-7`."""
        return self.client_number.lower()

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True)
class Difference:
    label: str | Promise
    ours: str
    theirs: str


@dataclass
class Known:
    """Somebody who was here already: what the row says differently, and what was added from it."""

    row: int
    participant: Participant
    differences: list[Difference] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    new: list[Participant] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    # With the sentence that says why: they are mended as rows that were not in order.
    refused: list[tuple[Registration, str]] = field(default_factory=list)

    @property
    def differing(self) -> list[Known]:
        return [known for known in self.known if known.differences or known.added]


def import_registrations(registrations: Sequence[Registration], *, by: Membership, now: datetime) -> Outcome:
    """Add whoever is new. Of whoever is known nothing is overwritten: what differs is told.

    An open pregnancy or a child that a known person does not have yet is added.
    """
    outcome = Outcome()
    with transaction.atomic():
        # Two imports at once queue here; somebody who is added by hand meanwhile is met in _add.
        Practice.objects.select_for_update(no_key=True).get(pk=by.practice_id)
        people = _people_by_number((r.number for r in registrations), by=by)
        first: dict[str, Registration] = {}
        known: list[Registration] = []
        for registration in registrations:
            before = first.setdefault(registration.number, registration)
            if fold(before.full_name) != fold(registration.full_name):
                words = gettext("Row %(row)d has this client number too, with another name.") % {"row": before.row}
                outcome.refused.append((registration, words))
            elif registration.number in people or before is not registration:
                known.append(registration)
        unknown = [registration for number, registration in first.items() if number not in people]
        added = _add(unknown, by=by, now=now)
        outcome.new = list(added.values())
        overtaken = [registration for registration in unknown if registration.number not in added]
        people |= added | _people_by_number((r.number for r in overtaken), by=by)
        for registration in sorted(known + overtaken, key=lambda registration: registration.row):
            outcome.known.append(_compare(people[registration.number], registration))
    return outcome


def _add(registrations: Sequence[Registration], *, by: Membership, now: datetime) -> dict[str, Participant]:
    """The people that these registrations became, by number; without those whom somebody else added a moment ago."""
    added: dict[str, Participant] = {}
    for start in range(0, len(registrations), AT_ONCE):
        some = {r.number: _newcomer(r, by=by) for r in registrations[start : start + AT_ONCE]}
        try:
            register(list(some.values()), now=now)
        except ClientNumberTaken:
            added |= _add_one_by_one(some, now=now)
        else:
            added |= {number: newcomer.participant for number, newcomer in some.items()}
    return added


def _add_one_by_one(newcomers: Mapping[str, Newcomer], *, now: datetime) -> dict[str, Participant]:
    added = {}
    for number, newcomer in newcomers.items():
        with suppress(ClientNumberTaken):
            register([newcomer], now=now)
            added[number] = newcomer.participant
    return added


def _people_by_number(numbers: Iterable[str], *, by: Membership) -> dict[str, Participant]:
    """Those of the practice with one of these client numbers, by the number in lower case."""
    people = Participant.objects.visible_to(by).annotate(number=Lower("client_number"))
    # Locked in one order: a due date that is added by hand meanwhile waits, or is seen.
    wanted = (
        people.filter(number__in={number.lower() for number in numbers}).order_by("pk").select_for_update(no_key=True)
    )
    return {person.client_number.lower(): person for person in wanted.prefetch_related("pregnancies", "children")}


def _newcomer(registration: Registration, *, by: Membership) -> Newcomer:
    values = {name: getattr(registration, name) for name in COMPARED} | {
        "language": registration.language or Language.DUTCH
    }
    person = Participant(practice_id=by.practice_id, client_number=registration.client_number, **values)
    return Newcomer(person, due_on=registration.due_on, born_on=registration.born_on)


def _compare(person: Participant, registration: Registration) -> Known:
    known = Known(registration.row, person)
    for name in COMPARED:
        ours, theirs = getattr(person, name), getattr(registration, name)
        if theirs and fold(ours) != fold(theirs):
            if name == "language":
                ours, theirs = Language(ours).label, Language(theirs).label
            known.differences.append(Difference(LABELS[name], str(ours), str(theirs)))
    if registration.due_on:
        _take_over_due(known, registration.due_on)
    if registration.born_on:
        _take_over_birth(known, registration.born_on)
    return known


def _take_over_due(known: Known, due_on: date) -> None:
    person = known.participant
    ongoing = next((pregnancy for pregnancy in person.pregnancies.all() if pregnancy.ended_on is None), None)
    if ongoing:
        if ongoing.due_on != due_on:
            known.differences.append(Difference(_("due date"), said(ongoing.due_on), said(due_on)))
        return
    told = [pregnancy.due_on for pregnancy in person.pregnancies.all()]
    born = [child.born_on for child in person.children.all()]
    if all(abs(day - due_on) >= SAME_PREGNANCY for day in told + born):
        Pregnancy.objects.create(practice_id=person.practice_id, participant=person, due_on=due_on)
        known.added.append(gettext("due date %(day)s") % {"day": said(due_on)})
        # What was read of her before is one pregnancy short now.
        person.refresh_from_db()


def _take_over_birth(known: Known, born_on: date) -> None:
    person = known.participant
    near = [child.born_on for child in person.children.all() if abs(child.born_on - born_on) < SAME_PREGNANCY]
    if not near:
        record_birth(person, Child(born_on=born_on))
        known.added.append(gettext("baby born on %(day)s") % {"day": said(born_on)})
        person.refresh_from_db()
    elif born_on not in near:
        known.differences.append(Difference(_("born on"), said(near[0]), said(born_on)))


def said(day: date) -> str:
    return f"{day.day}-{day.month}-{day.year}"
