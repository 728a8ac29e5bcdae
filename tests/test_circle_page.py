from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from groups.models import CareGroup
from participants.models import AccessRecord
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions import evening as acts
from sessions import plan
from sessions.evening import NotHere, NotRunning
from sessions.events import sessions_changed
from sessions.models import PlanItem, TurnNote
from sessions.plan import CarriedOn
from tests.cast import client_of
from tests.evenings import make_evening, make_topic, url
from tests.factories import make_membership, make_practice
from tests.races import overtaken

HTMX = {"HX-Request": "true", "Accept-Language": "en"}
PRESENT = "present"


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator)


@pytest.fixture
def by(co_facilitator, evening):
    return {"by": co_facilitator, "now": evening.now}


def later_session(evening, days, **fields):
    session = make_evening(
        evening.first, group=evening.group, starts_at=evening.now + timedelta(days=days), number=10 + days
    ).session
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()
    return session


def close(evening):
    evening.session.closed_at, evening.session.closed_by = timezone.now(), evening.first
    evening.session.save()


# Topics


def test_a_topic_is_done_in_one_touch_and_open_again_in_another(as_co_facilitator, evening, co_facilitator):
    topic = make_topic(evening)
    card = url("sessions:topic", evening, topic.pk)

    done = as_co_facilitator.post(card, {"act": "done"}, headers=HTMX)
    topic.refresh_from_db()
    assert (done.status_code, topic.changed_by) == (200, co_facilitator)
    assert topic.done_at

    as_co_facilitator.post(card, {"act": "undo"}, headers=HTMX)
    topic.refresh_from_db()
    assert topic.done_at is None


def test_a_postponed_topic_goes_to_the_next_session_that_stands_once(evening, by):
    later_session(evening, 7, cancelled_at=timezone.now())
    next_one = later_session(evening, 14)
    later_session(evening, 21)
    make_topic(evening, "Werk", session=next_one)
    topic = make_topic(evening)

    plan.postpone(topic, **by)
    plan.postpone(topic, **by)

    carried = PlanItem.objects.get(carried_from=topic)
    assert (carried.session, carried.title, carried.position) == (next_one, "Slaap", 2)
    assert PlanItem.objects.filter(title="Slaap").count() == 2


def test_a_topic_that_the_next_session_has_already_is_only_postponed(as_co_facilitator, evening, by):
    next_one = later_session(evening, 14)
    make_topic(evening, "slaap", session=next_one)
    topic = make_topic(evening)
    card = url("sessions:topic", evening, topic.pk)

    page = as_co_facilitator.post(card, {"act": "postpone"}, headers=HTMX).text

    assert "postponed. Session 24 has a topic with this title already." in page
    assert list(next_one.plan.values_list("title", "carried_from")) == [("slaap", None)]
    plan.undo(topic, **by)
    assert next_one.plan.count() == 1


def test_a_closed_session_gets_no_topic_any_more(evening, by):
    closed = later_session(evening, 1)
    closed.closed_at, closed.closed_by = timezone.now(), evening.first
    closed.save()
    open_one = later_session(evening, 14)
    topic = make_topic(evening)

    plan.postpone(topic, **by)

    assert topic.carried_to.session == open_one


def test_a_topic_of_the_last_session_is_only_postponed(as_co_facilitator, evening):
    topic = make_topic(evening)

    response = as_co_facilitator.post(url("sessions:topic", evening, topic.pk), {"act": "postpone"}, headers=HTMX)

    topic.refresh_from_db()
    assert topic.postponed_at
    assert not PlanItem.objects.filter(carried_from=topic).exists()
    assert "no later session" in response.content.decode()


def test_a_topic_goes_past_a_session_that_is_cancelled_after_it_was_carried_there(evening, by):
    next_one, after_that = later_session(evening, 14), later_session(evening, 28)
    topic = make_topic(evening)
    plan.postpone(topic, **by)
    next_one.cancelled_at, next_one.cancelled_by = evening.now, evening.first
    next_one.save()

    sessions_changed.send(sender=CareGroup, group=evening.group, sessions=[next_one], now=evening.now)

    assert PlanItem.objects.get(carried_from=topic).session == after_that


def test_a_topic_that_was_postponed_by_mistake_comes_back_from_the_next_session(evening, by):
    next_one = later_session(evening, 14)
    topic = make_topic(evening)
    plan.postpone(topic, **by)

    topic = plan.undo(topic, **by)

    assert topic.postponed_at is None
    assert next_one.plan.count() == 0


