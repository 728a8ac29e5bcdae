"""The page of a group, its series, who gets a place in it and who leaves it."""

from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.events import people_changed
from groups.models import CareGroup, Enrolment
from participants.models import AccessRecord, Participant
from practices.models import Role
from sessions.defaults import give_templates
from sessions.models import Attendance, ScheduleTemplate
from sessions.planning import plan_group
from tests.cast import client_of
from tests.factories import (
    at,
    enrol,
    make_child,
    make_group,
    make_membership,
    make_participant,
    make_room,
    make_session,
)

pytestmark = pytest.mark.begins_with.with_args(give_templates)

NOW = timezone.now()


@pytest.fixture
def group(practice, facilitator, co_facilitator):
    return make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, name="Zwaluwen", maximum=3)


@pytest.fixture
def sanne(practice, group, facilitator):
    person = make_participant(practice, "Sanne", due_on=date(2027, 3, 9))
    enrol(group, person, by=facilitator)
    return person


def page_of(name, group, *more):
    return reverse(name, args=[group.practice.slug, group.pk, *more])


# The page of a group


def test_the_circle_seats_who_is_in_the_group_and_leaves_the_rest_free(as_facilitator, group, sanne):
    response = as_facilitator.get(page_of("groups:group", group))

    seats = response.context["seats"]
    assert [(seat.label, seat.state) for seat in seats] == [("Sanne", "expected"), ("", "empty"), ("", "empty")]
    assert seats[0].url == reverse("participants:person", args=[group.practice.slug, sanne.pk])
    assert "1 of 3 seats" in response.content.decode()


def test_a_large_theme_group_draws_only_the_seats_that_are_taken(practice, facilitator, as_facilitator):
    group = make_group(practice, by=facilitator, kind=CareGroup.Kind.THEME, maximum=30)
    enrol(group, make_participant(practice), by=facilitator)

    assert len(as_facilitator.get(page_of("groups:group", group)).context["seats"]) == 1


def test_waiting_and_gone_people_stand_apart(practice, as_facilitator, group, sanne):
    waiting, left = (make_participant(practice, name) for name in ("Wacht", "Weg"))
    group.enrolments.create(practice=practice, participant=waiting, state="waiting", waiting_at=NOW)
    group.enrolments.create(practice=practice, participant=left, state="left", left_at=NOW, reason="moved")

    people = as_facilitator.get(page_of("groups:group", group)).context["people"]

    assert [place.participant for place in people.inside] == [sanne]
    assert [place.participant for place in people.on_the_way] == [waiting]
    assert [(place.participant, place.reason) for place in people.gone] == [(left, "moved")]


def test_a_group_of_parents_names_the_babies(practice, facilitator, as_facilitator):
    group = make_group(practice, by=facilitator, kind=CareGroup.Kind.PARENTING)
    mother = make_participant(practice)
    make_child(mother, timezone.localdate() - timedelta(days=50), given_name="Noor")
    enrol(group, mother, by=facilitator)

    page = as_facilitator.get(page_of("groups:group", group)).content.decode()

    assert "Noor" in page
    assert "7 weeks" in page


def test_looking_at_a_group_is_noted_for_each_person_in_it(as_facilitator, group, sanne, facilitator):
    as_facilitator.get(page_of("groups:group", group))

    record = AccessRecord.objects.get()
    assert (record.participant, record.membership, record.page) == (sanne, facilitator, "groups:group")


def test_a_co_facilitator_opens_her_own_group_and_changes_nothing(
    practice, as_co_facilitator, facilitator, group, sanne
):
    other = make_group(practice, by=facilitator)

    own = as_co_facilitator.get(page_of("groups:group", group))

    assert own.status_code == 200
    assert page_of("sessions:enrol", group) not in own.content.decode()
    assert as_co_facilitator.get(page_of("groups:group", other)).status_code == 404
    assert as_co_facilitator.get(page_of("sessions:series", other)).status_code == 404
    assert as_co_facilitator.get(page_of("sessions:enrol", group)).status_code == 403
    assert as_co_facilitator.get(page_of("groups:leave", group, sanne.enrolments.get().pk)).status_code == 403


