import re
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from checks.entry import shares_self_measured
from checks.kinds import CheckKind
from elements import verdicts
from elements.answering import TooEarlyOrLate, look_back, why_not_answering
from elements.fidelity import answering_ends, computed
from elements.models import Debrief, Element, ElementAnswer
from elements.reference import provide_elements
from elements.series import evenings
from elements.verdicts import NO, PARTLY, PENDING, UNKNOWN, YES
from groups.models import Enrolment
from practices.models import Profession, Role
from sessions import evening as acts
from sessions import plan
from sessions.models import GroupSession
from tests.cast import client_of
from tests.evenings import make_evening, make_topic, url
from tests.factories import enrol, make_membership, make_participant
from tests.values import save_value

CODES = [f"E{number}" for number in range(1, 10)]
ASKED = ["E1", "E3", "E5", "E6"]
WORDS = {"went_well": "De kring", "was_difficult": "", "next_time": ""}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator, minimum=2)


def asked():
    return list(Element.objects.current().asked())


def verdict_of(evening, code, *, now=None):
    elements = list(Element.objects.current())
    return computed([evening.session], elements=elements, now=now or timezone.now())[evening.session.pk][code]


def answering_is_over(evening):
    """The session closed, and the moment from which nothing can be said about it."""
    evening.session.closed_at, evening.session.closed_by = timezone.now(), evening.first
    evening.session.save()
    return answering_ends(evening.session, Element.objects.current())


def answer_all(evening, rater, answer=YES, *, now=None, debrief=None):
    look_back(
        evening.session,
        rater=rater,
        answers=dict.fromkeys(asked(), answer),
        debrief=debrief or {},
        now=now or timezone.now(),
    )


# The reference data


def test_the_nine_are_there_in_their_order_and_in_two_languages(db):
    elements = list(Element.objects.current())

    assert [element.code for element in elements] == CODES
    assert [element.code for element in elements if element.is_asked] == ASKED
    assert [element.code for element in elements if element.within_days is not None] == ["E9"]
    with translation.override("nl"):
        assert elements[1].label == "Deelnemers meten zelf"
    with translation.override("en"):
        assert elements[1].label == "Participants engage in self-care activities"
    with translation.override("tr"):
        assert elements[1].label == "Deelnemers meten zelf"


def test_providing_the_nine_again_changes_nothing(db):
    Element.objects.filter(code="E1").update(labels={"nl": "Eigen woorden"})

    provide_elements()

    assert Element.objects.count() == 9
    assert Element.objects.get(code="E1").labels == {"nl": "Eigen woorden"}


def test_a_new_version_replaces_the_nine_and_old_answers_keep_theirs(db):
    Element.objects.create(
        code="E1", version=2, position=1, component="health_assessment", labels={"nl": "Nieuw"}, is_asked=True
    )

    assert [element.label for element in Element.objects.current()] == ["Nieuw"]
    assert Element.objects.filter(version=1).count() == 9


@pytest.mark.django_db(transaction=True)
def test_the_nine_are_back_after_a_flush():
    call_command("flush", interactive=False, verbosity=0)

    assert [element.code for element in Element.objects.current()] == CODES


# The rules, on plain numbers


@pytest.mark.parametrize(
    ("measured", "came", "answer"), [(5, 5, YES), (4, 5, PARTLY), (0, 5, NO), (0, 0, UNKNOWN), (1, 1, YES)]
)
def test_e2_is_the_share_that_measured_itself(measured, came, answer):
    verdict = verdicts.self_care(measured=measured, came=came, measures_anything=True)

    assert verdict.answer == answer
    assert came == 0 or f"{measured} of {came}" in verdict.evidence


def test_e2_is_not_known_where_nothing_is_measured():
    assert verdicts.self_care(measured=0, came=5, measures_anything=False).answer == UNKNOWN