def test_a_topic_stays_postponed_once_the_next_session_went_on_with_it(evening, by):
    next_one = later_session(evening, 14)
    topic = make_topic(evening)
    plan.postpone(topic, **by)
    next_one.plan.update(done_at=evening.now)

    with pytest.raises(CarriedOn):
        plan.undo(topic, **by)

    topic.refresh_from_db()
    assert topic.postponed_at
    assert next_one.plan.count() == 1


def test_a_topic_stays_postponed_once_the_next_session_is_closed(evening, by):
    next_one = later_session(evening, 14)
    topic = make_topic(evening)
    plan.postpone(topic, **by)
    next_one.closed_at, next_one.closed_by = evening.now, evening.first
    next_one.save()

    with pytest.raises(CarriedOn, match="is closed"), translation.override("en"):
        plan.undo(topic, **by)

    topic.refresh_from_db()
    assert topic.postponed_at
    assert next_one.plan.count() == 1


def test_a_touch_on_a_card_that_somebody_else_was_done_with_changes_nothing(evening, by):
    topic = make_topic(evening)
    plan.mark_done(topic, **by)

    assert plan.postpone(topic, **by).postponed_at is None


def test_what_the_group_brings_up_is_added_at_the_end_once(as_co_facilitator, evening):
    make_topic(evening)
    adding = url("sessions:add_topic", evening)

    as_co_facilitator.post(adding, {"title": " Terug naar het werk "}, headers=HTMX)
    response = as_co_facilitator.post(adding, {"title": "terug naar het werk"}, headers=HTMX)

    assert response.status_code == 200
    assert list(evening.session.plan.values_list("position", "title")) == [(1, "Slaap"), (2, "Terug naar het werk")]


@pytest.mark.parametrize("title", ["", "   ", "x" * 121, "Sanne 123456782"])
def test_a_topic_without_words_with_too_many_or_with_a_bsn_is_refused_beside_the_field(
    as_co_facilitator, evening, title
):
    adding = url("sessions:add_topic", evening)

    for headers in ({}, HTMX):
        response = as_co_facilitator.post(adding, {"title": title}, headers=headers)
        assert response.status_code == 422
        assert 'id="title-error"' in response.content.decode()
        assert title.strip() in response.content.decode()
    assert evening.session.plan.count() == 0


def test_without_javascript_a_card_leads_back_to_the_circle(as_co_facilitator, evening):
    topic = make_topic(evening)

    response = as_co_facilitator.post(url("sessions:topic", evening, topic.pk), {"act": "done"})

    assert response.url == url("sessions:circle", evening)


def test_an_act_or_a_topic_that_is_not_there_is_not_found(as_co_facilitator, evening, facilitator):
    elsewhere = make_evening(facilitator, starts_at=evening.now + timedelta(days=3))
    topic, other = make_topic(evening), make_topic(elsewhere)

    assert as_co_facilitator.post(url("sessions:topic", evening, topic.pk), {"act": "burn"}).status_code == 404
    assert as_co_facilitator.post(url("sessions:topic", evening, topic.pk)).status_code == 404
    assert as_co_facilitator.post(url("sessions:topic", evening, other.pk), {"act": "done"}).status_code == 404


def test_a_closed_session_shows_its_topics_and_takes_none(as_co_facilitator, evening, by):
    topic = make_topic(evening)
    close(evening)

    page = as_co_facilitator.get(url("sessions:circle", evening))
    saves = [
        as_co_facilitator.post(url("sessions:topic", evening, topic.pk), {"act": "done"}, headers=HTMX),
        as_co_facilitator.post(url("sessions:topic", evening, topic.pk), {"act": "done"}),
        as_co_facilitator.post(url("sessions:add_topic", evening), {"title": "Nog iets"}, headers=HTMX),
        as_co_facilitator.post(url("sessions:seen", evening, evening.places[0].pk), headers=HTMX),
    ]

    assert page.status_code == 200
    assert "hx-post" not in page.content.decode()
    assert "Slaap" in page.content.decode()
    assert [response.status_code for response in saves] == [422] * 4
    for act in (plan.mark_done, plan.postpone, plan.undo):
        with pytest.raises(NotRunning):
            act(topic, **by)
    with pytest.raises(NotRunning):
        plan.add_topic(evening.session, "Nog iets", **by)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_topic_for_an_evening_that_was_closed_meanwhile_is_not_lost(as_co_facilitator, evening, headers):
    close(evening)

    response = as_co_facilitator.post(url("sessions:add_topic", evening), {"title": "Nog iets"}, headers=headers)

    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "<p>Nog iets</p>" in response.text


