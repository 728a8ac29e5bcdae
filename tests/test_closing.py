import re
from datetime import timedelta

import pytest
from django.template.defaultfilters import linebreaksbr
from django.utils import timezone, translation

from checks.defaults import set_default_limits
from checks.entry import NotSaved
from checks.kinds import CheckKind
from checks.models import Measurement
from checks.review import review, waiting
from elements.answering import look_back
from elements.closing import CannotClose, CannotReopen, close_session, reopen_session, what_keeps_it_open
from elements.models import Debrief, Element, ElementAnswer, Reopening
from groups.models import Enrolment
from participants.models import AccessRecord
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions import evening as acts
from sessions import plan
from sessions.models import GroupSession, PlanItem
from sessions.moving import Move, cancel, move
from sessions.plan import CarriedOn
from tests.cast import client_of
from tests.evenings import make_evening, make_topic, outcomes, url
from tests.factories import make_membership, make_practice, make_session
from tests.races import overtaken
from tests.values import save_value

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)

HIGH, FINE = "165/112", "118/76"
PRESSURE = CheckKind.BLOOD_PRESSURE
IN_ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator, minimum=2)


def measure(evening, typed=HIGH, *, index=0, seen=None):
    return save_value(
        evening.session, evening.places[index], PRESSURE, typed, by=evening.co, seen=seen, now=timezone.now()
    )


def look_at(evening):
    rows = list(waiting(evening.session).values_list("pk", flat=True))
    return review(evening.session, rows, by=evening.first, now=timezone.now())


def close(evening, *, by=None, now=None):
    return close_session(evening.session, by=by or evening.first, now=now or timezone.now())


def is_closed(evening):
    return GroupSession.objects.get(pk=evening.session.pk).is_closed


# Closing


def test_closing_names_who_and_when_and_completes_the_attendance(evening, facilitator, co_facilitator):
    first, second, third = evening.places
    acts.record_arrival(evening.session, first, "late", by=co_facilitator, now=timezone.now())
    evening.session.record_answer(second, is_coming=False, now=evening.now)
    now = timezone.now()

    session = close(evening, now=now)

    assert (session.closed_at, session.closed_by) == (now, facilitator)
    names = [place.participant.given_name for place in (first, second, third)]
    assert outcomes(evening) == dict(zip(names, ["late", "apologised", "absent"], strict=True))
    assert evening.session.attendances.get(enrolment=third).recorded_by == facilitator


def test_closing_twice_is_closing_once(evening):
    first = close(evening)

    assert close(evening, now=timezone.now() + timedelta(minutes=1)).closed_at == first.closed_at


def test_who_left_during_the_evening_has_an_outcome_too_and_who_came_later_has_none(evening):
    left, later, _here = evening.places
    left.state, left.left_at = Enrolment.State.LEFT, evening.now + timedelta(minutes=5)
    left.save()
    later.enrolled_at = evening.session.ends_at + timedelta(minutes=1)
    later.save()

    close(evening)

    assert set(evening.session.attendances.values_list("enrolment", "outcome")) == {
        (left.pk, "absent"),
        (evening.places[2].pk, "absent"),
    }


def test_a_session_is_not_closed_before_it_begins_nor_when_it_is_cancelled(facilitator):
    later = make_evening(facilitator, starts_at=timezone.now() + timedelta(minutes=5))
    with pytest.raises(CannotClose, match="This session begins"):
        close(later)

    later.session.cancelled_at, later.session.cancelled_by = timezone.now(), facilitator
    later.session.save()
    with pytest.raises(CannotClose, match="cancelled"):
        close(later, now=later.session.ends_at)


def test_a_session_that_is_to_come_says_when_and_leads_to_the_arrivals(as_facilitator, facilitator):
    later = make_evening(facilitator, starts_at=timezone.now() + timedelta(days=3))
    begins = timezone.localtime(later.session.starts_at)

    page = as_facilitator.get(url("elements:closing", later), headers=IN_ENGLISH).text.split("</nav>")[-1]

    assert f"This session begins on {begins:%A} {begins.day} {begins:%B} at {begins:%H:%M}." in page
    assert f'href="{url("sessions:arrivals", later)}"' in page
    assert 'name="act"' not in page