@pytest.mark.parametrize(
    ("beforehand", "topics", "dealt_with", "answer"),
    [(4, 4, 4, YES), (4, 5, 5, YES), (4, 4, 3, PARTLY), (0, 2, 2, PARTLY), (0, 0, 0, NO)],
)
def test_e4_asks_for_a_plan_beforehand_that_was_dealt_with(beforehand, topics, dealt_with, answer):
    assert verdicts.planned(beforehand=beforehand, topics=topics, dealt_with=dealt_with).answer == answer


@pytest.mark.parametrize(
    ("same_leads", "joined", "left", "answer"),
    [(True, 0, 0, YES), (True, 1, 0, PARTLY), (True, 0, 2, PARTLY), (False, 0, 0, PARTLY), (False, 1, 1, NO)],
)
def test_e7_asks_for_the_same_facilitators_and_members(same_leads, joined, left, answer):
    verdict = verdicts.consistent(is_first=False, same_leads=same_leads, joined=joined, left=left)

    assert verdict.answer == answer


@pytest.mark.parametrize(("came", "answer"), [(5, NO), (6, YES), (12, YES), (13, NO), (1, NO)])
def test_e8_holds_who_came_against_the_sizes_of_the_group(came, answer):
    assert verdicts.fits(came=came, minimum=6, maximum=12).answer == answer


@pytest.mark.parametrize(
    ("answered", "is_over", "answer"),
    [(2, False, YES), (1, False, PENDING), (0, False, PENDING), (2, True, YES), (1, True, PARTLY), (0, True, NO)],
)
def test_e9_is_pending_until_its_deadline(answered, is_over, answer):
    verdict = verdicts.evaluated(answered=answered, raters=2, last_day=date(2026, 5, 15), is_over=is_over)

    assert verdict.answer == answer


def test_e9_without_facilitators_is_not_answered():
    assert verdicts.evaluated(answered=0, raters=0, last_day=date(2026, 5, 15), is_over=True).answer == NO


# The rules, on an evening


def test_an_evening_before_its_start_or_cancelled_has_no_verdicts(facilitator):
    later = make_evening(facilitator, starts_at=timezone.now() + timedelta(hours=1))
    elements = list(Element.objects.current())

    assert computed([later.session], elements=elements, now=timezone.now()) == {}
    later.session.cancelled_at = timezone.now()
    assert computed([later.session], elements=elements, now=timezone.now() + timedelta(days=1)) == {}


def test_what_participants_measured_themselves_is_counted_among_those_who_came(evening, co_facilitator):
    now = timezone.now()
    for place in evening.places[:2]:
        acts.record_arrival(evening.session, place, "present", by=co_facilitator, now=now)
    pressure = CheckKind.BLOOD_PRESSURE
    own, taken, away = evening.places
    save_value(evening.session, own, pressure, "118/76", by=co_facilitator, now=now)
    save_value(evening.session, own, CheckKind.WEIGHT, "72,4", by=co_facilitator, now=now)
    save_value(evening.session, taken, pressure, "118/76", by=co_facilitator, taken_by=co_facilitator, now=now)
    save_value(evening.session, away, pressure, "118/76", by=co_facilitator, now=now)

    assert shares_self_measured([evening.session])[evening.session.pk] == (1, 2)
    verdict = verdict_of(evening, "E2")
    assert verdict.answer == PARTLY
    assert "1 of 2" in verdict.evidence


def test_a_topic_that_was_added_on_the_spot_is_no_plan_beforehand(evening, facilitator):
    now = timezone.now()
    topic = plan.add_topic(evening.session, "Werk", by=facilitator, now=now)
    plan.mark_done(topic, by=facilitator, now=now)

    assert verdict_of(evening, "E4").answer == PARTLY

    plan.postpone(make_topic(evening), by=facilitator, now=now)
    assert verdict_of(evening, "E4").answer == YES


def test_the_first_session_has_nothing_to_be_compared_with(evening):
    assert verdict_of(evening, "E7").answer == UNKNOWN


@pytest.fixture
def second(evening):
    """The evening's own session made the second of its group."""
    make_evening(evening.first, group=evening.group, starts_at=evening.now - timedelta(days=14), number=9)
    return evening