def test_only_planners_change_groups_and_places(group, sanne, facilitator, coordinator, co_facilitator):
    def may_change(membership):
        return [rows.objects.editable_by(membership).exists() for rows in (CareGroup, Enrolment)]

    assert may_change(facilitator) == may_change(coordinator) == [True, True]
    assert may_change(co_facilitator) == [False, False]


def test_a_series_that_has_ended_gives_and_takes_no_places(as_facilitator, group, sanne):
    make_session(group, NOW - timedelta(days=2))

    page = as_facilitator.get(page_of("groups:group", group)).content.decode()

    assert "This series has ended." in page
    assert page_of("sessions:enrol", group) not in page
    assert "/leave/" not in page


def test_an_empty_group_offers_the_first_enrolment(as_facilitator, as_co_facilitator, group):
    assert "Enrol the first people" in as_facilitator.get(page_of("groups:group", group)).content.decode()
    assert "Enrol the first people" not in as_co_facilitator.get(page_of("groups:group", group)).content.decode()


def test_the_page_costs_the_same_for_one_person_and_for_three(
    practice, facilitator, as_facilitator, group, django_assert_num_queries
):
    bare = 12
    for count in (1, 2):
        for _ in range(count):
            enrol(group, make_participant(practice, due_on=date(2027, 3, 9)), by=facilitator)

        # The group, who is in it with the children, who leads it, when it ends, and the note of who looked.
        with django_assert_num_queries(bare + 6):
            as_facilitator.get(page_of("groups:group", group))


# The series


@pytest.fixture
def planned(practice, facilitator, co_facilitator):
    return plan_group(
        practice,
        template=ScheduleTemplate.objects.get(name__startswith="9 + 1"),
        window=(date(2027, 5, 3), date(2027, 5, 31)),
        first_on=date(2026, 11, 30),
        starts_at=time(19, 30),
        room=make_room(practice, "Kring"),
        first=facilitator,
        co=co_facilitator,
        by=facilitator,
        now=at(date(2026, 9, 1), 12),
    )


def test_the_series_shows_ages_leads_and_reasons(as_facilitator, planned, facilitator, co_facilitator):
    response = as_facilitator.get(page_of("sessions:series", planned))

    rows = response.context["rows"]
    assert [row.age for row in rows] == [
        *("16+0", "21+0", "24+0", "27+0", "30+0", "32+0", "34+0", "36+0", "38+0"),
        "babies of about 8 weeks",
    ]
    assert rows[0].leads == [facilitator.user.name, co_facilitator.user.name]
    assert "Kring" in response.content.decode()


def test_the_series_is_a_fragment_of_the_page_of_its_group(as_facilitator, planned):
    page = as_facilitator.get(page_of("groups:group", planned)).content.decode()
    fragment = as_facilitator.get(page_of("sessions:series", planned), headers={"HX-Request": "true"}).content.decode()

    assert f'hx-get="{page_of("sessions:series", planned)}"' in page
    assert "<html" not in fragment
    assert "Kennismaken, voeding en leefstijl" in fragment


def test_each_state_of_a_session_is_named(practice, facilitator, as_facilitator):
    group = make_group(practice, by=facilitator, first=facilitator)
    ended = {"cancelled_at": NOW, "cancelled_by": facilitator}
    make_session(group, NOW - timedelta(days=20), number=1, closed_at=NOW, closed_by=facilitator)
    make_session(group, NOW - timedelta(days=15), number=2)
    make_session(group, NOW - timedelta(days=10), number=3, **ended)
    make_session(group, NOW, number=4)
    make_session(group, NOW + timedelta(days=10), number=5)

    rows = as_facilitator.get(page_of("sessions:series", group)).context["rows"]

    assert [row.state.value for row in rows] == ["closed", "open", "cancelled", "today", "ahead"]
    assert [row.may_change for row in rows] == [False, True, False, True, True]


def test_a_session_that_people_came_to_is_not_offered_for_moving(practice, facilitator, as_facilitator, group, sanne):
    session = make_session(group, NOW)
    Attendance.objects.create(
        practice=practice,
        session=session,
        enrolment=sanne.enrolments.get(),
        outcome="present",
        recorded_at=NOW,
        recorded_by=facilitator,
    )

    (row,) = as_facilitator.get(page_of("sessions:series", group)).context["rows"]

    assert not row.may_change


