"""Who fits a group: people whose pregnancy or youngest child lies in its window and who have no place yet."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from django.db.models import Exists, OuterRef, Prefetch

from groups.models import TAKES_A_PLACE, CareGroup, EnrolledChild, Enrolment
from participants.models import Child, ChildQuerySet, Participant, ParticipantQuerySet, Pregnancy, PregnancyQuerySet
from practices.models import Membership

# The length of a window that is suggested: with a longer one the participants differ by more than two weeks.
WINDOW = timedelta(weeks=4)

# More than anybody reads through; who is not among them is found by name.
MOST_CANDIDATES = 60


class Why(Enum):
    """What speaks for or against somebody in a group, put into words on the page."""

    SAME_LANGUAGE = "same_language"
    OTHER_LANGUAGE = "other_language"
    IN_WINDOW = "in_window"
    OUTSIDE_WINDOW = "outside_window"
    ASKED_BEFORE = "asked_before"
    LEFT_BEFORE = "left_before"
    PLACED = "placed"
    NOTHING_EXPECTED = "nothing_expected"
    NO_CHILD = "no_child"
    NO_MESSAGES = "no_messages"


# With one of these nobody can be given a place.
OBSTACLES = frozenset({Why.PLACED, Why.NOTHING_EXPECTED, Why.NO_CHILD})


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who might join: on account of which day (due date or birth), and why she fits or does not."""

    participant: Participant
    day: date | None
    why: Sequence[Why]

    @property
    def can_join(self) -> bool:
        return OBSTACLES.isdisjoint(self.why)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a group is made for, before or after it exists."""

    kind: str
    window: tuple[date, date] | None
    language: str
    group_pk: int | None = None

    @classmethod
    def by(cls, group: CareGroup) -> Wanted:
        window = (group.window_from, group.window_until) if group.window_from and group.window_until else None
        return cls(kind=group.kind, window=window, language=group.language, group_pk=group.pk)

    @property
    def middle(self) -> date | None:
        return self.window[0] + (self.window[1] - self.window[0]) / 2 if self.window else None


def candidates(membership: Membership, wanted: Wanted) -> list[Candidate]:
    """People in the window without a place, best first; nobody whose messages are stopped. At most five queries."""
    if wanted.window is None:
        return []
    people = Participant.objects.visible_to(membership).filter(contact_stopped_at=None)
    if wanted.kind == CareGroup.Kind.PREGNANCY:
        due = unplaced_pregnancies(membership).due_between(*wanted.window)
        people = people.filter(Exists(due.filter(participant=OuterRef("pk"))))
    else:
        born = unplaced_children(membership).born_between(*wanted.window)
        people = people.filter(Exists(born.filter(participant=OuterRef("pk"))))
    found = considered(people, wanted)
    return [candidate for candidate in found if candidate.can_join][:MOST_CANDIDATES]


def considered(people: ParticipantQuerySet, wanted: Wanted) -> list[Candidate]:
    """Each of these people with what speaks for and against her, best first. At most five queries."""
    rows = people.prefetch_related(
        Prefetch("pregnancies", Pregnancy.objects.ongoing(), to_attr="ongoing"),
        Prefetch("children", Child.objects.order_by("-born_on", "pk"), to_attr="youngest_first"),
        Prefetch("enrolments", Enrolment.objects.prefetch_related("enrolled_children"), to_attr="places"),
    )
    middle = wanted.middle or date.max
    return sorted(
        (_considered(person, wanted) for person in rows),
        key=lambda found: (
            not found.can_join,
            Why.LEFT_BEFORE in found.why,
            Why.OUTSIDE_WINDOW in found.why,
            Why.OTHER_LANGUAGE in found.why,
            Why.ASKED_BEFORE not in found.why,
            abs((found.day or date.max) - middle),
            found.participant.sort_key,
        ),
    )


BY_STATE: dict[Why, set[str]] = {
    Why.PLACED: set(TAKES_A_PLACE),
    Why.ASKED_BEFORE: {Enrolment.State.INVITED, Enrolment.State.WAITING},
    Why.LEFT_BEFORE: {Enrolment.State.LEFT, Enrolment.State.DECLINED},
}


def _considered(person: Participant, wanted: Wanted) -> Candidate:
    ongoing: list[Pregnancy] = person.ongoing  # type: ignore[attr-defined]
    children: list[Child] = person.youngest_first  # type: ignore[attr-defined]
    places: list[Enrolment] = person.places  # type: ignore[attr-defined]
    why: list[Why] = []
    day: date | None = None
    counting = {place.state for place in places if place.group_id == wanted.group_pk}
    if wanted.kind == CareGroup.Kind.PREGNANCY:
        day = ongoing[0].due_on if ongoing else None
        counting |= {place.state for place in places if ongoing and place.pregnancy_id == ongoing[0].pk}
        why += [] if ongoing else [Why.NOTHING_EXPECTED]
    elif wanted.kind == CareGroup.Kind.PARENTING:
        day = children[0].born_on if children else None
        born = {child.pk for child in children if child.born_on == day}
        counting |= {place.state for place in places if born & {row.child_id for row in place.enrolled_children.all()}}
        why += [] if children else [Why.NO_CHILD]
    if day and wanted.window:
        why.append(Why.IN_WINDOW if wanted.window[0] <= day < wanted.window[1] else Why.OUTSIDE_WINDOW)
    why.append(Why.SAME_LANGUAGE if person.language == wanted.language else Why.OTHER_LANGUAGE)
    why += [reason for reason, states in BY_STATE.items() if counting & states]
    if not person.may_be_contacted:
        why.append(Why.NO_MESSAGES)
    return Candidate(participant=person, day=day, why=why)


def unplaced_pregnancies(membership: Membership) -> PregnancyQuerySet:
    """Open pregnancies without a place in a group."""
    placed = Enrolment.objects.taking_a_place().filter(pregnancy=OuterRef("pk"))
    return Pregnancy.objects.visible_to(membership).ongoing().filter(~Exists(placed))


def unplaced_children(membership: Membership) -> ChildQuerySet:
    """Youngest children without a place in a group."""
    placed = EnrolledChild.objects.filter(child=OuterRef("pk"), enrolment__state__in=TAKES_A_PLACE)
    younger = Child.objects.filter(participant=OuterRef("participant"), born_on__gt=OuterRef("born_on"))
    return Child.objects.visible_to(membership).filter(~Exists(placed), ~Exists(younger))


def what_comes_along(group: CareGroup, person: Participant) -> tuple[Pregnancy | None, list[Child]]:
    """What a person comes to this group with: her open pregnancy, or her children born in the window.

    Where none was born in the window it is the youngest, twins included.
    """
    if group.is_pregnancy:
        return person.pregnancies.ongoing().first(), []
    if not group.is_parenting:
        return None, []
    children = list(person.children.all())
    window = Wanted.by(group).window
    inside = [child for child in children if window and window[0] <= child.born_on < window[1]]
    if inside or not children:
        return None, inside
    last = max(child.born_on for child in children)
    return None, [child for child in children if child.born_on == last]


def suggested_window(membership: Membership, kind: str, *, earliest_middle: date) -> tuple[date, date] | None:
    """Four weeks in which most people without a place are due or gave birth, the first such weeks when several are.

    `earliest_middle` is the first middle of a window whose series could still begin.
    """
    first = earliest_middle - WINDOW / 2
    days: list[date] = []
    if kind == CareGroup.Kind.PREGNANCY:
        days = list(unplaced_pregnancies(membership).filter(due_on__gte=first).values_list("due_on", flat=True))
    elif kind == CareGroup.Kind.PARENTING:
        days = list(unplaced_children(membership).filter(born_on__gte=first).values_list("born_on", flat=True))
    if not days:
        return None
    days.sort()
    starts = {start: bisect_left(days, start + WINDOW) - bisect_left(days, start) for start in days}
    most = max(starts, key=lambda start: (starts[start], -start.toordinal()))
    return most, most + WINDOW
