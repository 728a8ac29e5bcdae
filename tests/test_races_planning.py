"""Two people plan, enrol or move at the same moment: one gets it, the other a sentence."""

import threading
from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from groups.models import CareGroup, GroupEnded, GroupFull
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions.clashes import Clashes, Taken
from sessions.ending import CannotEnd, Stays, cancel_group
from sessions.leading import Change, Overtaken, Replacement, seats_of
from sessions.merging import merge
from sessions.models import GroupSession, ScheduleTemplate
from sessions.moving import CannotChange, Fixed, cancel, move, moves_of
from sessions.planning import PlacedElsewhere, Plan, enrol
from tests.cast import client_of
from tests.factories import at, make_group, make_membership, make_participant, make_practice, make_room, make_session
from tests.races import overtaken, wait_until_it_waits

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = (date(2027, 5, 3), date(2027, 5, 31))
FIRST = date(2026, 11, 30)
NOW = at(date(2026, 9, 1), 12)


@pytest.fixture
def house():
    return make_practice("de-linde", with_defaults=True)


@pytest.fixture
def midwives(house):
    with practice_scope(house):
        return [make_membership(house, Role.FACILITATOR, name=name) for name in ("Mila", "Noor")]


@pytest.fixture
def room(house):
    with practice_scope(house):
        return make_room(house, "Kring")


def plan_of(house, first, room, **choices):
    choices = {"window": WINDOW, "first_on": FIRST, "starts_at": time(19, 30), **choices}
    return Plan(
        practice=house,
        template=ScheduleTemplate.objects.get(name__startswith="9 + 1"),
        room=room,
        first=first,
        **choices,
    )


def inside(house, act):
    """`act` in a transaction of its own on the other connection; what it returns, or the refusal that it raises."""

    def run():
        try:
            with practice_scope(house):
                return act()
        except (CannotEnd, Clashes, CannotChange, GroupEnded, GroupFull, Overtaken, PlacedElsewhere) as refusal:
            return refusal

    return run


def test_the_last_place_goes_to_one_and_the_other_is_told(house, midwives):
    with practice_scope(house):
        group = make_group(house, by=midwives[0], maximum=1)
        sanne, merel = (make_participant(house, due_on=date(2027, 3, 9)) for _ in range(2))

    def second():
        return enrol(CareGroup.objects.get(pk=group.pk), merel, by=midwives[1], now=NOW)

    with practice_scope(house), overtaken(inside(house, second)) as outcome:
        enrol(group, sanne, by=midwives[0], now=NOW)

    assert isinstance(outcome(), GroupFull)
    with practice_scope(house):
        assert [place.participant for place in group.enrolments.enrolled()] == [sanne]


def test_the_last_place_on_the_page_is_refused_in_words(house, midwives):
    with practice_scope(house):
        group = make_group(house, by=midwives[0], maximum=1)
        sanne, merel = (make_participant(house, due_on=date(2027, 3, 9)) for _ in range(2))
    client = client_of(midwives[1])

    def second():
        return client.post(f"/de-linde/groups/{group.pk}/enrol/", {"people": [merel.pk]})

    with practice_scope(house), overtaken(second) as outcome:
        enrol(group, sanne, by=midwives[0], now=NOW)

    assert outcome().status_code == 422
    assert "The group is full: the last place has just been taken." in outcome().content.decode()


def test_a_group_does_not_shrink_below_the_place_that_somebody_just_took(house, midwives):
    with practice_scope(house):
        group = make_group(house, by=midwives[0], maximum=2)
        sanne, merel = (make_participant(house, due_on=date(2027, 3, 9)) for _ in range(2))
        enrol(group, sanne, by=midwives[0], now=NOW)
    client = client_of(midwives[1])
    sizes = {"name": "Kring", "language": "nl", "minimum": 1, "target": 1, "maximum": 1}

    def second():
        return client.post(f"/de-linde/groups/{group.pk}/edit/", sizes)

    with practice_scope(house), overtaken(second) as outcome:
        enrol(group, merel, by=midwives[0], now=NOW)

    assert outcome().status_code == 422
    assert "2 people have a place here." in outcome().content.decode()


