"""The page that plans a group, through its address."""

import re
from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db.models.signals import post_save
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup
from participants.models import AccessRecord
from practices.models import ClosedDays, Profession, Role, Room
from practices.tenancy import practice_scope
from sessions.defaults import give_templates
from sessions.models import ScheduleTemplate, Series
from sessions.planning_forms import PlanForm, beginnings
from tests.cast import client_of
from tests.factories import (
    at,
    enrol,
    make_child,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_room,
    make_session,
)

pytestmark = pytest.mark.begins_with.with_args(give_templates)

TODAY = timezone.localdate()
HTMX = {"HX-Request": "true"}


def next_open_day(after):
    """A Tuesday with no public holiday in the two months after it."""
    day = date(after.year + 1, 9, 1)
    return day + timedelta((1 - day.weekday()) % 7)


# The first date, and a window whose middle asks for it at 16 weeks.
FIRST = next_open_day(TODAY)
MIDDLE = FIRST + timedelta(days=168)


@pytest.fixture
def url(practice):
    return reverse("sessions:plan", args=[practice.slug])


@pytest.fixture
def filled(practice, facilitator, co_facilitator):
    """A form as somebody sends it; a test changes what it is about."""
    return {
        "kind": "pregnancy",
        "form_key": str(uuid4()),
        "template": ScheduleTemplate.objects.get(name__startswith="9 + 1").pk,
        "window_from": MIDDLE - timedelta(days=14),
        "window_last": MIDDLE + timedelta(days=13),
        "first_on": FIRST,
        "starts_at": "19:30",
        "room": make_room(practice, "Kring").pk,
        "first": facilitator.pk,
        "co": co_facilitator.pk,
        "language": "nl",
        "mode": "in_person",
        "minimum": 6,
        "target": 10,
        "maximum": 12,
    }


def words_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_one_button_plans_the_group_and_enrols_whom_was_ticked(practice, as_facilitator, url, filled):
    people = [make_participant(practice, due_on=MIDDLE) for _ in range(2)]

    response = as_facilitator.post(url, {**filled, "people": [person.pk for person in people]})

    group = CareGroup.objects.get()
    assert response.url == reverse("groups:group", args=[practice.slug, group.pk])
    assert group.sessions.count() == 10
    assert group.window_until == MIDDLE + timedelta(days=14)
    assert {place.participant for place in group.enrolments.enrolled()} == set(people)


def test_a_group_of_parents_is_planned_by_the_births(practice, as_facilitator, url, filled):
    born = FIRST - timedelta(days=49)
    mother = make_participant(practice)
    make_child(mother, born)
    template = ScheduleTemplate.objects.get(kind="parenting")
    window = {"window_from": born - timedelta(days=14), "window_last": born + timedelta(days=13)}

    as_facilitator.post(
        url,
        {**filled, **window, "kind": "parenting", "template": template.pk, "starts_at": "10:00", "people": mother.pk},
    )

    group = CareGroup.objects.get()
    assert (group.kind, group.sessions.count(), group.enrolments.count()) == ("parenting", 8, 1)


def test_a_double_click_makes_one_group_and_enrols_once(practice, as_facilitator, url, filled):
    ticked = {**filled, "people": make_participant(practice, due_on=MIDDLE).pk}

    first = as_facilitator.post(url, ticked)
    second = as_facilitator.post(url, ticked)

    assert first.url == second.url
    assert CareGroup.objects.count() == 1


def test_the_preview_shows_dates_and_ages_and_plans_nothing(practice, as_facilitator, url, filled):
    make_participant(practice, "Merel", due_on=MIDDLE)

    response = as_facilitator.post(url, filled, headers=HTMX)

    page = response.content.decode()
    assert [date_.age for date_ in response.context["preview"].dates[:3]] == ["16+0", "20+0", "24+0"]
    assert "Merel" in page
    assert "<html" not in page
    assert not CareGroup.objects.exists()


def test_looking_at_who_fits_is_noted(practice, as_facilitator, url, filled, facilitator):
    person = make_participant(practice, due_on=MIDDLE)

    as_facilitator.post(url, filled, headers=HTMX)

    record = AccessRecord.objects.get()
    assert (record.participant, record.membership, record.page) == (person, facilitator, "sessions:plan")