# One by one


def test_the_queue_is_in_the_order_of_arrival_and_loses_who_was_seen(as_facilitator, evening, by, facilitator):
    for minutes, index in enumerate((2, 0, 1)):
        acts.record_arrival(
            evening.session, evening.places[index], PRESENT, by=by["by"], now=evening.now + timedelta(minutes=minutes)
        )
    # Said later that she was late: she keeps her turn.
    acts.record_arrival(evening.session, evening.places[2], "late", by=by["by"], now=evening.now + timedelta(minutes=9))

    before = as_facilitator.get(url("sessions:circle", evening)).context["register"]
    response = as_facilitator.post(url("sessions:seen", evening, evening.places[2].pk), headers=HTMX)
    after = response.context["register"]

    assert [row.place for row in before.waiting] == [evening.places[index] for index in (2, 0, 1)]
    assert [row.place for row in after.waiting] == [evening.places[index] for index in (0, 1)]
    assert [row.attendance.seen_by for row in after.were_seen] == [facilitator]
    assert (after.seen, after.here) == (1, 3)


def test_seen_once_is_seen_at_the_first_moment(evening, by, facilitator):
    place = evening.places[0]
    acts.record_arrival(evening.session, place, PRESENT, **by)
    acts.mark_seen(evening.session, place, by=facilitator, now=evening.now)

    row = acts.mark_seen(evening.session, place, by=facilitator, now=evening.now + timedelta(minutes=3))

    assert row.seen_at == evening.now


@pytest.mark.django_db(transaction=True)
def test_a_touch_that_waited_for_another_act_is_later_than_that():
    practice = make_practice()
    with practice_scope(practice):
        evening = make_evening(make_membership(practice))
        acts.record_all_present(evening.session, by=evening.first, now=evening.now)
        browser = client_of(evening.first)
        seat = url("sessions:seen", evening, evening.places[0].pk)

    with practice_scope(practice):
        with overtaken(lambda: browser.post(seat).status_code) as outcome:
            acts.mark_seen(evening.session, evening.places[1], by=evening.first, now=timezone.now())
        over = timezone.now()

    assert outcome() == 302
    with practice_scope(practice):
        assert evening.session.attendances.get(enrolment=evening.places[0]).seen_at > over


def test_a_co_facilitator_ticks_that_the_first_facilitator_saw_her(evening, by, facilitator):
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)

    assert acts.mark_seen(evening.session, evening.places[0], **by).seen_by == facilitator


def test_a_doctor_who_joins_saw_her_herself(practice, evening, by):
    doctor = make_membership(practice, Role.FACILITATOR, profession=Profession.YOUTH_DOCTOR)
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)

    assert acts.mark_seen(evening.session, evening.places[0], by=doctor, now=evening.now).seen_by == doctor


def test_seen_by_mistake_waits_again(as_facilitator, evening, by):
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)
    seat = url("sessions:seen", evening, evening.places[0].pk)
    as_facilitator.post(seat, headers=HTMX)

    response = as_facilitator.post(seat, {"undo": "yes"}, headers=HTMX)

    assert response.context["register"].seen == 0
    row = evening.session.attendances.get()
    assert (row.seen_at, row.seen_by) == (None, None)


def test_who_is_not_here_cannot_be_seen(as_facilitator, evening, by):
    acts.record_arrival(evening.session, evening.places[0], "apologised", **by)

    for place in evening.places[:2]:
        with pytest.raises(NotHere):
            acts.mark_seen(evening.session, place, **by)
        response = as_facilitator.post(url("sessions:seen", evening, place.pk), headers=HTMX)
        assert response.status_code == 422
        assert place.participant.given_name in response.content.decode()


def test_another_tablet_hears_that_somebody_was_seen(as_facilitator, evening, by, facilitator):
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)
    here = url("sessions:circle", evening)
    version = as_facilitator.get(here, headers=HTMX).context["version"]

    unchanged = as_facilitator.get(here, {"version": version}, headers=HTMX)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=evening.now)
    changed = as_facilitator.get(here, {"version": version}, headers=HTMX)

    assert [unchanged.status_code, changed.status_code] == [204, 200]


