"""Who leads: what is missing around a group, a substitute for one evening, somebody else from a date on."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from groups.leading import worries
from groups.models import Facilitation
from practices.models import Membership, Profession, Role, User
from sessions.clashes import Clashes, Taken
from sessions.defaults import give_templates
from sessions.leading import Change, Overtaken, Replacement, later_than, seats_of
from sessions.models import GroupSession, ScheduleTemplate, SessionLead
from sessions.moving import CannotChange
from sessions.planning import lead_of, plan_group
from tests.factories import at, make_group, make_membership, make_session

pytestmark = pytest.mark.begins_with.with_args(give_templates)

TODAY = timezone.localdate()
# A Tuesday of a month without public holidays, always ahead.
TUESDAY = date(TODAY.year + 1, 9, 1) + timedelta((1 - date(TODAY.year + 1, 9, 1).weekday()) % 7)
NOW = at(TODAY, 9)


# What is missing


def member(name, profession=Profession.ASSISTANT, *, is_trained=True, pk=1):
    return Membership(pk=pk, user=User(name=name), profession=profession, is_trained=is_trained)


MILA = ("first", member("Mila", Profession.MIDWIFE, pk=9))


@pytest.mark.parametrize(
    ("language", "leads", "told"),
    [
        ("nl", [MILA, ("co", member("Aisha"))], []),
        ("nl", [MILA, ("co", member("Aisha", is_trained=False))], ["Aisha is not trained yet."]),
        ("ti", [MILA], ["A group in Tigrinya needs an interpreter who is trained as co-facilitator."]),
        ("ti", [MILA, ("interpreter", member("Selam"))], []),
        ("ti", [MILA, ("co", member("Selam", Profession.INTERPRETER))], []),
        (
            "ti",
            [MILA, ("interpreter", member("Selam", is_trained=False))],
            ["Selam interprets and is not trained as co-facilitator yet."],
        ),
    ],
)
def test_what_is_missing_around_a_group_is_said(language, leads, told):
    assert worries(language, usual="nl", leads=leads) == told


# Planned with


@pytest.fixture
def doctor(practice):
    return make_membership(practice, Role.CO_FACILITATOR, profession=Profession.YOUTH_DOCTOR, name="Dora Dokter")


@pytest.fixture
def interpreter(practice):
    return make_membership(practice, Role.CO_FACILITATOR, profession=Profession.INTERPRETER, name="Selam Tolk")


def plan(practice, first, **choices):
    template = ScheduleTemplate.objects.get(kind="parenting")
    window = (TUESDAY - timedelta(63), TUESDAY - timedelta(35))
    choices = {"template": template, "window": window, "first_on": TUESDAY, "starts_at": time(10), **choices}
    return plan_group(practice, first=first, by=first, now=NOW, **choices)


def test_the_doctor_leads_where_one_is_expected_and_the_interpreter_everywhere(
    practice, facilitator, doctor, interpreter
):
    group = plan(practice, facilitator, doctor=doctor, interpreter=interpreter)

    led = {session.number: sorted(session.leads.values_list("role", flat=True)) for session in group.sessions.all()}
    expected = set(group.sessions.filter(with_doctor=True).values_list("number", flat=True))
    assert expected == {1, 6, 8}
    assert {number for number, roles in led.items() if roles == ["doctor", "first", "interpreter"]} == expected
    assert {tuple(roles) for number, roles in led.items() if number not in expected} == {("first", "interpreter")}
    assert group.facilitations.count() == 3


def test_a_doctor_is_only_in_the_way_where_she_is_expected(practice, facilitator, doctor):
    free = plan(practice, facilitator).sessions.filter(number__in=[1, 2])
    others = make_group(practice, by=facilitator, co=doctor)
    for session in free:
        make_session(others, session.starts_at)
    Facilitation.objects.filter(membership=facilitator).delete()
    GroupSession.objects.filter(group__facilitations=None).update(cancelled_at=NOW)

    with pytest.raises(Clashes) as refusal:
        plan(practice, facilitator, doctor=doctor)

    assert {number: [clash.taken for clash in found] for number, found in refusal.value.found.items()} == {
        1: [Taken.PERSON]
    }


# Somebody else


@pytest.fixture
def stand_in(practice):
    return make_membership(practice, Role.FACILITATOR, name="Ina Invaller")


@pytest.fixture
def sessions(practice, facilitator, co_facilitator):
    """Three sessions of a pair, a week apart."""
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator)
    return [make_session(group, at(TUESDAY + timedelta(weeks=week), 19, 30)) for week in range(3)]


def replacement(session, *, for_good=False, **members):
    """These members in the seats of these names."""
    seats = {seat.name: seat for seat in seats_of(session)}
    changes = [Change(seat=seats[name], member=member) for name, member in members.items()]
    following = later_than(session) if for_good else []
    return Replacement(session=session, changes=changes, following=following, for_good=for_good)


def keys_of(session):
    return set(session.leads.standing().values_list("pk", flat=True))


def change(session, **choices):
    replacement(session, **choices).carry_out(seen=keys_of(session), now=NOW)


def led_by(session):
    """Role to (who, for whom)."""
    return {lead.role: (lead.membership, lead.stands_in_for) for lead in session.leads.standing()}


def test_a_substitute_takes_one_session_and_is_remembered_as_one(sessions, facilitator, co_facilitator, stand_in):
    change(sessions[1], co=stand_in)

    assert led_by(sessions[1]) == {"first": (facilitator, None), "co": (stand_in, co_facilitator)}
    assert led_by(sessions[0]) == led_by(sessions[2]) == {"first": (facilitator, None), "co": (co_facilitator, None)}
    assert sessions[1].leads.get(cancelled_at=NOW).membership == co_facilitator


def test_nobody_stands_in_for_herself(sessions, facilitator):
    with pytest.raises(IntegrityError, match="nobody_stands_in_for_herself"), transaction.atomic():
        sessions[0].leads.filter(role="first").update(stands_in_for=facilitator)


def test_a_second_substitute_stands_in_for_the_first_ones_place_and_the_usual_one_comes_back(
    practice, sessions, facilitator, stand_in
):
    other = make_membership(practice, Role.FACILITATOR)
    change(sessions[1], first=stand_in)

    change(sessions[1], first=other)
    assert led_by(sessions[1])["first"] == (other, facilitator)

    change(sessions[1], first=facilitator)
    assert led_by(sessions[1])["first"] == (facilitator, None)


def test_two_may_change_places(sessions, facilitator, stand_in):
    change(sessions[0], co=stand_in)

    change(sessions[0], co=facilitator, first=stand_in)

    assert {role: who for role, (who, _usual) in led_by(sessions[0]).items()} == {"co": facilitator, "first": stand_in}


def test_whoever_leads_something_else_then_cannot_stand_in(practice, sessions, facilitator, stand_in):
    others = make_group(practice, by=facilitator, first=stand_in, name="Anderen")
    make_session(others, at(TUESDAY, 20))

    with pytest.raises(Clashes) as refusal:
        change(sessions[0], co=stand_in)

    assert [clash.group for clash in refusal.value.found[1]] == ["Anderen"]
    assert led_by(sessions[0])["first"] == (facilitator, None)


def test_from_a_session_on_somebody_else_leads_and_the_group_remembers_since_when(
    sessions, facilitator, co_facilitator, stand_in
):
    change(sessions[1], first=stand_in, for_good=True)

    assert [led_by(session)["first"] for session in sessions] == [
        (facilitator, None), (stand_in, None), (stand_in, None)
    ]  # fmt: skip
    day = sessions[1].day
    rows = sessions[0].group.facilitations.filter(role="first").order_by("starts_on")
    assert [(row.membership, row.ends_on) for row in rows] == [(facilitator, day), (stand_in, None)]
    assert rows[1].starts_on == day
    # Until then both have to do with the group.
    assert set(rows.current()) == set(rows)


def test_who_stands_in_later_stays_and_becomes_the_usual_one_if_it_is_she(practice, sessions, facilitator, stand_in):
    other = make_membership(practice, Role.FACILITATOR)
    change(sessions[1], first=other)
    change(sessions[2], first=stand_in)

    change(sessions[0], first=stand_in, for_good=True)

    assert [led_by(session)["first"] for session in sessions] == [
        (stand_in, None), (other, stand_in), (stand_in, None)
    ]  # fmt: skip


def test_a_doctor_is_named_for_the_sessions_that_expect_one(practice, sessions, doctor):
    GroupSession.objects.filter(pk=sessions[2].pk).update(with_doctor=True)

    change(sessions[0], doctor=doctor, for_good=True)

    assert ["doctor" in led_by(session) for session in sessions] == [True, False, True]


def test_nobody_may_take_over_for_good(sessions, co_facilitator):
    change(sessions[1], co=None, for_good=True)

    assert ["co" in led_by(session) for session in sessions] == [True, False, False]
    assert sessions[0].group.facilitations.get(role="co").ends_on == sessions[1].day


def test_who_was_to_begin_that_very_day_makes_place_for_the_other(sessions, facilitator, stand_in):
    change(sessions[1], first=stand_in, for_good=True)

    change(sessions[1], first=facilitator, for_good=True)

    rows = sessions[0].group.facilitations.filter(role="first").order_by("starts_on")
    assert [(row.membership, row.ends_on) for row in rows] == [(facilitator, sessions[1].day), (facilitator, None)]


def test_what_changed_meanwhile_and_what_is_closed_stays(sessions, facilitator, stand_in):
    seen, planned = keys_of(sessions[0]), replacement(sessions[0], co=stand_in)
    change(sessions[0], co=None)
    with pytest.raises(Overtaken):
        planned.carry_out(seen=seen, now=NOW)

    late = replacement(sessions[1], co=stand_in)
    GroupSession.objects.filter(pk=sessions[1].pk).update(closed_at=NOW, closed_by=facilitator)
    with pytest.raises(CannotChange):
        late.carry_out(seen=keys_of(sessions[1]), now=NOW)


# The page


@pytest.fixture
def url(practice, sessions):
    return reverse("sessions:leads", args=[practice.slug, sessions[0].pk])


@pytest.fixture
def filled(sessions, facilitator, co_facilitator):
    return {
        "first": facilitator.pk,
        "co": co_facilitator.pk,
        "seen": ",".join(str(key) for key in keys_of(sessions[0])),
    }


def test_the_page_shows_what_changes_first_and_then_does_it(
    as_facilitator, url, filled, sessions, stand_in, co_facilitator
):
    given = {**filled, "co": stand_in.pk, "for_good": "on"}

    shown = as_facilitator.post(url, given, headers={"HX-Request": "true"})
    assert [(swap.session, swap.member) for swap in shown.context["swaps"]] == [(each, stand_in) for each in sessions]
    assert "Nobody gets a message about this." in shown.content.decode()
    assert led_by(sessions[0])["co"] == (co_facilitator, None)

    as_facilitator.post(url, given)
    assert led_by(sessions[2])["co"] == (stand_in, None)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({}, None, "Nothing changes. Choose somebody else for a part."),
        ({"first": ""}, "first", "This field is required."),
        (
            {"first": "co_facilitator"},
            "first",
            "Select a valid choice. That choice is not one of the available choices.",
        ),
        ({"interpreter": "co_facilitator"}, "interpreter", "Choose two different people."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(as_facilitator, url, filled, co_facilitator, changes, field, words):
    given = {name: co_facilitator.pk if value == "co_facilitator" else value for name, value in changes.items()}

    response = as_facilitator.post(url, {**filled, **given})

    assert response.status_code == 422
    assert response.context["form"].errors[field or "__all__"] == [words]


def test_a_co_facilitator_sees_who_leads_and_changes_nothing(as_co_facilitator, practice, url, sessions):
    series = as_co_facilitator.get(reverse("sessions:series", args=[practice.slug, sessions[0].group_id]))

    assert "/leads/" not in series.content.decode()
    assert as_co_facilitator.get(url).status_code == 403


def test_the_pages_of_a_group_say_who_is_missing_and_who_stands_in(as_facilitator, practice, sessions, stand_in):
    change(sessions[1], co=stand_in)
    GroupSession.objects.filter(pk=sessions[0].pk).update(with_doctor=True)
    sessions[0].group.language = "ti"
    sessions[0].group.save()

    series = as_facilitator.get(reverse("sessions:series", args=[practice.slug, sessions[0].group_id]))
    assert [row.lacks_doctor for row in series.context["rows"]] == [True, False, False]
    assert "Ina Invaller in place of Aisha Assistente" in series.content.decode()
    sessions[0].group.facilitations.filter(role="co").update(ends_on=TODAY)
    group = as_facilitator.get(reverse("groups:group", args=[practice.slug, sessions[0].group_id]))
    assert [each.role for each in group.context["facilitations"]] == ["first"]
    assert [each.role for each in group.context["former"]] == ["co"]
    assert "needs an interpreter" in group.content.decode()
    assert as_facilitator.get(reverse("sessions:leads_of_group", args=[practice.slug, sessions[0].group_id])).url == (
        reverse("sessions:leads", args=[practice.slug, sessions[0].pk]) + "?later"
    )


@pytest.mark.parametrize(("days", "runs"), [(None, True), (1, True), (0, False), (-1, False)])
def test_who_is_meant_to_lead_the_group_runs_its_evenings_until_she_ends(practice, facilitator, stand_in, days, runs):
    group = make_group(practice, by=facilitator, first=stand_in)
    session = make_session(group, at(TODAY, 19))
    session.leads.all().delete()
    ends_on = None if days is None else timezone.localdate() + timedelta(days)
    group.facilitations.update(starts_on=date(2020, 1, 1), ends_on=ends_on)

    # As `Facilitation.objects.current` has it.
    assert Facilitation.objects.current().filter(group=group).exists() == runs
    assert list(GroupSession.objects.editable_by(stand_in)) == ([session] if runs else [])
    assert not GroupSession.objects.editable_by(facilitator).exists()


def test_who_leads_one_evening_runs_that_one_until_another_takes_it(practice, facilitator, stand_in):
    group = make_group(practice, by=facilitator, first=facilitator)
    this, _next = (make_session(group, at(TODAY + timedelta(days), 19), number=days + 1) for days in (0, 1))
    lead = lead_of(this, stand_in, Facilitation.Role.CO)
    lead.save()

    assert list(GroupSession.objects.editable_by(stand_in)) == [this]
    SessionLead.objects.filter(pk=lead.pk).update(cancelled_at=timezone.now())
    assert not GroupSession.objects.editable_by(stand_in).exists()