def test_the_same_people_around_the_same_two_are_consistent(second):
    assert verdict_of(second, "E7").answer == YES


def test_a_stand_in_is_another_facilitator_and_an_interpreter_is_not(second, practice):
    times = {"starts_at": second.session.starts_at, "occupied_until": second.session.occupied_until}
    for role in ("interpreter", "co"):
        guest = make_membership(practice, Role.CO_FACILITATOR)
        second.session.leads.filter(role=role).update(cancelled_at=second.now)
        second.session.leads.create(practice=practice, membership=guest, user=guest.user, role=role, **times)
        assert verdict_of(second, "E7").answer == (YES if role == "interpreter" else PARTLY)


def test_after_a_substitute_in_the_first_session_the_usual_two_are_no_others(second, practice):
    lead = second.group.sessions.order_by("starts_at").first().leads.get(role="co")
    lead.membership, lead.stands_in_for = make_membership(practice, Role.CO_FACILITATOR), lead.membership
    lead.save()

    assert verdict_of(second, "E7").answer == YES


def test_members_are_compared_with_the_session_before(second, facilitator):
    joined_on = second.now - timedelta(days=3)
    person = make_participant(facilitator.practice, "Petra", due_on=date(2027, 3, 1))
    (late,) = enrol(second.group, person, by=facilitator, now=joined_on)

    verdict = verdict_of(second, "E7")
    assert (verdict.answer, "1 joined and 0 left" in verdict.evidence) == (PARTLY, True)

    late.state, late.left_at = Enrolment.State.LEFT, joined_on + timedelta(days=1)
    late.save()
    assert "1 joined and 1 left" in verdict_of(second, "E7").evidence


def test_the_size_counts_who_came(evening, co_facilitator):
    now = timezone.now()
    acts.record_arrival(evening.session, evening.places[0], "present", by=co_facilitator, now=now)
    acts.record_arrival(evening.session, evening.places[1], "partner_only", by=co_facilitator, now=now)
    assert verdict_of(evening, "E8").answer == NO

    acts.record_arrival(evening.session, evening.places[1], "late", by=co_facilitator, now=now)
    assert verdict_of(evening, "E8").answer == YES


def test_the_evaluation_is_in_time_when_both_answered_everything_by_the_deadline(evening, facilitator, co_facilitator):
    ends = answering_ends(evening.session, Element.objects.current())
    assert verdict_of(evening, "E9").answer == PENDING

    answer_all(evening, facilitator, now=evening.now)
    assert verdict_of(evening, "E9").answer == PENDING
    assert verdict_of(evening, "E9", now=ends).answer == PARTLY

    first, *others = asked()
    look_back(evening.session, rater=co_facilitator, answers={first: NO}, debrief={}, now=evening.now)
    assert verdict_of(evening, "E9").answer == PENDING
    late = dict.fromkeys(others, YES)
    look_back(evening.session, rater=co_facilitator, answers=late, debrief={}, now=ends)
    assert verdict_of(evening, "E9", now=ends).answer == PARTLY


def test_an_evaluation_by_both_is_there_at_once_and_stays_when_one_changes_her_mind(
    evening, facilitator, co_facilitator
):
    ends = answering_ends(evening.session, Element.objects.current())
    answer_all(evening, facilitator, now=evening.now)
    answer_all(evening, co_facilitator, now=evening.now)
    assert verdict_of(evening, "E9").answer == YES

    answer_all(evening, facilitator, NO, now=ends + timedelta(days=1))

    assert verdict_of(evening, "E9", now=ends + timedelta(days=2)).answer == YES
    assert set(ElementAnswer.objects.filter(rater=facilitator).values_list("answer", flat=True)) == {NO}


def test_the_deadline_is_the_end_of_a_local_day(evening):
    ends = answering_ends(evening.session, Element.objects.current())

    local = timezone.localtime(ends)
    assert (local.hour, local.minute) == (0, 0)
    assert local.date() == evening.session.day + timedelta(days=4)


# Two raters