def test_ticks_survive_the_preview(practice, as_facilitator, url, filled):
    person = make_participant(practice, due_on=MIDDLE)

    response = as_facilitator.post(url, {**filled, "people": person.pk}, headers=HTMX)

    assert f'value="{person.pk}"' in response.content.decode()
    assert response.context["preview"].ticked == {person.pk}


def test_another_schedule_brings_its_sizes_along(practice, as_facilitator, url, filled):
    small = ScheduleTemplate.objects.create(
        practice=practice, name="Klein", kind="pregnancy", minimum=2, target=3, maximum=4
    )
    small.steps.create(practice=practice, number=1, anchor="pregnancy", days=112, theme="A")

    chosen = {**filled, "template": small.pk, "sizes_of": filled["template"]}
    page = as_facilitator.post(url, chosen, headers=HTMX).content.decode()
    same = as_facilitator.post(url, {**filled, "sizes_of": filled["template"]}, headers=HTMX)

    assert 'id="sizes"' not in same.content.decode()
    assert 'id="sizes" hx-swap-oob="true"' in page
    assert 'name="maximum" value="4"' in page


def test_without_javascript_a_button_shows_the_dates(as_facilitator, url, filled):
    response = as_facilitator.post(url, {**filled, "show": "1"})

    assert response.status_code == 200
    assert len(response.context["preview"].dates) == 10
    assert not CareGroup.objects.exists()


def test_a_clash_is_told_at_its_date_before_and_after_the_button(practice, as_facilitator, url, filled, facilitator):
    other = make_group(practice, by=facilitator, first=facilitator, name="De ooievaars")
    make_session(other, timezone.make_aware(timezone.datetime.combine(FIRST, time(20))))

    before = as_facilitator.post(url, filled, headers=HTMX)
    after = as_facilitator.post(url, filled)

    assert [len(date_.clashes) for date_ in before.context["preview"].dates] == [1] + [0] * 9
    assert f"{facilitator.user.name} leads De ooievaars then, 20:00–22:00." in before.content.decode()
    assert after.status_code == 422
    assert f"{facilitator.user.name} leads De ooievaars then" in after.content.decode()
    assert "Nothing is planned yet" in after.content.decode()
    assert CareGroup.objects.count() == 1


def test_one_of_three_free_moments_replans_the_date_in_the_way(practice, as_facilitator, url, filled, facilitator):
    make_session(make_group(practice, by=facilitator), at(FIRST, 19), room=Room.objects.get())
    shown = as_facilitator.post(url, filled, headers=HTMX).text
    offered = re.findall(r'name="take" value="(1\|[^"]+)"', shown)
    assert len(offered) == 3

    taken = as_facilitator.post(url, {**filled, "take": offered[0]}, headers=HTMX).text
    assert "nothing in the way" in taken
    moment = offered[0].removeprefix("1|")
    assert f'name="chosen-1" value="{moment}"' in taken
    assert CareGroup.objects.count() == 1
    as_facilitator.post(url, {**filled, "chosen-1": moment})

    group = CareGroup.objects.exclude(facilitations=None).get()
    assert group.sessions.get(number=1).starts_at.isoformat() == moment


def test_a_date_of_its_own_is_given_back(practice, as_facilitator, url, filled):
    own = at(FIRST, 16).isoformat()

    shown = as_facilitator.post(url, {**filled, "chosen-1": own, "take": "1|"}, headers=HTMX).text

    assert "chosen-1" not in shown
    assert CareGroup.objects.count() == 0


def test_without_javascript_a_free_moment_comes_with_the_whole_page(practice, as_facilitator, url, filled):
    answer = as_facilitator.post(url, {**filled, "take": f"1|{at(FIRST, 16).isoformat()}"})

    assert (answer.status_code, CareGroup.objects.count()) == (200, 0)
    assert 'name="chosen-1"' in answer.text


