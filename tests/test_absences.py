"""Staff who are away, and whose work here ends: seen while planning, and told where it was planned already."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup
from practices.models import Absence, Role
from sessions.clashes import Clashes, Taken, find_clashes, slot
from sessions.defaults import give_templates
from sessions.leading import Change, Replacement, later_than, seats_of
from sessions.models import ScheduleTemplate
from sessions.openings import openings
from sessions.planning import plan_group
from sessions.wording import clash_in_words
from sessions.working_days import working_days
from tests.cast import client_of
from tests.factories import at, make_group, make_membership, make_room, make_session

pytestmark = pytest.mark.begins_with.with_args(give_templates)

TODAY = timezone.localdate()
NOW = at(TODAY, 9)
# A Tuesday of a month without public holidays, always ahead.
TUESDAY = date(TODAY.year + 1, 9, 1) + timedelta((1 - date(TODAY.year + 1, 9, 1).weekday()) % 7)
HTMX = {"HX-Request": "true"}


def away(member, first, last=None):
    return Absence.objects.create(
        practice=member.practice,
        membership=member,
        starts_on=first,
        ends_on=last or first,
        entered_at=NOW,
        entered_by=member,
    )


def work_ends(member, day):
    member.ends_on = day
    member.save()


# The page


@pytest.fixture
def url(practice, co_facilitator):
    return reverse("practices:absences", args=[practice.slug, co_facilitator.pk])


def test_she_enters_when_she_is_away_and_takes_it_back(as_co_facilitator, practice, co_facilitator, url):
    as_co_facilitator.post(url, {"starts_on": TUESDAY, "ends_on": TUESDAY + timedelta(6)})

    absence = Absence.objects.get()
    assert (absence.membership, absence.entered_by) == (co_facilitator, co_facilitator)
    assert (absence.starts_on, absence.ends_on) == (TUESDAY, TUESDAY + timedelta(6))
    as_co_facilitator.post(reverse("practices:absence_remove", args=[practice.slug, absence.pk]))
    assert not Absence.objects.exists()


def test_a_coordinator_enters_it_for_her_and_others_do_not(as_coordinator, as_facilitator, coordinator, url):
    given = {"starts_on": TUESDAY, "ends_on": TUESDAY}
    assert (as_facilitator.get(url).status_code, as_facilitator.post(url, given).status_code) == (404, 404)

    as_coordinator.post(url, given)

    assert Absence.objects.get().entered_by == coordinator


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        (TUESDAY, TUESDAY - timedelta(1), "ends_on", "The last day must not come before the first."),
        (TODAY - timedelta(3), TODAY - timedelta(2), "ends_on", "This day is over already."),
        (TUESDAY, date(9999, 12, 31), "ends_on", "Look at the year again."),
        (TUESDAY, TUESDAY + timedelta(20), "starts_on", "She is away on one of these days already."),
    ],
)
def test_days_that_cannot_be_are_said_at_their_field(as_co_facilitator, co_facilitator, url, first, last, field, words):
    away(co_facilitator, TUESDAY + timedelta(20), TUESDAY + timedelta(30))

    response = as_co_facilitator.post(url, {"starts_on": first, "ends_on": last})

    assert response.status_code == 422
    assert response.context["form"].errors[field] == [words]
    assert response.context["form"]["starts_on"].value() == str(first)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "one_absence_of_a_person_at_a_time"),
        ({"starts_on": TUESDAY + timedelta(9)}, "absence_ends_after_it_starts"),
    ],
)
def test_the_database_refuses_what_cannot_be(co_facilitator, fields, name):
    absence = away(co_facilitator, TUESDAY, TUESDAY + timedelta(2))
    absence.pk = None
    for field, value in fields.items():
        setattr(absence, field, value)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        absence.save()


# In the way


@pytest.mark.parametrize(
    ("hour", "days", "is_away"),
    [(0, 0, True), (22, 2, True), (22, -1, False), (0, 3, False)],
    ids=["the first minute", "the last evening", "the evening before", "the day after"],
)
def test_an_absence_lasts_from_its_first_to_its_last_midnight(practice, facilitator, hour, days, is_away):
    away(facilitator, TUESDAY, TUESDAY + timedelta(2))
    start = at(TUESDAY + timedelta(days), hour)

    found = find_clashes(practice, [slot(1, start, start + timedelta(hours=2), None)], room=None, people=[facilitator])

    assert [clash.taken for clash in found.get(1, [])] == ([Taken.AWAY] if is_away else [])


def test_free_moments_are_looked_for_when_she_is_there(practice, facilitator):
    away(facilitator, TUESDAY, TUESDAY + timedelta(2))
    start = at(TUESDAY, 19)

    found = openings(
        practice,
        slot(1, start, start + timedelta(hours=2), None),
        room=None,
        people=[facilitator],
        days=working_days(practice, TUESDAY - timedelta(30), TUESDAY + timedelta(30)),
        between=(start - timedelta(15), start + timedelta(15)),
    )

    assert [each.starts_at for each in found] == [at(TUESDAY + timedelta(days), 19) for days in (-1, 3, -4)]


@pytest.fixture
def session(practice, facilitator, co_facilitator):
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, room=make_room(practice))
    return make_session(group, at(TUESDAY, 19, 30), room=group.room)


def test_a_session_does_not_move_to_where_she_is_away(as_facilitator, practice, session, facilitator):
    away(facilitator, TUESDAY + timedelta(1))
    given = {"day": TUESDAY + timedelta(1), "starts_at": "19:30", "room": session.room_id}

    response = as_facilitator.post(reverse("sessions:move", args=[practice.slug, session.pk]), given)

    (words,) = response.context["form"].errors["day"]
    assert words.startswith("Mila Verloskundige is away on Wednesday")
    assert response.context["form"].openings


def test_where_it_was_planned_already_it_is_told_with_a_way_to_a_substitute(
    as_facilitator, as_co_facilitator, practice, session, facilitator, co_facilitator
):
    away(co_facilitator, TUESDAY)
    work_ends(facilitator, TUESDAY)

    series = as_facilitator.get(reverse("sessions:series", args=[practice.slug, session.group_id]))
    (row,) = series.context["rows"]
    assert [words.split(" on ")[0].split(" up ")[0] for words in row.away] == [
        "Mila Verloskundige works here", "Aisha Assistente is away"
    ]  # fmt: skip

    page = as_facilitator.get(reverse("sessions:leads", args=[practice.slug, session.pk]))
    assert page.context["away"] == row.away

    address = reverse("sessions:while_away", args=[practice.slug, co_facilitator.pk])
    assert as_facilitator.get(address).status_code == 404
    own = as_co_facilitator.get(address)
    assert [lead.session for lead, _words in own.context["leads"]] == [session]
    assert "Name a substitute" not in own.content.decode()


def test_who_takes_over_is_there_that_evening_and_may_be_away_once_later(practice, session, facilitator):
    later = make_session(session.group, at(TUESDAY + timedelta(7), 19, 30))
    vera = make_membership(practice, Role.FACILITATOR, name="Vera")
    away(vera, later.day)

    def to_vera(this):
        change = Change(seat=seats_of(this)[0], member=vera)
        return Replacement(session=this, changes=[change], following=later_than(this), for_good=True)

    with pytest.raises(Clashes):
        to_vera(later).carry_out(seen=set(later.leads.values_list("pk", flat=True)), now=NOW)
    to_vera(session).carry_out(seen=set(session.leads.values_list("pk", flat=True)), now=NOW)

    assert later.leads.standing().get(role="first").membership == vera


def test_nobody_takes_over_beyond_the_end_of_her_work(as_facilitator, practice, session):
    make_session(session.group, at(TUESDAY + timedelta(7), 19, 30))
    vera = make_membership(practice, Role.FACILITATOR, name="Vera", ends_on=TUESDAY + timedelta(7))
    leads = {lead.role: lead for lead in session.leads.all()}
    given = {"first": vera.pk, "co": leads["co"].membership_id, "for_good": "on"}

    response = as_facilitator.post(reverse("sessions:leads", args=[practice.slug, session.pk]), given)

    (words,) = response.context["form"].errors["first"]
    assert words.startswith("Vera works here up to and including")


# Planned with


@pytest.fixture
def choices(practice, facilitator):
    """A series of ten from that Tuesday on."""
    middle = TUESDAY + timedelta(168)
    return {
        "template": ScheduleTemplate.objects.get(name__startswith="9 + 1"),
        "window": (middle - timedelta(14), middle + timedelta(14)),
        "first_on": TUESDAY,
        "starts_at": time(19, 30),
        "room": make_room(practice, "Kring"),
        "first": facilitator,
    }


@pytest.fixture
def filled(choices):
    return {
        "kind": "pregnancy",
        "form_key": str(uuid4()),
        "template": choices["template"].pk,
        "window_from": choices["window"][0],
        "window_last": choices["window"][1] - timedelta(1),
        "first_on": TUESDAY,
        "starts_at": "19:30",
        "room": choices["room"].pk,
        "first": choices["first"].pk,
        "language": "nl",
        "mode": "in_person",
        "minimum": 6,
        "target": 10,
        "maximum": 12,
    }


def test_an_absence_is_shown_at_its_date_and_planned_over_only_when_that_is_said(
    practice, as_facilitator, filled, facilitator
):
    address = reverse("sessions:plan", args=[practice.slug])
    away(facilitator, TUESDAY + timedelta(20), TUESDAY + timedelta(30))

    shown = as_facilitator.post(address, filled, headers=HTMX)
    dates = shown.context["preview"].dates
    assert [date_.planned.step.number for date_ in dates if date_.clashes] == [2]
    assert "is away from" in clash_in_words(dates[1].clashes[0])
    assert "despite_absences" in shown.content.decode()
    assert as_facilitator.post(address, filled).status_code == 422
    assert not CareGroup.objects.exists()

    as_facilitator.post(address, {**filled, "despite_absences": "on"})
    assert CareGroup.objects.get().sessions.count() == 10


def test_a_series_longer_than_her_contract_is_refused_at_her_field_and_the_rest_stays(
    practice, facilitator, coordinator, filled, choices
):
    work_ends(facilitator, TUESDAY + timedelta(100))

    response = client_of(coordinator).post(reverse("sessions:plan", args=[practice.slug]), filled)

    (words,) = response.context["form"].errors["first"]
    assert words.startswith("Mila Verloskundige works here up to and including")
    assert "Session 6 is on" in words
    assert response.context["form"]["room"].value() == str(filled["room"])
    with pytest.raises(Clashes) as refusal:
        plan_group(practice, by=coordinator, now=NOW, despite_absences=True, **choices)
    assert {clash.taken for clashes in refusal.value.found.values() for clash in clashes} == {Taken.GONE}