def test_raters_stand_beside_each_other_and_differences_show(evening, coordinator, facilitator, co_facilitator):
    one, two, *_rest = asked()
    look_back(evening.session, rater=facilitator, answers={one: YES, two: YES}, debrief={}, now=evening.now)
    look_back(evening.session, rater=co_facilitator, answers={one: NO, two: YES}, debrief={}, now=evening.now)

    (series,) = evenings([evening.session], coordinator, now=answering_is_over(evening))

    assert [(rater.membership, rater.answered) for rater in series.raters] == [(facilitator, 2), (co_facilitator, 2)]
    assert [line.element.code for line in series.lines] == CODES
    assert [line.element for line in series.lines if line.differs] == [one]
    assert series.differences == 1


def seen_by(membership, evening, *, now=None):
    """Of each rater: the answers that are shown, the number that she gave, and whether they are kept back."""
    (series,) = evenings([evening.session], membership, now=now or timezone.now())
    return [(len(rater.answers), rater.answered, rater.is_kept_back) for rater in series.raters]


def test_who_leads_sees_what_others_answered_once_she_has_answered_herself(evening, facilitator, co_facilitator):
    answer_all(evening, facilitator, YES, debrief=WORDS)

    assert seen_by(co_facilitator, evening) == [(0, 4, True), (0, 0, False)]
    answer_all(evening, co_facilitator, NO)
    assert seen_by(co_facilitator, evening) == [(4, 4, False), (4, 4, False)]


def test_who_leads_sees_how_others_look_back_once_she_has_answered_herself(as_co_facilitator, evening, facilitator):
    look_back(evening.session, rater=facilitator, answers={}, debrief=WORDS, now=evening.now)
    page = f"/{evening.practice.slug}/groups/{evening.group.pk}/fidelity/"

    before = as_co_facilitator.get(page).text
    assert ("De kring" in before, "once you have answered everything yourself" in before) == (False, True)

    answer_all(evening, evening.co, debrief=WORDS)
    after = as_co_facilitator.get(page).text
    assert (after.count("De kring"), "once you have answered everything yourself" in after) == (2, False)


@pytest.mark.parametrize("who", ["co", "coordinator", "another midwife"])
def test_answers_stay_apart_as_long_as_whoever_looks_may_still_answer(practice, coordinator, evening, who):
    looks = {
        "co": evening.co,
        "coordinator": coordinator,
        "another midwife": make_membership(practice, Role.FACILITATOR),
    }[who]
    answer_all(evening, evening.first)
    one, *others = asked()
    deadline = answering_ends(evening.session, Element.objects.current())

    look_back(evening.session, rater=looks, answers={one: NO}, debrief={}, now=evening.now)
    # An open session takes answers after the deadline too.
    assert seen_by(looks, evening, now=deadline)[0] == (0, 4, True)

    assert seen_by(looks, evening, now=answering_is_over(evening))[0] == (4, 4, False)
    assert seen_by(looks, evening, now=deadline - timedelta(minutes=1))[0] == (0, 4, True)

    look_back(evening.session, rater=looks, answers=dict.fromkeys(others, NO), debrief={}, now=evening.now)
    assert seen_by(looks, evening)[0] == (4, 4, False)


def test_the_page_of_a_group_says_why_answers_are_kept_back_and_leads_to_the_questions(
    as_coordinator, as_co_facilitator, evening, coordinator
):
    answer_all(evening, evening.first, NO)
    page = f"/{evening.practice.slug}/groups/{evening.group.pk}/fidelity/"
    observe = f"/{evening.practice.slug}/observations/{evening.session.pk}/"
    why, kept_back = "once you have answered everything yourself", "shown once you have answered"

    observing, leading = as_coordinator.get(page).text, as_co_facilitator.get(page).text
    assert (why in observing, observing.count(kept_back), observe in observing) == (True, 4, True)
    assert (why in leading, url("elements:closing", evening) in leading, observe in leading) == (True, True, False)

    answer_all(evening, coordinator)
    answered = as_coordinator.get(page).text
    assert (why in answered, kept_back in answered, observe in answered) == (False, False, True)