def test_the_day_is_left_out_on_the_day_itself(facilitator):
    noon = timezone.localtime().replace(hour=12, minute=0) + timedelta(days=7)
    later = make_evening(facilitator, starts_at=noon.replace(hour=19, minute=30))

    assert what_keeps_it_open(later.session, by=facilitator, now=noon) == ["This session begins at 19:30."]
    (the_evening_before,) = what_keeps_it_open(later.session, by=facilitator, now=noon - timedelta(hours=13))
    assert the_evening_before.endswith(" at 19:30.")
    assert the_evening_before != "This session begins at 19:30."


@pytest.mark.parametrize("who", ["co", "coordinator", "another midwife", "first without the profession"])
def test_only_the_first_facilitator_who_answers_for_checks_closes(practice, coordinator, evening, who):
    by = {
        "co": evening.co,
        "coordinator": coordinator,
        "another midwife": make_membership(practice, Role.FACILITATOR),
        "first without the profession": evening.first,
    }[who]
    if who == "first without the profession":
        by.profession = Profession.OTHER

    with pytest.raises(CannotClose, match="first facilitator"):
        close(evening, by=by)

    assert not is_closed(evening)


def test_a_first_facilitator_who_was_replaced_does_not_close(evening):
    evening.session.leads.filter(role="first").update(cancelled_at=timezone.now())

    with pytest.raises(CannotClose):
        close(evening)


def test_a_marked_value_keeps_the_session_open_until_it_was_seen(evening):
    measure(evening)
    with pytest.raises(CannotClose, match="1 value waits"):
        close(evening)

    look_at(evening)

    assert close(evening).is_closed


def test_a_marked_value_that_was_corrected_still_has_to_be_seen(evening):
    row = measure(evening)
    measure(evening, FINE, seen=row.pk)

    with pytest.raises(CannotClose, match="1 value waits"):
        close(evening)


def test_a_value_of_somebody_who_left_the_group_counts_too(evening):
    measure(evening)
    place = evening.places[0]
    place.state, place.left_at = Enrolment.State.LEFT, timezone.now()
    place.save()

    with pytest.raises(CannotClose, match="1 value waits"):
        close(evening)


# Opening again


def test_opening_again_is_a_named_act_with_a_reason(evening, facilitator):
    closed = close(evening)
    now = timezone.now()

    row = reopen_session(evening.session, reason="Waarde vergeten", by=facilitator, now=now)

    assert not is_closed(evening)
    assert (row.reopened_by, row.reopened_at, row.reason) == (facilitator, now, "Waarde vergeten")
    assert (row.was_closed_by, row.was_closed_at) == (facilitator, closed.closed_at)
    # What was recorded stays, and is open to change.
    place = evening.places[0]
    assert acts.record_arrival(evening.session, place, "present", by=facilitator, now=now).outcome == "present"
    assert close(evening).is_closed


def test_an_open_session_is_not_opened_and_a_co_facilitator_opens_none(evening, facilitator, co_facilitator):
    with pytest.raises(CannotReopen, match="is open"):
        reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())
    close(evening)

    with pytest.raises(CannotReopen, match="first facilitator"):
        reopen_session(evening.session, reason="x", by=co_facilitator, now=timezone.now())

    assert is_closed(evening)


# The page


def test_the_page_shows_what_is_missing_and_what_the_evening_shows(as_facilitator, evening, facilitator):
    first, second, _third = evening.places
    acts.record_arrival(evening.session, first, "present", by=facilitator, now=timezone.now())
    evening.session.record_answer(second, is_coming=False, now=evening.now)
    make_topic(evening, "Slaap")
    measure(evening)

    response = as_facilitator.get(url("elements:closing", evening), headers=IN_ENGLISH)

    context, page = response.context, response.content.decode()
    assert [person.pk for person in context["absent"]] == [evening.places[2].participant_id]
    assert [person.pk for person in context["excused"]] == [second.participant_id]
    assert [topic.title for topic in context["open_topics"]] == ["Slaap"]
    assert context["reasons"] == ["1 value waits for review."]
    assert url("checks:measure", evening) in page
    assert 'value="close"' not in page
    assert "165/112" not in page
    assert page.count('class="question"') == 4


def test_the_page_notes_whose_attendance_was_named(as_facilitator, evening):
    as_facilitator.get(url("elements:closing", evening))

    assert AccessRecord.objects.filter(page="elements:closing").count() == 3