def test_one_pregnancy_gets_one_place_when_two_groups_want_it(house, midwives):
    with practice_scope(house):
        one, two = make_group(house, by=midwives[0]), make_group(house, by=midwives[0])
        sanne = make_participant(house, due_on=date(2027, 3, 9))

    def second():
        return enrol(two, sanne, by=midwives[1], now=NOW)

    with practice_scope(house), overtaken(inside(house, second)) as outcome:
        enrol(one, sanne, by=midwives[0], now=NOW)

    assert isinstance(outcome(), PlacedElsewhere)


def test_one_room_at_one_time_goes_to_one_and_the_other_sees_the_clash(house, midwives, room):
    def second():
        return plan_of(house, midwives[1], room).carry_out(by=midwives[1], now=NOW)

    with practice_scope(house), overtaken(inside(house, second)) as outcome:
        plan_of(house, midwives[0], room, name="Eerste").carry_out(by=midwives[0], now=NOW)

    refusal = outcome()
    assert isinstance(refusal, Clashes)
    assert [(clash.taken, clash.group) for clash in refusal.found[1]] == [(Taken.ROOM, "Eerste")]
    assert len(refusal.found) == 10
    with practice_scope(house):
        assert [group.name for group in CareGroup.objects.all()] == ["Eerste"]


def test_one_midwife_at_one_time_is_planned_by_one_of_two_practices(house, midwives, room):
    hospital = make_practice("oudezijds", with_defaults=True)
    with practice_scope(hospital):
        guest = make_membership(hospital, Role.FACILITATOR, user=midwives[0].user, profession=Profession.MIDWIFE)

    def second():
        return plan_of(hospital, guest, None, name="Elders").carry_out(by=guest, now=NOW)

    with practice_scope(house), overtaken(inside(hospital, second)) as outcome:
        plan_of(house, midwives[0], room, name="Hier").carry_out(by=midwives[0], now=NOW)

    refusal = outcome()
    assert isinstance(refusal, Clashes)
    assert [(clash.taken, clash.group) for clash in refusal.found[1]] == [(Taken.PERSON, "")]


def test_a_form_sent_twice_at_once_makes_one_group(house, midwives, room):
    key = uuid4()

    def second():
        return plan_of(house, midwives[0], room, form_key=key).carry_out(by=midwives[0], now=NOW)

    with practice_scope(house), overtaken(inside(house, second)) as outcome:
        group = plan_of(house, midwives[0], room, form_key=key).carry_out(by=midwives[0], now=NOW)

    assert outcome() == group
    with practice_scope(house):
        assert GroupSession.objects.count() == 10


def test_two_who_wait_for_each_other_are_told_as_a_clash(house, midwives, room):
    """The database sends one of the two away; whichever it is gets a sentence and no error."""
    key = uuid4()
    with practice_scope(house):
        other = make_group(house, by=midwives[0])
    answers = []

    def second():
        try:
            answers.append(
                inside(
                    house, lambda: plan_of(house, midwives[1], room, form_key=key).carry_out(by=midwives[1], now=NOW)
                )()
            )
        finally:
            connection.close()

    thread = threading.Thread(target=second)

    def first():
        with practice_scope(house):
            make_session(other, at(FIRST, 20), room=room)
            thread.start()
            # The other has its group and waits for the room; now the group's key is waited for here.
            wait_until_it_waits(thread)
            with transaction.atomic():
                make_group(house, by=midwives[0], form_key=key)

    outcome = None
    try:
        first()
    except Exception as error:
        outcome = error
    thread.join(timeout=20)

    (answer,) = answers
    assert isinstance(answer, Clashes) if outcome is None else "deadlock" in str(outcome)