def test_once_answering_is_over_nothing_is_kept_back_and_nobody_is_asked(as_coordinator, practice, facilitator):
    past = make_evening(facilitator, starts_at=timezone.now() - timedelta(days=10))
    answer_all(past, facilitator, now=past.now)
    answering_is_over(past)

    page = as_coordinator.get(f"/{practice.slug}/groups/{past.group.pk}/fidelity/").text

    assert "shown once you have answered" not in page
    assert f"/{practice.slug}/observations/{past.session.pk}/" not in page


@pytest.mark.parametrize("role", Role)
def test_whoever_sees_a_session_runs_its_evening_or_may_observe_it(practice, evening, role):
    looks = make_membership(practice, role)
    make_evening(looks, starts_at=evening.now - timedelta(days=7))
    other = make_evening(evening.first, starts_at=evening.now - timedelta(days=14))
    other.session.leads.update(membership=looks, user=looks.user, stands_in_for=evening.first)
    seen, run, observed = (
        set(getattr(GroupSession.objects, of)(looks)) for of in ("visible_to", "editable_by", "observable_by")
    )

    assert seen <= run | observed
    assert not run & observed


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.FACILITATOR])
def test_an_observer_answers_on_a_page_of_her_own_as_a_series_beside_theirs(practice, evening, role):
    observer = make_membership(practice, role, profession=Profession.OTHER)
    page, client = f"/{practice.slug}/observations/", client_of(observer)
    own = f"{page}{evening.session.pk}/"
    answer_all(evening, evening.first)
    assert own in client.get(page).text

    assert client.post(own, {"E1": "perhaps"}).status_code == 422
    kept = client.post(own, {"E1": "no", "E5": "partly", "went_well": "x"})

    assert kept.url == own
    assert not Debrief.objects.exists()
    assert client.get(own).text.count(" checked") == 2
    (series,) = evenings([evening.session], evening.first, now=timezone.now())
    assert [(rater.membership, str(rater.role)) for rater in series.raters] == [
        (evening.first, "first facilitator"),
        (evening.co, "co-facilitator"),
        (observer, "observer"),
    ]
    assert [line.element.code for line in series.lines if line.differs] == ["E1", "E5"]
    # She has no way to anybody's data, nor to what others answered.
    assert client.get(url("elements:closing", evening)).status_code == (403 if role == Role.OBSERVER else 404)
    assert evening.places[0].participant.given_name not in client.get(own).text


def test_an_observer_who_is_late_sees_what_was_not_kept(as_coordinator, practice, facilitator):
    past = make_evening(facilitator, starts_at=timezone.now() - timedelta(days=9))
    answering_is_over(past)

    response = as_coordinator.post(f"/{practice.slug}/observations/{past.session.pk}/", {"E1": "partly"})

    assert response.status_code == 422
    assert response.text.count("<dd>partly</dd>") == 1
    assert not ElementAnswer.objects.exists()


def test_who_is_replaced_after_she_answered_stays_what_she_was(evening):
    answer_all(evening, evening.co)
    lead = evening.session.leads.get(membership=evening.co)
    lead.cancelled_at = timezone.now()
    lead.save()

    (series,) = evenings([evening.session], evening.first, now=timezone.now())

    assert [(rater.membership, str(rater.role)) for rater in series.raters] == [
        (evening.first, "first facilitator"),
        (evening.co, "co-facilitator"),
    ]


def test_an_evening_is_observed_by_who_may_and_does_not_lead_it(practice, as_facilitator, as_stranger, evening):
    own = f"/{practice.slug}/observations/{evening.session.pk}/"

    assert as_facilitator.get(own).status_code == 404
    assert as_stranger.get(own).status_code == 404
    assert client_of(make_membership(practice, Role.CO_FACILITATOR)).get(own).status_code == 403
    later = make_evening(evening.first, starts_at=timezone.now() + timedelta(hours=5))
    observer = client_of(make_membership(practice, Role.OBSERVER))
    assert observer.get(f"/{practice.slug}/observations/{later.session.pk}/").status_code == 404
    assert observer.get(f"/{practice.slug}/").status_code == 200