def test_the_first_facilitator_answers_and_closes_in_one_press(as_facilitator, evening, facilitator):
    response = as_facilitator.post(
        url("elements:closing", evening), {"act": "close", "E1": "yes", "went_well": "De kring"}
    )

    assert response.url == url("elements:closing", evening)
    assert is_closed(evening)
    assert ElementAnswer.objects.get().rater == facilitator
    page = as_facilitator.get(url("elements:closing", evening)).content.decode()
    assert facilitator.user.name in page
    assert url("elements:reopen", evening) in page


def test_enter_presses_the_button_that_only_keeps_the_answers(as_facilitator, evening):
    page = as_facilitator.get(url("elements:closing", evening)).text
    form = page.split(f'action="{url("elements:closing", evening)}"')[1].split("</form>")[0]

    first, *others = re.findall(r'<button type="submit"[^>]*value="(\w+)"', form)

    assert first == "save"
    assert others == ["close", "save"]


def test_a_closing_that_is_refused_keeps_the_answers_and_says_why(as_facilitator, evening):
    measure(evening)

    response = as_facilitator.post(
        url("elements:closing", evening), {"act": "close", "went_well": "De kring"}, headers=IN_ENGLISH
    )

    assert response.status_code == 422
    assert "1 value waits for review." in response.content.decode()
    assert not is_closed(evening)
    assert Debrief.objects.get().went_well == "De kring"


@pytest.mark.parametrize("why", ["time", "cancelled"])
@pytest.mark.parametrize("difficult", ["Te <weinig>\r\ntijd", "x" * 2001])
def test_what_was_typed_is_shown_where_it_could_not_be_kept_any_more(as_facilitator, facilitator, why, difficult):
    past = make_evening(facilitator, starts_at=timezone.now() - timedelta(days=9))
    debrief = {"went_well": "De kring"}
    look_back(past.session, rater=facilitator, answers={}, debrief=debrief, now=past.now)
    fields = ("closed_at", "closed_by") if why == "time" else ("cancelled_at", "cancelled_by")
    GroupSession.objects.update(**dict(zip(fields, (timezone.now(), facilitator), strict=True)))
    sent = {"act": "close", "E1": "partly", "E3": "perhaps", **debrief, "was_difficult": difficult}

    response = as_facilitator.post(url("elements:closing", past), sent, headers=IN_ENGLISH)

    assert response.status_code == 422
    shown = response.text.split('id="unkept-title"')[1].split("</dl>")[0]
    assert linebreaksbr(difficult) in shown
    assert (shown.count("<dt>"), shown.count("<dd>partly</dd>"), "De kring" in shown) == (2, 1, False)
    assert why in response.text
    assert Debrief.objects.get().was_difficult == ""
    assert "unkept-title" not in as_facilitator.get(url("elements:closing", past)).text


def test_a_co_facilitator_answers_and_does_not_close(as_co_facilitator, evening):
    page = as_co_facilitator.get(url("elements:closing", evening)).content.decode()
    assert 'value="close"' not in page

    response = as_co_facilitator.post(url("elements:closing", evening), {"act": "close", "E1": "yes"})

    assert response.status_code == 422
    assert not is_closed(evening)
    assert ElementAnswer.objects.get().rater == evening.co


def test_a_closed_session_is_opened_through_the_page_with_a_reason(as_facilitator, evening):
    close(evening)
    reopen = url("elements:reopen", evening)

    refused = as_facilitator.post(reopen, {"reason": "  "})
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.content.decode()
    assert is_closed(evening)

    assert as_facilitator.post(reopen, {"reason": "Waarde vergeten"}).url == url("elements:closing", evening)
    assert not is_closed(evening)
    assert as_facilitator.post(reopen, {"reason": "Nog eens"}).status_code == 422
    assert Reopening.objects.count() == 1