def test_the_series_costs_the_same_for_one_session_and_for_three(
    practice, as_facilitator, group, django_assert_num_queries
):
    bare = 12
    for count in (1, 2):
        for _ in range(count):
            make_session(group, NOW + timedelta(days=7 * group.sessions.count()))

        # The group, its series (twice), the sessions, their leads and who of these is away.
        with django_assert_num_queries(bare + 6):
            as_facilitator.get(page_of("sessions:series", group))


# Enrolling


def ids(*people):
    return {"people": [person.pk for person in people]}


def test_people_who_fit_are_listed_and_ticked_ones_get_a_place(practice, as_facilitator, group):
    fits = make_participant(practice, "Past", due_on=date(2027, 3, 9))
    make_participant(practice, "Later", due_on=date(2027, 8, 9))

    listed = as_facilitator.get(page_of("sessions:enrol", group))
    enrolled = as_facilitator.post(page_of("sessions:enrol", group), ids(fits))

    assert [one.participant for one in listed.context["fitting"]] == [fits]
    assert enrolled.url == page_of("groups:group", group)
    assert [place.participant for place in group.enrolments.enrolled()] == [fits]


def test_somebody_is_looked_up_by_name_without_her_name_in_an_address(practice, as_facilitator, group):
    later = make_participant(practice, "Zoë", "van Dam", due_on=date(2027, 8, 9))
    nothing = make_participant(practice, "Zoë", "Niets")

    response = as_facilitator.post(page_of("sessions:enrol", group), {"q": "zoe"})

    assert {one.participant: one.can_join for one in response.context["found"]} == {later: True, nothing: False}
    assert "outside the window" in response.content.decode()
    assert set(AccessRecord.objects.values_list("participant", flat=True)) == {later.pk, nothing.pk}


def test_somebody_outside_the_window_can_join_all_the_same(practice, as_facilitator, group):
    later = make_participant(practice, due_on=date(2027, 8, 9))

    as_facilitator.post(page_of("sessions:enrol", group), ids(later))

    assert group.enrolments.enrolled().get().participant == later


def test_more_people_than_places_are_told_so_and_nobody_is_enrolled(practice, as_facilitator, group):
    people = [make_participant(practice, due_on=date(2027, 3, 9)) for _ in range(4)]

    response = as_facilitator.post(page_of("sessions:enrol", group), ids(*people))

    assert response.status_code == 422
    assert "You ticked 4 people and 3 places are left. Nobody was enrolled; tick fewer." in response.content.decode()
    assert response.context["ticked"] == {person.pk for person in people}
    assert not group.enrolments.exists()


def test_nobody_ticked_is_told(as_facilitator, group):
    response = as_facilitator.post(page_of("sessions:enrol", group), {"people": ["x"]})

    assert response.context["problem"] == "Tick the people who get a place."


def test_who_cannot_join_or_is_of_another_practice_is_refused(practice, as_facilitator, group, facilitator):
    nothing = make_participant(practice)

    refused = as_facilitator.post(page_of("sessions:enrol", group), ids(nothing))
    unknown = as_facilitator.post(page_of("sessions:enrol", group), {"people": [10**9]})

    assert refused.status_code == unknown.status_code == 422
    assert not group.enrolments.exists()


def test_a_full_group_says_so_and_shows_no_form(practice, as_facilitator, facilitator, group):
    enrol(group, *(make_participant(practice, due_on=date(2027, 3, 9)) for _ in range(3)), by=facilitator)

    page = as_facilitator.get(page_of("sessions:enrol", group)).content.decode()

    assert "Every place of this group is taken." in page
    assert 'name="people"' not in page


def test_a_cancelled_group_takes_nobody(as_facilitator, group, facilitator):
    CareGroup.objects.filter(pk=group.pk).update(cancelled_at=NOW, cancelled_by=facilitator)

    assert as_facilitator.get(page_of("sessions:enrol", group)).status_code == 404