def test_a_group_shows_its_series_to_a_coordinator_and_debriefs_to_its_facilitators(
    as_coordinator, as_co_facilitator, evening, facilitator, co_facilitator
):
    answer_all(evening, facilitator, debrief=WORDS)
    answer_all(evening, co_facilitator)
    page = f"/{evening.practice.slug}/groups/{evening.group.pk}/fidelity/"

    planner, leader = as_coordinator.get(page), as_co_facilitator.get(page)

    assert (planner.status_code, leader.status_code) == (200, 200)
    assert "De kring" not in planner.content.decode()
    assert "De kring" in leader.content.decode()


def test_a_group_that_has_not_met_says_what_will_stand_there(as_facilitator, facilitator):
    later = make_evening(facilitator, starts_at=timezone.now() + timedelta(days=3))

    response = as_facilitator.get(f"/{later.practice.slug}/groups/{later.group.pk}/fidelity/")

    assert response.context["evenings"] == []
    assert "After the first evening its nine elements stand here." in response.text


def test_the_fidelity_of_a_group_is_closed_to_others(practice, as_stranger, evening):
    page = f"/{evening.practice.slug}/groups/{evening.group.pk}/fidelity/"

    assert as_stranger.get(page).status_code == 404
    assert client_of(make_membership(practice, Role.CO_FACILITATOR)).get(page).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_fidelity_of_a_group_costs_the_same_for_one_and_for_three(
    as_facilitator, facilitator, co_facilitator, django_assert_num_queries, rows
):
    evening = make_evening(facilitator, co_facilitator)
    held = [evening]
    for days in range(7, 7 * rows, 7):
        before = evening.now - timedelta(days=days)
        held.append(make_evening(facilitator, group=evening.group, starts_at=before, number=20 + days))
    for one in held:
        one.first, one.co = facilitator, co_facilitator
        make_topic(one)
        acts.record_all_present(one.session, by=facilitator, now=timezone.now())
        answer_all(one, facilitator, debrief=WORDS)
        answer_all(one, co_facilitator)
    page = f"/{evening.practice.slug}/groups/{evening.group.pk}/fidelity/"
    as_facilitator.get(page)

    with django_assert_num_queries(26):
        response = as_facilitator.get(page)
    assert len(response.context["evenings"]) == rows


# Saying it