@pytest.mark.parametrize(
    "value", ["", "tomorrow", "2027-13-40T10:00:00+00:00", "2027-03-04T10:00:00", "0001-01-01T10:00Z"]
)
def test_a_chosen_moment_that_is_none_is_left_out(as_facilitator, url, filled, value):
    shown = as_facilitator.post(
        url,
        {**filled, "chosen-1": value, "chosen-x": value, f"chosen-{'9' * 5000}": "2027-03-04T18:30:00+00:00"},
        headers=HTMX,
    ).text

    assert "chosen-" not in shown


def test_dates_that_are_out_of_order_are_told_and_can_be_given_back(as_facilitator, url, filled):
    crossed = {**filled, "chosen-2": at(FIRST, 8).isoformat()}

    shown = as_facilitator.post(url, crossed, headers=HTMX).text
    answer = as_facilitator.post(url, crossed)

    assert "Session 2 is not after the one before it." in shown
    assert 'name="take" value="2|"' in shown
    assert (answer.status_code, CareGroup.objects.count()) == (422, 0)
    assert "Session 2 is not after the one before it." in answer.text


def test_a_clash_in_another_practice_says_only_elsewhere(practice, as_facilitator, url, filled, facilitator):
    elsewhere = make_practice("elders")
    with practice_scope(elsewhere):
        guest = make_membership(elsewhere, Role.FACILITATOR, user=facilitator.user)
        group = make_group(elsewhere, by=guest, first=guest, name="Geheim")
        make_session(group, timezone.make_aware(timezone.datetime.combine(FIRST, time(20))))

    page = as_facilitator.post(url, filled).content.decode()

    assert "leads a session elsewhere then" in page
    assert "Geheim" not in page
    assert "elders" not in page


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"window_last": MIDDLE - timedelta(days=15)}, "window_last", "The window must end after it starts."),
        ({"first_on": TODAY - timedelta(days=1)}, "first_on", "This day has passed. Choose a day from today on."),
        ({"first_on": "0002-01-01"}, "first_on", "Look at the year again."),
        ({"room": ""}, "room", "Choose the room where the group meets."),
        ({"mode": "online", "room": ""}, "online_url", "An online group needs the link to its online room."),
        (
            {"mode": "online", "room": "", "online_url": "our room"},
            "online_url",
            "Give the link as the online room shows it, for instance https://example.org/room.",
        ),
        ({"target": 13}, "target", "Use sizes that rise: at least, full at, at most."),
        (
            {"maximum": 1, "target": 1, "minimum": 1, "people": "two"},
            "people",
            "You ticked 2 people; there are 1 places.",
        ),
        (
            {"people": "stranger"},
            "people",
            "Somebody you ticked does not fit this group any more. Look at the list again.",
        ),
    ],
)
def test_bad_input_is_told_beside_its_field_and_keeps_what_was_typed(
    practice, as_facilitator, url, filled, change, field, words
):
    fitting = [make_participant(practice, due_on=MIDDLE).pk for _ in range(2)]
    late = make_participant(practice, due_on=MIDDLE + timedelta(days=60)).pk
    people = {"two": fitting, "stranger": [late]}.get(change.get("people"), [])

    response = as_facilitator.post(url, {**filled, "name": "Zwaluwen", **change, "people": people})

    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors[field] == [words]
    assert 'value="Zwaluwen"' in response.content.decode()
    assert not CareGroup.objects.exists()


def test_the_same_person_cannot_be_both_facilitators(as_facilitator, url, filled, facilitator):
    response = as_facilitator.post(url, {**filled, "co": facilitator.pk})

    assert response.context["form"].errors["co"] == ["Choose two different people."]


def test_a_first_date_on_a_closed_day_is_refused_with_the_reason(practice, as_facilitator, url, filled):
    ClosedDays.objects.create(practice=practice, starts_on=FIRST, ends_on=FIRST, reason="Studiedag")

    answers = [as_facilitator.post(url, filled, headers=headers) for headers in ({}, {"HX-Request": "true"})]

    assert "is closed: Studiedag. Choose another day." in answers[0].context["form"].errors["first_on"][0]
    assert all("Studiedag" in answer.content.decode() for answer in answers)


def test_a_practice_that_is_closed_for_good_is_told_which_session_finds_no_day(practice, as_facilitator, url, filled):
    ClosedDays.objects.create(
        practice=practice,
        starts_on=FIRST + timedelta(days=1),
        ends_on=FIRST + timedelta(days=1200),
        reason="Verbouwing",
    )

    response = as_facilitator.post(url, filled)

    assert response.status_code == 422
    assert "Session 2 finds no open day" in response.content.decode()


