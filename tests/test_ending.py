"""A group that is called off, that goes on after all, or whose people go on in another: what follows for each."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from checks.cells import Seat, last_values, load_cell
from checks.kinds import CheckKind
from checks.models import Measurement
from groups.models import CareGroup, Enrolment, GroupEnded, GroupFull
from participants.models import Participant
from practices.models import Role
from reminders import ledger
from reminders.answering import page_behind
from reminders.defaults import write_texts
from reminders.models import Reminder
from sessions.clashes import Clashes
from sessions.ending import CannotEnd, Stays, cancel_group, reopen_group
from sessions.merging import DoNotMatch, merge, others_for
from sessions.models import Attendance, GroupSession
from sessions.moving import cancel
from sessions.planning import enrol as give_place
from sessions.subscriptions import entries_of, feed_of, subscribe
from tests.cast import client_of
from tests.factories import at, enrol, make_group, make_membership, make_participant, make_room, make_session
from tests.test_ledger import join

pytestmark = pytest.mark.begins_with.with_args(write_texts)
NOW = at(date(2027, 2, 1), 12)
SOON = NOW + timedelta(minutes=1)
PAST, FIRST, SECOND = (at(day, 19) for day in (date(2027, 1, 20), date(2027, 2, 22), date(2027, 3, 22)))


@pytest.fixture
def room(practice):
    return make_room(practice, "Kring")


@pytest.fixture
def group(practice, facilitator, room):
    """With one session behind it and two ahead."""
    group = make_group(practice, by=facilitator, first=facilitator, name="Zwaluwen", maximum=4)
    for start in (PAST, FIRST, SECOND):
        make_session(group, start, room=room)
    return group


@pytest.fixture
def other(practice, facilitator):
    """Another one, which meets on the days after."""
    group = make_group(practice, by=facilitator, first=make_membership(practice), name="Merels", maximum=4)
    for start in (FIRST, SECOND):
        make_session(group, start + timedelta(days=1), number=group.sessions.count() + 2)
    return group


@pytest.fixture
def place(practice, group):
    """Sanne, who was told all dates."""
    (place,) = join(group, make_participant(practice, "Sanne", due_on=date(2027, 3, 9)), now=PAST - timedelta(days=9))
    let_leave(place)
    return place


@pytest.fixture
def waits(practice, group):
    person = make_participant(practice, "Wanda")
    return Enrolment.objects.create(
        practice=practice, group=group, participant=person, state="waiting", waiting_at=NOW - timedelta(days=3)
    )


def let_leave(place, now=NOW):
    ledger.count_as_sent([place], until=now + timedelta(seconds=1))


def waiting(person):
    rows = Reminder.objects.waiting().filter(enrolment__participant=person).order_by("due_at", "pk")
    return [row.occasion for row in rows if row.occasion not in ("week_before", "two_days_before")]


def reminders_of(person):
    rows = Reminder.objects.waiting().filter(enrolment__participant=person, occasion__endswith="before")
    return set(rows.values_list("session__group__name", flat=True))


def url_of(name, group):
    return reverse(name, args=[group.practice.slug, group.pk])


# Calling off -------------------------------------------------------------------------------------------------------


def test_the_sessions_to_come_go_and_what_was_stays(group, place, waits, facilitator):
    cancel_group(group, by=facilitator, now=NOW)

    group.refresh_from_db()
    assert (group.cancelled_at, group.cancelled_by) == (NOW, facilitator)
    assert list(group.sessions.standing().values_list("starts_at", flat=True)) == [PAST]
    assert set(group.enrolments.values_list("state", "ended_at", "ended_from")) == {
        ("ended", NOW, "enrolled"),
        ("ended", NOW, "waiting"),
    }


def test_each_person_hears_once_of_all_her_sessions(group, place, facilitator):
    cancel_group(group, by=facilitator, now=NOW)

    assert waiting(place.participant) == ["cancelled"]
    assert reminders_of(place.participant) == set()
    message = Reminder.objects.waiting().get()
    place = ledger.Book.opened([place.pk]).places[0]
    off = group.sessions.filter(starts_at__gt=NOW)
    assert ledger.told_by(message, place, now=NOW) == {str(session.pk): None for session in off}


def test_a_session_called_off_before_is_told_in_the_same_message(group, place, facilitator):
    cancel(group.sessions.get(number=2), by=facilitator, now=NOW - timedelta(minutes=5))
    cancel_group(group, by=facilitator, now=NOW)

    assert waiting(place.participant) == ["cancelled"]


def test_the_link_in_her_message_still_shows_what_is_off(group, place, facilitator):
    cancel_group(group, by=facilitator, now=NOW)
    token = Reminder.objects.waiting().get().token
    place.refresh_from_db()
    let_leave(place)

    dates = page_behind(token, now=SOON).dates
    assert [date.session.is_cancelled for date in dates] == [True, True]


def test_her_calendar_says_cancelled(practice, group, place, facilitator):
    feed = subscribe(practice, {"enrolment": place}, now=PAST)
    before = {entry.key: entry.sequence for entry in entries_of(feed, now=NOW)}
    cancel_group(group, by=facilitator, now=NOW)
    place.refresh_from_db()

    after = list(entries_of(feed_of(place), now=NOW))
    assert [entry.is_cancelled for entry in after] == [False, True, True]
    assert all(entry.sequence > before[entry.key] for entry in after if entry.is_cancelled)


def test_an_open_session_to_which_people_came_comes_first(practice, group, place, facilitator):
    past = group.sessions.get(number=1)
    came = {"outcome": "present", "recorded_at": PAST, "recorded_by": facilitator}
    Attendance.objects.create(practice=practice, session=past, enrolment=place, **came)

    with pytest.raises(CannotEnd) as refused:
        cancel_group(group, by=facilitator, now=NOW)

    assert refused.value.why is Stays.OPEN


def test_nobody_gets_a_place_in_a_group_that_ended(practice, group, facilitator):
    cancel_group(group, by=facilitator, now=NOW)

    with pytest.raises(GroupEnded):
        give_place(group, make_participant(practice, due_on=date(2027, 3, 9)), by=facilitator, now=NOW)


# After all ---------------------------------------------------------------------------------------------------------


def test_a_group_goes_on_as_it_was_and_who_heard_nothing_yet_hears_nothing(group, place, waits, facilitator):
    cancel_group(group, by=facilitator, now=NOW)
    reopen_group(group, by=facilitator, now=SOON)

    assert CareGroup.objects.alive().filter(pk=group.pk).exists()
    assert group.sessions.standing().count() == 3
    assert set(group.enrolments.values_list("state", "ended_at")) == {("enrolled", None), ("waiting", None)}
    assert waiting(place.participant) == []
    assert reminders_of(place.participant) == {"Zwaluwen"}


def test_who_was_told_that_it_is_off_hears_once_that_it_is_not(group, place, facilitator):
    cancel_group(group, by=facilitator, now=NOW)
    place.refresh_from_db()
    let_leave(place)

    reopen_group(group, by=facilitator, now=SOON)

    assert waiting(place.participant) == ["moved"]


def test_what_is_taken_by_now_stays_off(practice, group, place, facilitator, room):
    cancel_group(group, by=facilitator, now=NOW)
    make_session(make_group(practice, by=facilitator), FIRST, room=room)

    coming = reopen_group(group, by=facilitator, now=SOON)

    assert (list(coming.in_the_way), [session.number for session in coming.back]) == ([2], [3])
    assert group.sessions.get(number=2).is_cancelled


def test_with_everything_in_the_way_nothing_changes(practice, group, facilitator, room):
    cancel_group(group, by=facilitator, now=NOW)
    for start in (FIRST, SECOND):
        make_session(make_group(practice, by=facilitator), start, room=room)

    with pytest.raises(Clashes):
        reopen_group(group, by=facilitator, now=SOON)

    assert not CareGroup.objects.alive().filter(pk=group.pk).exists()


def test_who_got_a_place_elsewhere_keeps_that_one(practice, group, place, other, facilitator):
    cancel_group(group, by=facilitator, now=NOW)
    give_place(other, place.participant, by=facilitator, now=NOW)

    reopen_group(group, by=facilitator, now=SOON)

    place.refresh_from_db()
    assert place.state == "ended"
    assert waiting(place.participant) == ["welcome"]


@pytest.mark.parametrize(
    ("now", "merged", "why"), [(SOON, True, Stays.MERGED), (SECOND + timedelta(days=2), False, Stays.OVER)]
)
def test_a_group_that_is_over_or_lives_in_another_does_not_come_back(group, other, facilitator, now, merged, why):
    if merged:
        merge(group, other, by=facilitator, now=NOW)
    else:
        cancel_group(group, by=facilitator, now=NOW)

    with pytest.raises(CannotEnd) as refused:
        reopen_group(group, by=facilitator, now=now)

    assert refused.value.why is why


# Becoming one ------------------------------------------------------------------------------------------------------


def test_everybody_has_a_place_in_the_other_and_the_emptied_one_ends(group, other, place, waits, facilitator):
    merge(group, other, by=facilitator, now=NOW)

    group.refresh_from_db()
    assert (group.merged_into, group.cancelled_at) == (other, NOW)
    assert list(group.sessions.standing().values_list("starts_at", flat=True)) == [PAST]
    assert set(other.enrolments.values_list("participant__given_name", "state")) == {
        ("Sanne", "enrolled"),
        ("Wanda", "waiting"),
    }
    new = other.enrolments.enrolled().get()
    assert (new.pregnancy, [old.group for old in new.earlier.all()]) == (place.pregnancy, [group])


def test_each_gets_one_message_with_her_new_dates_and_reminders_of_those_alone(group, other, place, facilitator):
    merge(group, other, by=facilitator, now=NOW)

    assert waiting(place.participant) == ["other_dates"]
    assert reminders_of(place.participant) == {"Merels"}


def test_who_had_heard_no_dates_yet_is_welcomed(practice, group, other, facilitator):
    (place,) = join(group, make_participant(practice), now=NOW)

    merge(group, other, by=facilitator, now=NOW)

    assert waiting(place.participant) == ["welcome"]


def test_who_was_in_the_other_group_already_hears_nothing(practice, group, other, facilitator):
    (place,) = join(other, make_participant(practice), now=PAST)
    let_leave(place)

    merge(group, other, by=facilitator, now=NOW)

    assert waiting(place.participant) == []


def test_her_calendar_and_her_old_links_lead_to_the_new_dates(practice, group, other, place, facilitator):
    feed = subscribe(practice, {"enrolment": place}, now=PAST)
    old = Reminder.objects.filter(enrolment=place, sent_at__isnull=False).first().token
    merge(group, other, by=facilitator, now=NOW)
    feed.refresh_from_db()

    shown = [(entry.starts_at, entry.is_cancelled) for entry in entries_of(feed, now=NOW)]
    day = timedelta(days=1)
    assert sorted(shown) == [
        (PAST, False),
        (FIRST, True),
        (FIRST + day, False),
        (SECOND, True),
        (SECOND + day, False),
    ]
    assert [date.session.group for date in page_behind(old, now=SOON).dates] == [other, other]


def test_what_was_measured_stays_and_is_seen_by_those_who_lead_her_now(practice, group, other, place, facilitator):
    past = group.sessions.get(number=1)
    entered = {"entered_at": PAST, "entered_by": facilitator}
    value = Measurement.objects.create(
        practice=practice, session=past, enrolment=place, kind="weight", value=70_000, **entered
    )
    leader = other.facilitations.get().membership
    assert not Measurement.objects.visible_to(leader).exists()

    merge(group, other, by=facilitator, now=NOW)

    new, session = other.enrolments.get(), other.sessions.first()
    assert list(Measurement.objects.visible_to(leader)) == [value]
    assert list(last_values(session)) == [(new.pk, None, "weight", 70_000, None)]
    cell = load_cell(session, Seat(new, None), CheckKind.WEIGHT)
    assert cell.last.first == 70_000
    assert value.enrolment == place


def test_a_co_facilitator_of_the_other_group_sees_her_and_that_of_the_emptied_one_no_more(
    practice, group, other, place, facilitator
):
    ours, theirs = (make_membership(practice, Role.CO_FACILITATOR) for _ in range(2))
    for each, member in ((group, ours), (other, theirs)):
        each.facilitations.create(practice=practice, membership=member, role="co", starts_on=date(2026, 1, 1))

    merge(group, other, by=facilitator, now=NOW)

    seen = [
        Participant.objects.visible_to(member).filter(pk=place.participant_id).exists() for member in (ours, theirs)
    ]
    assert seen == [False, True]


def test_after_a_second_time_everything_leads_to_the_newest(practice, group, other, place, facilitator):
    third = make_group(practice, by=facilitator, name="Spreeuwen")
    make_session(third, SECOND + timedelta(days=3))
    merge(group, other, by=facilitator, now=NOW)
    merge(other, third, by=facilitator, now=SOON)

    group.refresh_from_db()
    assert group.merged_into == third
    assert third.enrolments.get().earlier.count() == 2


def test_more_people_than_places_leave_both_as_they_were(practice, group, other, place, facilitator):
    CareGroup.objects.filter(pk=other.pk).update(minimum=1, target=1, maximum=1)
    enrol(other, make_participant(practice, due_on=date(2027, 3, 9)), by=facilitator)

    with pytest.raises(GroupFull):
        merge(group, other, by=facilitator, now=NOW)

    assert CareGroup.objects.alive().count() == 2
    assert GroupSession.objects.standing().count() == 5


@pytest.mark.parametrize("change", [{"language": "ar"}, {"kind": "parenting"}])
def test_groups_of_another_kind_or_language_do_not_become_one(group, other, facilitator, change):
    CareGroup.objects.filter(pk=other.pk).update(**change)

    with pytest.raises(DoNotMatch):
        merge(group, other, by=facilitator, now=NOW)


def test_the_nearest_group_comes_first_and_says_how_many_they_would_be(practice, group, other, place, facilitator):
    far = make_group(practice, by=facilitator, window_from=date(2027, 6, 1), window_until=date(2027, 7, 1), maximum=1)
    make_session(far, SECOND + timedelta(days=4))
    enrol(far, make_participant(practice), by=facilitator)

    found = others_for(group, facilitator, now=NOW)

    assert [(each.group, each.together, each.fits) for each in found] == [(other, 1, True), (far, 2, False)]


@pytest.mark.parametrize(("days", "is_near"), [(28, True), (29, False), (-28, True), (-29, False)])
def test_a_group_within_four_weeks_is_near_in_time(practice, group, facilitator, days, is_near):
    window = {name: getattr(group, name) + timedelta(days) for name in ("window_from", "window_until")}
    make_session(make_group(practice, by=facilitator, **window), SECOND + timedelta(days=4))

    (found,) = others_for(group, facilitator, now=NOW)

    assert found.is_near == is_near


def test_theme_groups_have_no_window_and_are_near(practice, facilitator):
    group, other = (make_group(practice, by=facilitator, kind="theme") for _ in range(2))
    make_session(other, SECOND)

    assert [each.is_near for each in others_for(group, facilitator, now=NOW)] == [True]


# On the pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def today(group, other, place):
    """The same, a year after this test is run at the latest: pages ask the clock."""
    for session in GroupSession.objects.filter(starts_at__gt=PAST).order_by("-starts_at"):
        for name in ("starts_at", "ends_at", "occupied_until"):
            setattr(session, name, getattr(session, name) + timedelta(days=7 * 5200))
        session.save()
    return place


def test_the_page_says_who_is_told_calls_off_and_offers_the_way_back(as_coordinator, group, today, waits):
    asked = as_coordinator.get(url_of("sessions:cancel_group", group))
    assert [one.occasion_label for one in asked.context["consequences"]] == ["session cancelled"]
    assert "Wanda" in asked.text

    done = as_coordinator.post(url_of("sessions:cancel_group", group), follow=True)
    assert url_of("sessions:reopen_group", group) in done.text
    back = as_coordinator.get(url_of("sessions:reopen_group", group))
    assert "1 person" not in back.text
    again = as_coordinator.post(url_of("sessions:reopen_group", group), follow=True)

    assert "Zwaluwen goes on after all." in again.text
    assert not CareGroup.objects.get(pk=group.pk).cancelled_at


def test_the_page_shows_the_other_group_then_who_is_told_then_does_it(as_facilitator, group, other, waits, today):
    url = url_of("sessions:merge", group)
    assert "together 1 of 4 places" in as_facilitator.get(url).text

    shown = as_facilitator.post(url, {"into": other.pk, "show": "1"})
    assert [str(one.occasion_label) for one in shown.context["consequences"]] == [
        "all dates, in place of the earlier ones"
    ]
    assert "without a message: Wanda" in " ".join(shown.text.split())
    # Another one was ticked since: nothing happens before that is shown.
    as_facilitator.post(url, {"into": other.pk, "really": group.pk})
    assert CareGroup.objects.get(pk=group.pk).merged_into is None
    done = as_facilitator.post(url, {"into": other.pk, "really": other.pk}, follow=True)

    assert "Everybody of Zwaluwen goes on in Merels." in done.text
    assert "Sanne" in done.text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pregnancy", "The due dates there lie more than 4 weeks earlier or later"),
        ("parenting", "The babies there are more than 4 weeks younger or older"),
    ],
)
def test_groups_farther_away_in_time_are_folded_away_under_a_sentence(
    practice, as_facilitator, facilitator, group, other, today, kind, words
):
    far = make_group(practice, by=facilitator, window_from=date(2027, 6, 1), window_until=date(2027, 7, 1))
    make_session(far, SECOND + timedelta(days=7 * 5200))
    url = url_of("sessions:merge", group)
    CareGroup.objects.update(kind=kind)

    before, _, after = as_facilitator.get(url).text.partition('<details class="fold">')
    assert (f'id="into-{other.pk}"' in before, f'id="into-{far.pk}"' in before) == (True, False)
    assert ("1 group farther away in time" in after, words in after, f'id="into-{far.pk}"' in after) == (
        True,
        True,
        True,
    )

    # Whoever chooses it knows what she does.
    assert '<details class="fold" open>' in as_facilitator.post(url, {"into": far.pk, "show": "1"}).text
    assert '<details class="fold">' in as_facilitator.post(url, {"into": other.pk, "show": "1"}).text
    as_facilitator.post(url, {"into": far.pk, "really": far.pk})
    assert CareGroup.objects.get(pk=group.pk).merged_into == far


def test_with_no_group_around_this_time_the_page_says_so_before_the_others(
    practice, as_facilitator, group, other, today
):
    CareGroup.objects.filter(pk=other.pk).update(window_from=date(2027, 6, 1), window_until=date(2027, 7, 1))
    url = url_of("sessions:merge", group)
    assert "There is no other group of this kind and language around this time." in as_facilitator.get(url).text

    GroupSession.objects.filter(group=other).update(cancelled_at=NOW)

    assert "There is no other group of this kind and language with dates" in as_facilitator.get(url).text


def test_without_a_choice_the_page_asks_for_one(as_facilitator, group, other, today):
    answer = as_facilitator.post(url_of("sessions:merge", group), {"into": "x"})

    assert (answer.status_code, "Choose the group in which they go on." in answer.text) == (422, True)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_no_more_for_more_groups_and_more_people(
    practice, facilitator, as_facilitator, group, other, waits, today, rows, django_assert_num_queries
):
    for number in range(rows - 1):
        join(group, make_participant(practice, f"Person {number}", due_on=date(2027, 3, 9)))
        another = make_group(practice, by=facilitator, name=f"Group {number}", maximum=9)
        make_session(another, other.sessions.first().starts_at + timedelta(days=1 + number), number=1)

    with django_assert_num_queries(22):
        shown = as_facilitator.get(url_of("sessions:merge", group), {"into": other.pk})

    assert len(shown.context["near"]) + len(shown.context["far"]) == rows
    assert len(shown.context["consequences"]) == rows


@pytest.mark.parametrize("name", ["sessions:cancel_group", "sessions:reopen_group", "sessions:merge"])
def test_only_planners_of_the_practice_end_and_merge(practice, group, stranger, name):
    helper = make_membership(practice, Role.CO_FACILITATOR)
    theirs = reverse(name, args=[stranger.practice.slug, group.pk])

    assert client_of(helper).post(url_of(name, group)).status_code == 403
    assert client_of(stranger).post(theirs).status_code == 404
    assert CareGroup.objects.get(pk=group.pk).cancelled_at is None