def test_nothing_is_said_before_the_start_nor_of_a_cancelled_session(facilitator):
    later = make_evening(facilitator, starts_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(TooEarlyOrLate):
        answer_all(later, facilitator)

    later.session.cancelled_at, later.session.cancelled_by = timezone.now(), facilitator
    later.session.save()
    with pytest.raises(TooEarlyOrLate):
        answer_all(later, facilitator, now=later.session.ends_at)


def test_after_closing_there_is_time_to_answer_until_the_deadline(evening, facilitator):
    ends = answering_is_over(evening)

    answer_all(evening, facilitator, now=ends - timedelta(minutes=1))
    with pytest.raises(TooEarlyOrLate):
        answer_all(evening, facilitator, NO, now=ends)

    assert why_not_answering(evening.session, elements=Element.objects.current(), now=ends)
    assert set(ElementAnswer.objects.values_list("answer", flat=True)) == {YES}


def test_answers_that_are_left_out_stay_and_the_history_has_what_changed(evening, facilitator):
    one, two, *_rest = asked()
    look_back(evening.session, rater=facilitator, answers={one: YES, two: YES}, debrief=WORDS, now=evening.now)
    look_back(evening.session, rater=facilitator, answers={one: NO}, debrief=WORDS, now=timezone.now())

    rows = {row.element: row for row in ElementAnswer.objects.filter(rater=facilitator).select_related("element")}
    assert {element: row.answer for element, row in rows.items()} == {one: NO, two: YES}
    history = ElementAnswer.pgh_event_model.objects.filter(pgh_obj_id=rows[one].pk).order_by("pgh_id")
    assert [event.answer for event in history] == [YES, NO]
    assert Debrief.pgh_event_model.objects.count() == 1


def seen_in(page):
    return re.search(r'name="seen" value="(\w*)"', page.text)[1]


def seen_on(client, page):
    return seen_in(client.get(page))


def test_looking_back_is_kept_through_the_page(as_co_facilitator, evening, co_facilitator):
    response = as_co_facilitator.post(
        url("elements:closing", evening),
        {"act": "save", "E1": "yes", "E5": "partly", "went_well": " Iedereen mat zelf. "},
    )

    assert response.url == url("elements:closing", evening)
    said = ElementAnswer.objects.filter(rater=co_facilitator).values_list("element__code", "answer")
    assert dict(said) == {"E1": YES, "E5": PARTLY}
    assert Debrief.objects.get().went_well == "Iedereen mat zelf."


@pytest.mark.parametrize(
    ("typed", "code"), [({"E1": "perhaps"}, "E1"), ({"went_well": "x" * 2001}, "went_well"), ({}, "went_well")]
)
def test_what_cannot_be_kept_is_said_beside_the_field(as_co_facilitator, evening, co_facilitator, typed, code):
    answer_all(evening, co_facilitator, debrief=WORDS)

    page = url("elements:closing", evening)
    sent = {"act": "save", "went_well": "De kring", "seen": seen_on(as_co_facilitator, page)}
    response = as_co_facilitator.post(page, {**(sent if "E1" in typed else sent | {"went_well": ""}), **typed})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [code]
    assert "invalid-feedback" in response.content.decode()
    assert Debrief.objects.get().went_well == "De kring"


def test_what_she_wrote_in_another_window_is_not_overwritten_unseen(as_co_facilitator, evening):
    page = url("elements:closing", evening)
    seen = seen_on(as_co_facilitator, page)
    as_co_facilitator.post(page, {"act": "save", "was_difficult": "Te weinig tijd", "seen": seen})

    asked = as_co_facilitator.post(page, {"act": "save", "next_time": "Eerder beginnen", "seen": seen})

    assert (asked.status_code, list(asked.context["form"].errors)) == (422, ["was_difficult", "next_time"])
    assert "Kept meanwhile: “Te weinig tijd”" in asked.text
    assert "Eerder beginnen" in asked.text
    assert Debrief.objects.get().next_time == ""
    again = {"was_difficult": "Te weinig tijd", "next_time": "Eerder beginnen", "seen": seen_in(asked)}
    assert as_co_facilitator.post(page, {"act": "save", **again}).status_code == 302
    assert Debrief.objects.get().next_time == "Eerder beginnen"


def test_a_number_that_may_be_a_bsn_is_asked_about_once_before_it_is_kept(as_co_facilitator, evening):
    page, sent = url("elements:closing", evening), {"E1": "yes", "was_difficult": "Cliënt 123456782"}
    assert 'name="not_a_bsn"' not in as_co_facilitator.get(page).text

    asked = as_co_facilitator.post(page, sent)
    assert (asked.status_code, list(asked.context["form"].errors)) == (422, ["was_difficult"])
    assert asked.text.count('type="checkbox" name="not_a_bsn"') == 1
    assert not ElementAnswer.objects.exists()

    assert as_co_facilitator.post(page, sent | {"not_a_bsn": "on"}).status_code == 302
    later = sent | {"next_time": "Meer tijd", "seen": seen_on(as_co_facilitator, page)}
    assert as_co_facilitator.post(page, later).status_code == 302
    assert Debrief.objects.get().was_difficult == sent["was_difficult"]


def test_a_page_of_elements_that_were_not_asked_says_nothing_about_them(as_co_facilitator, evening):
    as_co_facilitator.post(url("elements:closing", evening), {"act": "save", "E2": "yes", "went_well": "Ja"})

    assert not ElementAnswer.objects.exists()
