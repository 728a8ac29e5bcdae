"""Planning a group with its series, and who fits it."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from groups.models import CareGroup, Enrolment, GroupFull
from groups.placement import Wanted, Why, candidates, considered, suggested_window, what_comes_along
from participants.models import Participant
from practices.founding import practice_founded
from practices.models import ClosedDays, Practice, Role
from practices.tenancy import practice_scope
from sessions.clashes import Clashes, Taken
from sessions.defaults import give_templates
from sessions.events import people_changed, sessions_changed
from sessions.library import ActivityFormat, copied
from sessions.models import GroupSession, ScheduleTemplate
from sessions.planning import PlacedElsewhere, Plan, enrol, enrol_all, plan_group
from sessions.schedule import Code, Remark
from sessions.working_days import working_days
from tests.factories import (
    AMSTERDAM,
    at,
    make_child,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_room,
    make_session,
)

pytestmark = pytest.mark.begins_with.with_args(give_templates)

# Due in the four weeks around Monday 17 May 2027; week 16 of the middle is Monday 30 November 2026.
WINDOW = (date(2027, 5, 3), date(2027, 5, 31))
FIRST = date(2026, 11, 30)
NOW = at(date(2026, 9, 1), 12)


@pytest.fixture
def room(practice):
    return make_room(practice, "Kring")


@pytest.fixture
def choices(practice, room, facilitator, co_facilitator):
    """What makes a plain pregnancy group; a test changes what it is about."""
    return {
        "template": ScheduleTemplate.objects.get(name__startswith="9 + 1"),
        "window": WINDOW,
        "first_on": FIRST,
        "starts_at": time(19, 30),
        "room": room,
        "first": facilitator,
        "co": co_facilitator,
        "by": facilitator,
        "now": NOW,
    }


@pytest.fixture
def heard():
    """What the signals say while a test runs."""
    said = []

    def listen(signal, kind):
        def receiver(sender, now, **told):
            said.append((kind, told))

        signal.connect(receiver)
        return receiver

    receivers = [(signal, listen(signal, kind)) for signal, kind in ((people_changed, "p"), (sessions_changed, "s"))]
    yield said
    for signal, receiver in receivers:
        signal.disconnect(receiver)


def test_planning_makes_the_group_its_pair_its_series_and_its_sessions(practice, choices, heard):
    group = plan_group(practice, **choices)

    sessions = list(group.sessions.order_by("number"))
    weeks = [(date(2027, 5, 17) - session.day).days / 7 for session in sessions[:9]]
    # Weeks 20 and 28 lie in the Christmas and the spring holidays.
    assert weeks == [24, 19, 16, 13, 10, 8, 6, 4, 2]
    assert [session.number for session in sessions] == list(range(1, 11))
    assert sessions[9].day == date(2027, 7, 12)
    assert {timezone.localtime(session.starts_at, AMSTERDAM).time() for session in sessions} == {time(19, 30)}
    assert {session.length for session in sessions} == {timedelta(hours=2)}
    assert {session.occupied_until - session.ends_at for session in sessions} == {timedelta(minutes=15)}
    assert sorted(group.facilitations.current().values_list("role", flat=True)) == ["co", "first"]
    assert [list(session.leads.order_by("role").values_list("role", flat=True)) for session in sessions] == [
        ["co", "first"]
    ] * 10
    # Nobody has heard of it yet.
    assert heard == []


def test_a_group_keeps_a_copy_of_its_template(practice, choices):
    template = choices["template"]
    group = plan_group(practice, **choices)

    template.steps.all().delete()

    assert group.series.template_name == "9 + 1, vanaf week 16"
    assert [step.days // 7 for step in group.series.copied_steps()] == [16, 20, 24, 28, 30, 32, 34, 36, 38, 6]
    assert group.series.first_on == FIRST


def test_the_plan_of_each_evening_begins_with_the_topics_of_its_step(practice, choices):
    group = plan_group(practice, **choices)

    sixth = group.sessions.get(number=6)
    assert sixth.partners == "expected"
    assert list(sixth.plan.values_list("moment", "title", "format_name", "minutes")) == [
        ("opening", "Kaart kiezen", "", 10),
        ("topic", "Omgaan met pijn", "Houdingen oefenen", 20),
        ("topic", "Het verloop van de bevalling", "Bekken en pop", 20),
        ("topic", "De rol van de partner", "Tweetallen", 15),
        ("closing", "Eén woord", "", 5),
    ]
    ActivityFormat.objects.filter(name="Bekken en pop").update(name="Anders", minutes=5)
    assert sixth.plan.get(title="Het verloop van de bevalling").materials == "bekkenmodel, pop"


@pytest.mark.parametrize("moment", ["opening", "topic", "closing"])
@pytest.mark.parametrize("own", [{}, {"minutes": 7}, {"materials": "eigen"}, {"minutes": 7, "materials": "eigen"}])
def test_a_plan_copies_of_an_activity_what_the_library_says(practice, choices, moment, own):
    chosen = ActivityFormat.objects.create(
        practice=practice, name="Buurtquiz", moment=moment, minutes=20, materials="kaart", how="Vraag rond."
    )
    parts = [{"title": "Met", "moment": moment, "format_id": chosen.pk, **own}, {"title": "Zonder", **own}]
    choices["template"].steps.filter(number=2).update(plan=parts)

    second = plan_group(practice, **choices).sessions.get(number=2)

    about = [copied(chosen, **own), copied(None, **own)]
    about[0]["format_name"] = "Buurtquiz" if moment == "topic" else ""
    assert list(second.plan.order_by("position").values("position", "moment", "title", "added_at", *about[0])) == [
        {"position": 1, "moment": moment, "title": "Met", "added_at": NOW, **about[0]},
        {"position": 2, "moment": "topic", "title": "Zonder", "added_at": NOW, **about[1]},
    ]


def test_sizes_and_name_come_from_the_template_and_the_window_when_left_out(practice, choices):
    with translation.override("nl"):
        plain = plan_group(practice, **choices)
    own = plan_group(
        practice, **{**choices, "starts_at": time(9), "sizes": (4, 5, 6), "language": "tr", "name": "Lale"}
    )

    assert (plain.minimum, plain.target, plain.maximum) == (6, 10, 12)
    assert plain.name == "mei 2027"
    assert (own.minimum, own.target, own.maximum, own.name, own.language) == (4, 5, 6, "Lale", "tr")


def test_a_parenting_group_has_eight_sessions_by_age(practice, choices):
    born = (date(2026, 9, 1), date(2026, 9, 29))
    template = ScheduleTemplate.objects.get(kind=CareGroup.Kind.PARENTING)

    group = plan_group(practice, **{**choices, "template": template, "window": born, "first_on": date(2026, 11, 3)})

    ages = [(session.day - group.reference_date).days for session in group.sessions.order_by("number")]
    assert ages == [49, 91, 119, 154, 196, 273, 364, 427]
    assert list(group.sessions.filter(with_doctor=True).values_list("number", flat=True)) == [1, 6, 8]


def test_a_session_on_a_closed_day_of_the_practice_moves_and_keeps_the_reason(practice, choices):
    ClosedDays.objects.create(
        practice=practice, starts_on=date(2027, 3, 8), ends_on=date(2027, 3, 9), reason="Studiedagen"
    )

    fifth = plan_group(practice, **choices).sessions.get(number=5)

    assert fifth.day == date(2027, 3, 1)
    assert fifth.reasons == [Remark(Code.CLOSED, date(2027, 3, 8), "Studiedagen")]


def test_working_days_know_what_the_practice_keeps(practice):
    assert working_days(practice, date(2027, 1, 1), date(2028, 1, 1)).is_open(date(2027, 3, 26))
    practice.ordinary_holidays = ["goede VRIJDAG", "Koningsdag"]
    practice.school_region = Practice.SchoolRegion.SOUTH

    days = working_days(practice, date(2027, 1, 1), date(2031, 1, 1))

    assert days.is_open(date(2027, 3, 26))
    assert days.is_open(date(2027, 4, 27))
    assert not days.is_open(date(2027, 3, 29))
    assert days.closed[date(2027, 5, 6)].name == "Hemelvaartsdag"
    assert days.school[date(2027, 2, 17)] == "Voorjaarsvakantie"
    assert date(2027, 2, 24) not in days.school
    assert [remark.code for remark in days.about(date(2030, 10, 20))] == [Code.SCHOOL_UNKNOWN]


def test_single_sessions_can_be_put_at_a_moment_of_their_own(practice, choices):
    tonight = at(date(2027, 1, 19), 20)

    group = plan_group(practice, **choices, chosen={3: tonight})

    assert group.sessions.get(number=3).starts_at == tonight


def test_a_room_that_is_taken_is_told_at_its_date_and_nothing_is_planned(practice, choices, facilitator, room):
    other = make_group(practice, by=facilitator, name="Andere groep")
    in_the_way = make_session(other, at(date(2027, 1, 25), 18), room=room)

    with pytest.raises(Clashes) as refused:
        plan_group(practice, **choices)

    ((number, (clash,)),) = refused.value.found.items()
    assert (number, clash.taken, clash.name, clash.group) == (3, Taken.ROOM, "Kring", "Andere groep")
    assert clash.starts_at == in_the_way.starts_at
    assert list(CareGroup.objects.all()) == [other]


def test_the_time_to_clear_the_room_counts(practice, choices, facilitator, room):
    other = make_group(practice, by=facilitator)
    make_session(other, at(date(2027, 1, 25), 17, 20), room=room)

    with pytest.raises(Clashes):
        plan_group(practice, **choices)

    assert plan_group(practice, **{**choices, "starts_at": time(19, 35)})


def test_a_person_who_leads_elsewhere_is_told_without_a_word_about_there(practice, choices, facilitator):
    elsewhere = make_practice("elders")
    with practice_scope(elsewhere):
        guest = make_membership(elsewhere, Role.FACILITATOR, user=facilitator.user)
        group = make_group(elsewhere, by=guest, first=guest, name="Geheim")
        make_session(group, at(FIRST, 20))

    with pytest.raises(Clashes) as refused:
        plan_group(practice, **choices)

    (clash,) = refused.value.found[1]
    assert (clash.taken, clash.name, clash.group) == (Taken.PERSON, facilitator.user.name, "")
    assert (clash.starts_at, clash.ends_at) == (at(FIRST, 20), at(FIRST, 22))


def test_a_cancelled_session_is_in_nobodys_way(practice, choices, facilitator, room):
    other = make_group(practice, by=facilitator, first=facilitator)
    make_session(other, at(FIRST, 20), room=room, cancelled_at=NOW, cancelled_by=facilitator)

    assert plan_group(practice, **choices)


def test_a_form_that_is_sent_twice_makes_one_group(practice, choices):
    key = uuid4()

    first = plan_group(practice, **choices, form_key=key)
    second = plan_group(practice, **choices, form_key=key)

    assert first == second
    assert GroupSession.objects.count() == 10


def test_people_are_enrolled_in_the_same_act_and_told_about_once(practice, choices, heard):
    people = [make_participant(practice, due_on=date(2027, 5, 10)) for _ in range(3)]

    group = plan_group(practice, **choices, people=people)

    assert {place.participant for place in group.enrolments.enrolled()} == set(people)
    assert all(place.pregnancy.due_on == date(2027, 5, 10) for place in group.enrolments.all())
    assert [kind for kind, _told in heard] == ["p"]
    assert len(heard[0][1]["enrolments"]) == 3


def test_more_people_than_places_plan_nothing(practice, choices):
    people = [make_participant(practice, due_on=date(2027, 5, 10)) for _ in range(3)]

    with pytest.raises(GroupFull):
        plan_group(practice, **choices, sizes=(1, 2, 2), people=people)

    assert not CareGroup.objects.exists()
    assert not Enrolment.objects.exists()


def test_a_preview_costs_no_more_for_more_sessions_in_the_way(
    practice, choices, facilitator, room, django_assert_num_queries
):
    plan_choices = {name: value for name, value in choices.items() if name not in ("by", "now")}
    other = make_group(practice, by=facilitator, first=facilitator)
    for count in (1, 3):
        for _ in range(count):
            make_session(other, at(FIRST, 8) + timedelta(days=other.sessions.count()), minutes=60, room=room)
        plan = Plan(practice=practice, **plan_choices)

        # Steps, closed days, sessions, leads here and elsewhere with their scope, absences.
        with django_assert_num_queries(7):
            assert plan.clashes() == {}


def test_enrolling_tells_who_got_a_place(practice, facilitator, heard):
    group = make_group(practice, by=facilitator)
    person = make_participant(practice, due_on=date(2027, 3, 9))

    place = enrol(group, person, by=facilitator, now=NOW)

    assert place.pregnancy == person.pregnancies.get()
    assert heard == [("p", {"signal": people_changed, "group": group, "enrolments": [place]})]


def test_nobody_gets_two_places_for_one_pregnancy(practice, facilitator):
    person = make_participant(practice, due_on=date(2027, 3, 9))
    enrol(make_group(practice, by=facilitator), person, by=facilitator, now=NOW)

    with pytest.raises(PlacedElsewhere):
        enrol(make_group(practice, by=facilitator), person, by=facilitator, now=NOW)


def test_enrolling_several_gives_all_of_them_a_place_or_none(practice, facilitator):
    group = make_group(practice, by=facilitator, maximum=2)
    people = [make_participant(practice, due_on=date(2027, 3, 9)) for _ in range(3)]

    with pytest.raises(GroupFull):
        enrol_all(group, people, by=facilitator, now=NOW)

    assert not group.enrolments.exists()


def test_twins_come_along_on_one_place(practice, facilitator):
    group = make_group(
        practice,
        by=facilitator,
        kind=CareGroup.Kind.PARENTING,
        window_from=date(2026, 8, 1),
        window_until=date(2026, 9, 1),
    )
    mother = make_participant(practice)
    for born_on in (date(2023, 2, 1), date(2026, 8, 3), date(2026, 8, 3)):
        make_child(mother, born_on)

    place = enrol(group, mother, by=facilitator, now=NOW)

    assert [row.child.born_on for row in place.enrolled_children.all()] == [date(2026, 8, 3)] * 2


def test_a_child_born_outside_the_window_comes_along_when_it_is_the_youngest(practice, facilitator):
    group = make_group(practice, by=facilitator, kind=CareGroup.Kind.PARENTING)
    mother = make_participant(practice)
    youngest = make_child(mother, date(2026, 8, 3))
    make_child(mother, date(2023, 8, 3))

    assert what_comes_along(group, mother) == (None, [youngest])


def names(found):
    return [candidate.participant.given_name for candidate in found]


def test_people_who_fit_are_due_in_the_window_and_have_no_place_best_first(practice, facilitator):
    wanted = Wanted(kind="pregnancy", window=WINDOW, language="nl")
    make_participant(practice, "Rand", due_on=date(2027, 5, 3))
    make_participant(practice, "Midden", due_on=date(2027, 5, 17))
    make_participant(practice, "Ayse", due_on=date(2027, 5, 17), language="tr")
    make_participant(practice, "Later", due_on=date(2027, 5, 31))
    make_participant(practice, "Gestopt", due_on=date(2027, 5, 17), contact_stopped_at=NOW)
    placed = make_participant(practice, "Geplaatst", due_on=date(2027, 5, 17))
    enrol(make_group(practice, by=facilitator), placed, by=facilitator, now=NOW)
    left = make_participant(practice, "Afgehaakt", due_on=date(2027, 5, 17))
    enrol(make_group(practice, by=facilitator), left, by=facilitator, now=NOW)
    left.enrolments.update(state="left", left_at=NOW, reason="individual")

    found = candidates(facilitator, wanted)

    assert names(found) == ["Midden", "Rand", "Ayse", "Afgehaakt"]
    assert found[0].why == [Why.IN_WINDOW, Why.SAME_LANGUAGE]
    assert found[2].why == [Why.IN_WINDOW, Why.OTHER_LANGUAGE]
    assert Why.LEFT_BEFORE in found[3].why


def test_parents_fit_by_their_youngest_child(practice, facilitator):
    wanted = Wanted(kind="parenting", window=(date(2026, 8, 1), date(2026, 9, 1)), language="nl")
    fits, older, placed = (make_participant(practice, name) for name in ("Past", "Ouder", "Geplaatst"))
    make_child(fits, date(2024, 1, 1))
    make_child(fits, date(2026, 8, 5))
    make_child(older, date(2026, 8, 5))
    make_child(older, date(2027, 8, 5))
    make_child(placed, date(2026, 8, 5))
    group = make_group(practice, by=facilitator, kind=CareGroup.Kind.PARENTING)
    enrol(group, placed, by=facilitator, now=NOW)

    assert names(candidates(facilitator, wanted)) == ["Past"]


def test_who_is_looked_up_is_told_why_she_cannot_join(practice, facilitator):
    group = make_group(practice, by=facilitator)
    make_participant(practice, "Niets")
    make_participant(practice, "Later", due_on=date(2028, 1, 1))
    enrol(group, make_participant(practice, "Binnen", due_on=date(2027, 3, 9)), by=facilitator, now=NOW)

    found = {c.participant.given_name: c for c in considered(Participant.objects.all(), Wanted.by(group))}

    assert not found["Niets"].can_join
    assert Why.NOTHING_EXPECTED in found["Niets"].why
    assert not found["Binnen"].can_join
    assert Why.PLACED in found["Binnen"].why
    assert found["Later"].can_join
    assert Why.OUTSIDE_WINDOW in found["Later"].why


def test_the_candidates_are_those_of_the_practice(practice, facilitator):
    elsewhere = make_practice()
    with practice_scope(elsewhere):
        make_participant(elsewhere, due_on=date(2027, 5, 17))

    assert candidates(facilitator, Wanted(kind="pregnancy", window=WINDOW, language="nl")) == []


def test_the_number_of_candidates_does_not_change_the_number_of_queries(
    practice, facilitator, django_assert_num_queries
):
    wanted = Wanted(kind="pregnancy", window=WINDOW, language="nl")
    for count in (1, 2):
        for _ in range(count):
            make_participant(practice, due_on=date(2027, 5, 17))

        with django_assert_num_queries(4):
            candidates(facilitator, wanted)


def test_the_window_is_suggested_where_most_people_wait(practice, facilitator):
    for month, day in ((2, 1), (5, 6), (5, 9), (6, 2), (6, 4), (6, 5)):
        make_participant(practice, due_on=date(2027, month, day))

    earliest = date(2027, 3, 1)
    assert suggested_window(facilitator, "pregnancy", earliest_middle=earliest) == (date(2027, 5, 9), date(2027, 6, 6))
    assert suggested_window(facilitator, "parenting", earliest_middle=earliest) is None


def test_a_new_practice_gets_the_templates_of_both_models_once(db):
    practice = make_practice(with_defaults=True)

    with practice_scope(practice):
        practice_founded.send(sender=Practice, practice=practice)

        templates = {template.name: template for template in ScheduleTemplate.objects.filter(practice=practice)}
        assert [step.days // 7 for step in templates["8 + 1, tot week 37"].copied_steps()] == [
            *(17, 21, 25, 29, 31, 33, 35, 37),
            6,
        ]
        assert sorted((t.kind, t.minimum, t.target, t.maximum, t.steps.count()) for t in templates.values()) == [
            ("parenting", 5, 7, 8, 8),
            ("pregnancy", 6, 10, 12, 9),
            ("pregnancy", 6, 10, 12, 10),
        ]
    assert Practice.objects.get(pk=practice.pk).ordinary_holidays == ["Goede vrijdag"]


def test_planners_change_the_templates(facilitator, coordinator, co_facilitator):
    def may_change(membership):
        return ScheduleTemplate.objects.editable_by(membership).exists()

    assert [may_change(membership) for membership in (coordinator, facilitator, co_facilitator)] == [True, True, False]