def test_the_list_costs_the_same_for_one_person_and_for_three(
    practice, as_facilitator, group, django_assert_num_queries
):
    bare = 12
    for count in (1, 2):
        for _ in range(count):
            make_participant(practice, due_on=date(2027, 3, 9))

        # The group, the people with what they expect, their children and their places, the count, and the note.
        with django_assert_num_queries(bare + 7):
            as_facilitator.get(page_of("sessions:enrol", group))


# Leaving


@pytest.fixture
def heard():
    said = []

    def receiver(sender, **told):
        said.append([place.participant for place in told["enrolments"]])

    people_changed.connect(receiver)
    yield said
    people_changed.disconnect(receiver)


def test_taking_somebody_out_keeps_who_when_and_why_and_frees_the_place(
    as_facilitator, group, sanne, facilitator, heard
):
    place = sanne.enrolments.get()

    response = as_facilitator.post(page_of("groups:leave", group, place.pk), {"reason": "moved"})

    place.refresh_from_db()
    assert response.url == page_of("groups:group", group)
    assert (place.state, place.reason, place.left_by) == ("left", "moved", facilitator)
    assert place.left_at
    assert heard == [[sanne]]
    assert group.enrolments.taking_a_place().count() == 0


def test_leaving_needs_a_reason(as_facilitator, group, sanne, heard):
    url = page_of("groups:leave", group, sanne.enrolments.get().pk)

    asked, refused = as_facilitator.get(url), as_facilitator.post(url, {"reason": ""})

    assert "Take Sanne de Vries out of the group?" in asked.content.decode()
    assert refused.status_code == 422
    assert refused.context["form"].errors["reason"] == ["Choose a reason; “unknown” is one too."]
    assert heard == []


def test_who_has_left_cannot_leave_again_and_may_come_back(as_facilitator, group, sanne, facilitator):
    url = page_of("groups:leave", group, sanne.enrolments.get().pk)
    as_facilitator.post(url, {"reason": "moved"})

    assert as_facilitator.get(url).status_code == 404
    group.enrol(sanne, by=facilitator, now=timezone.now())
    back = sanne.enrolments.get()
    assert (back.state, back.left_at, back.left_by, back.reason) == ("enrolled", None, None, "")


def test_a_place_of_another_group_is_not_found(practice, as_facilitator, facilitator, group, sanne):
    other = make_group(practice, by=facilitator)

    assert as_facilitator.get(page_of("groups:leave", other, sanne.enrolments.get().pk)).status_code == 404


# On the page of a person


def test_a_person_shows_the_groups_that_the_looker_may_open(practice, facilitator, group, sanne):
    later = make_group(practice, by=facilitator, name="Merels", kind=CareGroup.Kind.THEME)
    enrol(later, sanne, by=facilitator)
    url = reverse("groups:of_participant", args=[practice.slug, sanne.pk])
    assistant = make_membership(practice, Role.CO_FACILITATOR)
    group.facilitations.create(practice=practice, membership=assistant, role="co", starts_on=date(2026, 1, 1))

    whole, own = client_of(facilitator).get(url), client_of(assistant).get(url)

    assert [row.group.name for row in whole.context["enrolments"]] == ["Merels", "Zwaluwen"]
    assert [row.group.name for row in own.context["enrolments"]] == ["Zwaluwen"]


def test_a_person_without_a_group_says_so(practice, as_facilitator):
    person = make_participant(practice)

    page = as_facilitator.get(reverse("groups:of_participant", args=[practice.slug, person.pk])).content.decode()

    assert "Not in a group yet." in page
    assert Participant.objects.count() == 1


def test_the_groups_of_a_person_cost_the_same_for_one_and_for_three(
    practice, facilitator, as_facilitator, django_assert_num_queries
):
    bare, person = 12, make_participant(practice)
    for count in (1, 2):
        for _ in range(count):
            enrol(make_group(practice, by=facilitator, kind=CareGroup.Kind.THEME), person, by=facilitator)

        with django_assert_num_queries(bare + 2):
            as_facilitator.get(reverse("groups:of_participant", args=[practice.slug, person.pk]))