def test_the_page_names_who_opened_the_session_again_when_and_why(as_co_facilitator, evening, facilitator):
    assert "reopened-title" not in as_co_facilitator.get(url("elements:closing", evening)).text
    early, late = evening.session.ends_at, evening.session.ends_at + timedelta(hours=1)
    for moment, reason in ((early, "Waarde <vergeten>"), (late, "Nog een")):
        close(evening, now=moment)
        reopen_session(evening.session, reason=reason, by=facilitator, now=moment)

    def shown():
        page = as_co_facilitator.get(url("elements:closing", evening), headers=IN_ENGLISH).text
        return page.split('id="reopened-title"')[1].split("</section>")[0]

    named = shown()
    assert named.count(f"By {facilitator.user.name}, ") == 2
    assert named.index("Waarde &lt;vergeten&gt;") < named.index("Nog een")
    assert [f" at {timezone.localtime(moment):%H:%M}" in named for moment in (early, late)] == [True, True]
    close(evening)
    assert shown() == named


def test_a_number_that_may_be_a_bsn_is_asked_about_before_it_is_a_reason(as_facilitator, evening):
    close(evening)
    reopen, sent = url("elements:reopen", evening), {"reason": "Cliënt 123456782"}

    asked = as_facilitator.post(reopen, sent)
    assert (asked.status_code, list(asked.context["reopening"].errors)) == (422, ["reason"])
    assert asked.text.count('type="checkbox" name="not_a_bsn"') == 1
    assert is_closed(evening)

    as_facilitator.post(reopen, sent | {"not_a_bsn": "on"})
    assert Reopening.objects.get().reason == sent["reason"]


def test_a_co_facilitator_does_not_open_a_closed_session(as_co_facilitator, evening):
    close(evening)

    assert as_co_facilitator.post(url("elements:reopen", evening), {"reason": "x"}).status_code == 422
    assert (
        url("elements:reopen", evening) not in as_co_facilitator.get(url("elements:closing", evening)).content.decode()
    )


def test_a_cancelled_session_says_so_and_asks_nothing(as_facilitator, evening):
    evening.session.cancelled_at, evening.session.cancelled_by = timezone.now(), evening.first
    evening.session.save()

    response = as_facilitator.get(url("elements:closing", evening))

    assert response.status_code == 200
    assert 'name="act"' not in response.content.decode()
    assert as_facilitator.post(url("elements:closing", evening), {"act": "save", "E1": "yes"}).status_code == 422


def test_closing_is_for_who_leads_the_evening(practice, as_coordinator, as_stranger, evening):
    other = client_of(make_membership(practice, Role.FACILITATOR))

    for client, status in ((as_coordinator, 403), (as_stranger, 404), (other, 404)):
        assert client.get(url("elements:closing", evening)).status_code == status
        assert client.post(url("elements:closing", evening), {"act": "close"}).status_code == status
        assert client.post(url("elements:reopen", evening), {"reason": "x"}).status_code == status


@pytest.mark.parametrize("rows", [1, 3])
def test_the_closing_costs_the_same_for_one_and_for_three(
    as_facilitator, facilitator, co_facilitator, django_assert_num_queries, rows
):
    evening = make_evening(facilitator, co_facilitator, people=rows)
    for _time in range(rows):
        close(evening)
        reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())
    evening.session.attendances.all().delete()
    for index in range(rows):
        make_topic(evening, f"Onderwerp {index}")
        measure(evening, index=index)
    look_back(evening.session, rater=co_facilitator, answers={}, debrief={"went_well": "Ja"}, now=timezone.now())
    as_facilitator.get(url("elements:closing", evening))

    with django_assert_num_queries(35):
        as_facilitator.get(url("elements:closing", evening))


# Two at once


@pytest.fixture
def running():
    """An evening in a practice whose rows are committed: a second connection must see them."""
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR)
        co = make_membership(practice, Role.CO_FACILITATOR, profession=Profession.ASSISTANT)
        return make_evening(first, co)


def second_of(running, first, second):
    """What `second` came to, which waited on another connection while `first` was not committed."""

    def follow():
        try:
            with practice_scope(running.practice):
                return second()
        except (CannotClose, CannotReopen, CarriedOn, NotSaved) as refused:
            return refused

    with practice_scope(running.practice), overtaken(follow) as outcome:
        first()
    return outcome()