def test_the_choices_are_those_of_the_practice_and_of_the_profession(
    practice, facilitator, coordinator, co_facilitator
):
    gone = make_membership(practice, Role.FACILITATOR, name="Weg", ends_on=TODAY)
    assistant = make_membership(practice, Role.FACILITATOR, profession=Profession.ASSISTANT, name="Zonder")
    make_room(practice, "Oud", retired_on=TODAY)
    elsewhere = make_practice()
    with practice_scope(elsewhere):
        make_membership(elsewhere, Role.FACILITATOR)
        make_room(elsewhere)

    form = PlanForm(membership=facilitator, kind="pregnancy", now=timezone.now())

    assert list(form.fields["first"].queryset) == [facilitator]
    assert set(form.fields["co"].queryset) == {facilitator, coordinator, co_facilitator, assistant}
    assert gone not in form.fields["co"].queryset
    assert list(form.fields["room"].queryset) == []


def test_a_new_page_begins_where_most_people_wait(practice, facilitator):
    room = make_room(practice)
    due = TODAY + timedelta(days=220)
    for offset in (0, 3, 5):
        make_participant(practice, due_on=due + timedelta(days=offset))

    begun = beginnings(facilitator, "pregnancy", now=timezone.now())

    assert (begun["window_from"], begun["window_last"]) == (due, due + timedelta(days=27))
    assert begun["first_on"] >= due + timedelta(days=14 - 168)
    assert (begun["room"], begun["first"], begun["maximum"]) == (room, facilitator, 12)


def test_youth_care_begins_with_parents(db):
    practice = make_practice(kind="youth", with_defaults=True)
    with practice_scope(practice):
        nurse = make_membership(practice, Role.FACILITATOR, profession=Profession.YOUTH_NURSE)

    response = client_of(nurse).get(reverse("sessions:plan", args=[practice.slug]))

    assert response.context["form"].group_kind == "parenting"
    assert "Born from" in response.content.decode()


def test_the_other_kind_is_one_link_away(as_facilitator, url):
    assert f'href="{url}?kind=co"' in as_facilitator.get(url).content.decode()
    assert as_facilitator.get(url, {"kind": "co"}).context["form"].group_kind == "parenting"
    assert as_facilitator.get(url, {"kind": "nonsense"}).context["form"].group_kind == "pregnancy"


def test_a_practice_without_a_schedule_for_the_kind_is_told_so(practice, as_facilitator, url):
    ScheduleTemplate.objects.all().delete()

    assert "This practice has no schedule for this kind of group." in as_facilitator.get(url).content.decode()


def test_a_co_facilitator_does_not_plan(as_co_facilitator, url, filled):
    assert as_co_facilitator.get(url).status_code == 403
    assert as_co_facilitator.post(url, filled).status_code == 403
    assert not CareGroup.objects.exists()


def test_somebody_who_was_placed_meanwhile_keeps_everybody_out_and_is_named(
    practice, as_facilitator, url, filled, facilitator
):
    people = [make_participant(practice, name, "", due_on=MIDDLE) for name in ("Merel", "Sanne")]
    other = make_group(practice, by=facilitator)

    # After the form was found in order, and before anybody is enrolled.
    def meanwhile(**told):
        enrol(other, people[1], by=facilitator)

    post_save.connect(meanwhile, sender=Series)
    response = as_facilitator.post(url, {**filled, "people": [person.pk for person in people]})
    post_save.disconnect(meanwhile, sender=Series)

    assert response.status_code == 422
    assert response.context["form"].errors["people"] == ["Sanne has got a place in another group meanwhile."]
    assert list(CareGroup.objects.all()) == [other]


def test_the_page_costs_the_same_for_one_person_and_for_three(practice, as_facilitator, url, django_assert_num_queries):
    for count in (1, 2):
        for _ in range(count):
            make_participant(practice, due_on=TODAY + timedelta(days=200))

        with django_assert_num_queries(37):
            as_facilitator.get(url)