def test_the_round_ends_after_three_minutes_for_each_who_waits(as_facilitator, evening, by, facilitator):
    acts.record_all_present(evening.session, **by)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=evening.now)

    context = as_facilitator.get(url("sessions:circle", evening)).context
    early = acts.end_of_round(evening.session, 4, now=evening.now - timedelta(hours=1))

    left = context["round_ends_at"] - timezone.now()
    assert timedelta(minutes=5) < left <= timedelta(minutes=6)
    assert early == evening.now + timedelta(minutes=12)


def write(client, evening, text, *, place=0, **sent):
    page = url("sessions:note", evening, evening.places[place].pk)
    shown = client.get(page)
    form = shown.context.get("form")
    return client.post(page, {"text": text, "seen": form.fingerprint if form else "", **sent})


def test_a_note_is_kept_with_the_turn_and_read_by_who_leads(
    as_facilitator, as_co_facilitator, as_coordinator, evening, by, facilitator
):
    acts.record_all_present(evening.session, **by)
    place = evening.places[0]

    write(as_facilitator, evening, " Hartje 140 ", act="seen")

    note = TurnNote.objects.get()
    assert (note.text, note.written_by, note.enrolment) == ("Hartje 140", facilitator, place)
    assert evening.session.attendances.get(enrolment=place).seen_by == facilitator
    assert "Hartje 140" in as_co_facilitator.get(url("sessions:circle", evening)).content.decode()
    assert as_coordinator.get(url("sessions:note", evening, place.pk)).status_code == 403
    assert AccessRecord.objects.filter(page="sessions:note", participant=place.participant_id).exists()


def test_a_note_that_somebody_else_wrote_meanwhile_is_not_overwritten_unseen(
    as_facilitator, as_co_facilitator, evening, by
):
    acts.record_all_present(evening.session, **by)
    page = url("sessions:note", evening, evening.places[0].pk)
    seen = as_co_facilitator.get(page).context["form"].fingerprint
    write(as_facilitator, evening, "Hartje 140", act="keep")

    again = as_facilitator.post(page, {"text": "Hartje 140", "seen": seen})
    late = as_co_facilitator.post(page, {"text": "Buik 30 cm", "seen": seen})

    assert (again.status_code, late.status_code) == (302, 422)
    assert "Buik 30 cm" in late.content.decode()
    assert "Hartje 140" in late.content.decode()
    assert TurnNote.objects.get().text == "Hartje 140"


def test_a_note_that_is_kept_as_it_is_stays_of_who_wrote_it(
    as_facilitator, as_co_facilitator, evening, by, facilitator
):
    acts.record_all_present(evening.session, **by)
    write(as_facilitator, evening, "Hartje 140")
    written_at = TurnNote.objects.get().written_at

    write(as_co_facilitator, evening, " Hartje 140 ", act="seen")

    note = TurnNote.objects.get()
    assert (note.written_by, note.written_at) == (facilitator, written_at)
    assert evening.session.attendances.exclude(seen_at=None).exists()


def test_an_emptied_note_is_gone_and_stays_in_the_history(as_facilitator, evening, by):
    acts.record_all_present(evening.session, **by)
    write(as_facilitator, evening, "Hartje 140")

    write(as_facilitator, evening, "  ")

    assert not TurnNote.objects.exists()
    history = apps.get_model("group_sessions", "TurnNoteEvent").objects.order_by("pgh_id")
    assert list(history.values_list("pgh_label", "text")) == [("insert", "Hartje 140"), ("delete", "Hartje 140")]


@pytest.mark.parametrize(("text", "word"), [("x" * 501, "500"), ("Zie 123456782", "BSN")])
def test_a_note_that_cannot_be_kept_is_shown_again(as_facilitator, evening, by, text, word):
    acts.record_all_present(evening.session, **by)

    response = write(as_facilitator, evening, text, act="seen")

    assert response.status_code == 422
    assert text in response.content.decode()
    assert word in response.content.decode()
    assert (TurnNote.objects.count(), evening.session.attendances.exclude(seen_at=None).count()) == (0, 0)