@pytest.mark.django_db(transaction=True)
def test_a_marked_value_that_is_on_its_way_keeps_the_session_open(running):
    result = second_of(running, lambda: measure(running), lambda: close(running))

    assert isinstance(result, CannotClose)
    with practice_scope(running.practice):
        assert not is_closed(running)
        assert waiting(running.session).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_value_that_comes_while_the_session_is_being_closed_is_not_taken(running):
    result = second_of(running, lambda: close(running), lambda: measure(running))

    assert isinstance(result, NotSaved)
    with practice_scope(running.practice):
        assert is_closed(running)
        assert not Measurement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_tablets_touch_one_seat_at_once_and_she_is_here_once(running):
    def touch():
        return acts.record_arrival(running.session, running.places[0], "present", by=running.co, now=timezone.now())

    result = second_of(running, touch, touch)

    with practice_scope(running.practice):
        assert running.session.attendances.get() == result


@pytest.mark.django_db(transaction=True)
def test_a_rater_who_sends_her_answers_twice_at_once_says_them_once(running):
    with practice_scope(running.practice):
        answers = dict.fromkeys(Element.objects.current().asked(), "yes")

    def send():
        look_back(running.session, rater=running.co, answers=answers, debrief={"went_well": "Ja"}, now=timezone.now())

    assert second_of(running, send, send) is None

    with practice_scope(running.practice):
        assert (ElementAnswer.objects.count(), Debrief.objects.count()) == (4, 1)


@pytest.mark.django_db(transaction=True)
def test_a_session_is_opened_again_once_when_two_ask_for_it_at_once(running):
    with practice_scope(running.practice):
        close(running)

    def reopen():
        return reopen_session(running.session, reason="x", by=running.first, now=timezone.now())

    assert isinstance(second_of(running, reopen, reopen), CannotReopen)

    with practice_scope(running.practice):
        assert Reopening.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_carried_topic_is_not_taken_off_the_next_session_while_it_is_dealt_with_there(running):
    with practice_scope(running.practice):
        before = make_evening(running.first, group=running.group, starts_at=running.now - timedelta(days=1), number=9)
        topic = make_topic(before)
        plan.postpone(topic, by=running.first, now=timezone.now())
        carried = topic.carried_to

    result = second_of(
        running,
        lambda: plan.mark_done(carried, by=running.first, now=timezone.now()),
        lambda: plan.undo(topic, by=running.first, now=timezone.now()),
    )

    assert isinstance(result, CarriedOn)
    with practice_scope(running.practice):
        assert running.session.plan.get().done_at


@pytest.mark.django_db(transaction=True)
def test_a_carried_topic_is_not_taken_off_the_next_session_while_that_is_closed(running):
    with practice_scope(running.practice):
        before = make_evening(running.first, group=running.group, starts_at=running.now - timedelta(days=1), number=9)
        topic = make_topic(before)
        plan.postpone(topic, by=running.first, now=timezone.now())

    result = second_of(running, lambda: close(running), lambda: plan.undo(topic, by=running.first, now=timezone.now()))

    assert isinstance(result, CarriedOn)
    with practice_scope(running.practice):
        assert running.session.plan.get().carried_from == topic


@pytest.fixture
def coming(running):
    """The two sessions of the group that come next."""
    with practice_scope(running.practice):
        days = (7, 14)
        return [make_session(running.group, running.now + timedelta(days=each), number=10 + each) for each in days]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_topic_that_is_postponed_while_the_next_session_is_called_off_goes_past_that(running, coming, is_first):
    called_off, stands = coming
    with practice_scope(running.practice):
        topic = make_topic(running)

    def postpone():
        return plan.postpone(topic, by=running.first, now=timezone.now())

    def call_off():
        return cancel(called_off, by=running.first, now=timezone.now())

    second_of(running, *((postpone, call_off) if is_first else (call_off, postpone)))

    with practice_scope(running.practice):
        assert PlanItem.objects.get(carried_from=topic).session == stands


@pytest.mark.django_db(transaction=True)
def test_postponing_and_moving_both_sessions_at_once_do_not_wait_for_each_other(running, coming):
    with practice_scope(running.practice):
        topic = make_topic(running)
        moves = [
            Move(session=each, starts_at=each.starts_at + timedelta(days=1), room=each.room)
            for each in (GroupSession.objects.get(pk=running.session.pk), *coming)
        ]

    def follow():
        with practice_scope(running.practice):
            return move(moves, by=running.first, now=timezone.now())

    with practice_scope(running.practice):
        with overtaken(follow) as outcome:
            acts.lock_running(running.session, now=timezone.now())
        plan.postpone(topic, by=running.first, now=timezone.now())

    assert [session.pk for session in outcome()] == [each.session.pk for each in moves]