def test_a_session_that_is_closed_meanwhile_is_not_moved_or_cancelled(house, midwives, room):
    for change in (
        lambda s: move(moves_of(s, starts_at=s.starts_at + timedelta(days=1), room=room), by=midwives[1], now=NOW),
        lambda s: cancel(s, by=midwives[1], now=NOW),
    ):
        with practice_scope(house):
            group = make_group(house, by=midwives[0], first=None)
            session = make_session(group, at(FIRST, 20) + timedelta(days=7 * GroupSession.objects.count()), room=room)

        def second(change=change, session=session):
            return change(GroupSession.objects.get(pk=session.pk))

        with practice_scope(house), overtaken(inside(house, second)) as outcome:
            locked = GroupSession.objects.select_for_update().get(pk=session.pk)
            locked.closed_at, locked.closed_by = timezone.now(), midwives[0]
            locked.save()

        assert outcome().why is Fixed.CLOSED
        with practice_scope(house):
            session.refresh_from_db()
            assert (session.is_closed, session.moved_at, session.cancelled_at) == (True, None, None)


def test_of_two_substitutes_for_one_evening_one_is_named_and_the_other_told(house, midwives):
    with practice_scope(house):
        ina, ines = (make_membership(house, Role.CO_FACILITATOR, name=name) for name in ("Ina", "Ines"))
        session = make_session(make_group(house, by=midwives[0], first=midwives[0], co=midwives[1]), at(FIRST, 19))
        seen = {lead.pk for lead in session.leads.all()}

    def name(member):
        (seat,) = (seat for seat in seats_of(session) if seat.name == "co")
        change = Change(seat=seat, member=member)
        Replacement(session=session, changes=[change]).carry_out(seen=seen, now=NOW)

    with practice_scope(house), overtaken(inside(house, lambda: name(ines))) as outcome:
        name(ina)

    assert isinstance(outcome(), Overtaken)
    with practice_scope(house):
        assert session.leads.standing().get(role="co").membership == ina


@pytest.fixture
def groups(house, midwives):
    """Three, each with one person."""
    with practice_scope(house):
        groups = [make_group(house, by=midwives[0], name=name) for name in ("Een", "Twee", "Drie")]
        for group in groups:
            enrol(group, make_participant(house, due_on=date(2027, 3, 9)), by=midwives[0], now=NOW)
    return groups


def people_in(house, groups):
    with practice_scope(house):
        return [group.enrolments.enrolled().count() for group in groups]


@pytest.mark.parametrize("second", [(1, 0), (0, 2), (1, 2)], ids=["the other way", "to another", "on to a third"])
def test_of_two_who_put_groups_together_at_once_one_wins(house, midwives, groups, second):
    leaving, into = (groups[number] for number in second)

    with (
        practice_scope(house),
        overtaken(inside(house, lambda: merge(leaving, into, by=midwives[1], now=NOW))) as outcome,
    ):
        merge(groups[0], groups[1], by=midwives[0], now=NOW)

    if second == (1, 2):
        assert (outcome(), people_in(house, groups)) == (groups[2], [0, 0, 3])
    else:
        assert (outcome().why, people_in(house, groups)) == (Stays.ENDED, [0, 2, 1])


def test_who_gets_a_place_while_the_group_is_called_off_is_told_so(house, midwives, groups):
    with practice_scope(house):
        merel = make_participant(house, due_on=date(2027, 3, 9))

    with (
        practice_scope(house),
        overtaken(inside(house, lambda: enrol(groups[0], merel, by=midwives[1], now=NOW))) as outcome,
    ):
        cancel_group(groups[0], by=midwives[0], now=NOW)

    assert isinstance(outcome(), GroupEnded)
    assert people_in(house, groups) == [0, 1, 1]


def test_a_group_is_called_off_between_the_two_sessions_that_somebody_holds(house, midwives):
    with practice_scope(house):
        group = make_group(house, by=midwives[0], first=midwives[0])
        # Kept in another order than they are held in.
        later, sooner = (make_session(group, at(FIRST + timedelta(days=day), 19)) for day in (28, 0))

    def call_off():
        return cancel_group(CareGroup.objects.get(pk=group.pk), by=midwives[1], now=NOW)

    with practice_scope(house):
        # As whoever postpones a topic from the one to the other.
        with overtaken(inside(house, call_off)) as outcome:
            GroupSession.objects.select_for_update(no_key=True).get(pk=sooner.pk)
        GroupSession.objects.select_for_update(no_key=True).get(pk=later.pk)

    assert outcome().cancelled_at == NOW
    with practice_scope(house):
        assert group.sessions.filter(cancelled_at=NOW).count() == 2