def test_no_note_is_taken_of_who_is_not_here_or_of_an_evening_that_is_closed(as_facilitator, evening, by):
    absent = write(as_facilitator, evening, "Getypt")
    acts.record_all_present(evening.session, **by)
    close(evening)
    closed = write(as_facilitator, evening, "Getypt")

    assert [response.status_code for response in (absent, closed)] == [422, 422]
    assert all("Getypt" in response.content.decode() for response in (absent, closed))
    assert not TurnNote.objects.exists()


def test_a_theme_group_has_no_queue(as_facilitator, facilitator):
    evening = make_evening(facilitator, people=0, kind="theme")

    page = as_facilitator.get(url("sessions:circle", evening)).content.decode()

    assert 'id="queue"' not in page


# Who may, and what it costs


def test_the_circle_is_for_who_leads_the_evening(practice, as_coordinator, as_facilitator, as_co_facilitator, evening):
    here, seat = url("sessions:circle", evening), evening.places[0].pk
    topic = make_topic(evening)
    other = client_of(make_membership(practice, Role.FACILITATOR))

    assert as_facilitator.get(here).status_code == 200
    assert as_co_facilitator.get(here).status_code == 200
    for client, status in ((as_coordinator, 403), (other, 404)):
        assert client.get(here).status_code == status
        assert client.get(url("sessions:note", evening, seat)).status_code == status
        assert client.post(url("sessions:topic", evening, topic.pk), {"act": "done"}).status_code == status
        assert client.post(url("sessions:add_topic", evening), {"title": "x"}).status_code == status
        assert client.post(url("sessions:seen", evening, seat)).status_code == status


def test_the_page_notes_whose_turn_was_looked_at(as_facilitator, evening, by):
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)

    as_facilitator.get(url("sessions:circle", evening))

    (seen,) = AccessRecord.objects.filter(page="sessions:circle")
    assert seen.participant_id == evening.places[0].participant_id


@pytest.mark.parametrize("name", ["sessions:circle", "sessions:arrivals"])
def test_the_page_notes_whom_it_shows_when_it_refuses_too(as_facilitator, evening, by, name):
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)
    if name == "sessions:circle":
        refused = as_facilitator.post(url("sessions:add_topic", evening), {"title": ""})
    else:
        close(evening)
        refused = as_facilitator.post(url("sessions:all_present", evening))

    assert refused.status_code == 422
    assert AccessRecord.objects.filter(page=name, participant=evening.places[0].participant_id).exists()


def test_whose_turn_comes_in_while_the_page_is_open_is_noted_once(as_facilitator, evening, by):
    here, looks = url("sessions:circle", evening), AccessRecord.objects.filter(page="sessions:circle")
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)
    as_facilitator.get(here)

    acts.record_arrival(evening.session, evening.places[1], PRESENT, **by)
    for _ in range(2):
        as_facilitator.get(here, {"version": "an older one"}, headers=HTMX)
    assert [look.participant_id for look in looks.order_by("pk")] == [row.participant_id for row in evening.places[:2]]

    acts.record_arrival(evening.session, evening.places[2], PRESENT, **by)
    as_facilitator.post(url("sessions:seen", evening, evening.places[0].pk), headers=HTMX)
    assert looks.count() == 3


def test_asking_for_news_costs_no_more_when_nobody_came_in(as_facilitator, evening, by):
    acts.record_arrival(evening.session, evening.places[0], PRESENT, **by)
    here = url("sessions:circle", evening)
    version = as_facilitator.get(here, headers=HTMX).context["version"]

    def cost(version):
        with CaptureQueriesContext(connection) as queries:
            status = as_facilitator.get(here, {"version": version}, headers=HTMX).status_code
        return status, len(queries)

    unchanged, a_minute_ago = cost(version), cost(f"{version}0")
    assert (unchanged[0], a_minute_ago[0]) == (204, 200)
    assert unchanged[1] == a_minute_ago[1]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_circle_costs_the_same_for_one_and_for_three(
    as_facilitator, facilitator, co_facilitator, django_assert_num_queries, rows
):
    evening = make_evening(facilitator, co_facilitator, people=rows)
    later_session(evening, 14)
    acts.record_all_present(evening.session, by=co_facilitator, now=evening.now)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=evening.now)
    for index in range(rows):
        plan.postpone(make_topic(evening, f"Onderwerp {index}"), by=facilitator, now=evening.now)
    as_facilitator.get(url("sessions:circle", evening))

    with django_assert_num_queries(23):
        as_facilitator.get(url("sessions:circle", evening))
