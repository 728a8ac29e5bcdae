"""Calendars: the file, what stands in each feed, who may fetch it, and the page where links are made."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from groups.models import Reason
from participants.contact import stop_messages
from participants.models import Participant
from practices.models import Practice, Role
from practices.tenancy import practice_scope
from reminders.models import Reminder
from sessions import moving
from sessions.calendars import Entry, write
from sessions.models import CalendarFeed, SessionLead
from tests.cast import StaffClient, client_of
from tests.factories import (
    AMSTERDAM,
    at,
    enrol,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_room,
    make_session,
)
from tests.test_ledger import join

YEARS = range(2026, 2037)
CHANGED = datetime(2026, 1, 1, 12, tzinfo=UTC)


def entry(starts_at, key=1, **fields):
    fields = {"ends_at": starts_at + timedelta(hours=2), "changed_at": CHANGED, "sequence": 0, **fields}
    return Entry(key=key, starts_at=starts_at, **fields)


def file_of(*entries, zone=AMSTERDAM):
    return write(entries, name="De Linde", title="Group meeting", zone=zone)


def events_in(content):
    return Calendar.from_ical(content).walk("VEVENT")


def clock_changes(zone):
    """The days on which the clocks of this zone are changed."""
    days = (date(YEARS[0], 1, 1) + timedelta(days=number) for number in range(365 * len(YEARS)))
    return [day for day in days if offset(day, zone) != offset(day + timedelta(days=1), zone)]


def offset(day, zone):
    return datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset()


# The file ---------------------------------------------------------------------------------------------------------


def test_a_session_keeps_its_time_on_both_sides_of_every_clock_change_of_ten_years():
    days = [day + timedelta(days=step) for day in clock_changes(AMSTERDAM) for step in (-7, -1, 0, 1, 7)]
    assert len(days) >= 10 * 2 * 5
    entries = [entry(at(day, 19, 30).astimezone(UTC), key) for key, day in enumerate(days)]

    content = file_of(*entries)

    read = Calendar.from_ical(content)
    (zone,) = [part.to_tz(lookup_tzid=False) for part in read.walk("VTIMEZONE")]
    for wanted, day, event in zip(entries, days, read.walk("VEVENT"), strict=True):
        start = event["DTSTART"].dt.replace(tzinfo=None)
        assert (start.date(), start.time()) == (day, time(19, 30))
        assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
        # By the rules that the file itself brings along, not by those that the reader knows.
        assert start.replace(tzinfo=zone).astimezone(UTC) == wanted.starts_at
        assert event["DTEND"].dt.replace(tzinfo=zone).astimezone(UTC) == wanted.ends_at


@pytest.mark.parametrize(
    "name", ["Europe/Amsterdam", "Africa/Casablanca", "Pacific/Auckland", "America/Paramaribo", "Europe/Dublin"]
)
def test_the_zone_in_the_file_changes_its_clocks_when_the_zone_does(name):
    zone = ZoneInfo(name)
    content = file_of(*(entry(datetime(year, 6, 1, 12, tzinfo=zone)) for year in YEARS), zone=zone)

    (read,) = [part.to_tz(lookup_tzid=False) for part in Calendar.from_ical(content).walk("VTIMEZONE")]

    for day in clock_changes(zone):
        for hour in (0, 4, 12, 23):
            moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
            assert moment.replace(tzinfo=read).utcoffset() == moment.utcoffset(), moment


def test_the_clocks_of_the_file_change_at_the_moment_the_law_says():
    content = file_of(entry(at(date(2027, 6, 1), 19, 30))).decode()

    # To summer time at 02:00 by winter time, back at 03:00 by summer time.
    assert "DTSTART:20270328T020000" in content
    assert "DTSTART:20271031T030000" in content


def test_a_cancelled_session_says_so_and_keeps_its_name():
    start = at(date(2027, 3, 1), 19, 30)
    (stood,) = events_in(file_of(entry(start)))
    (cancelled,) = events_in(file_of(entry(start + timedelta(days=1), sequence=4, is_cancelled=True)))

    assert (stood["STATUS"], stood["SEQUENCE"]) == ("CONFIRMED", 0)
    assert (cancelled["STATUS"], cancelled["SEQUENCE"]) == ("CANCELLED", 4)
    assert stood["UID"] == cancelled["UID"] == str(UUID(stood["UID"]))


def test_the_same_sessions_give_the_same_file():
    one, two = entry(at(date(2027, 3, 1), 19, 30)), entry(at(date(2027, 4, 1), 19, 30), key=2)

    assert file_of(one, two) == file_of(one, two) != file_of(one)


def test_a_place_with_signs_and_accents_comes_through_in_short_lines():
    place = "Zaal “Élise”, Straat; 1\\2\nachterom, " + "é" * 80

    content = file_of(entry(at(date(2027, 3, 1), 19, 30), place=place))

    assert events_in(content)[0]["LOCATION"] == place
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


def test_a_calendar_without_sessions_is_a_calendar():
    assert events_in(file_of()) == []


# What a feed shows ------------------------------------------------------------------------------------------------


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def room(practice):
    return make_room(practice, "Huiskamer", street="Dorpsstraat 1", town="Utrecht")


@pytest.fixture
def group(practice, facilitator, co_facilitator, room, now):
    practice.name, practice.language = "De Linde", "en"
    practice.save()
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, name="Zwanger in maart")
    for days in (10, 24):
        make_session(group, now + timedelta(days=days), room=room, theme="Bevalling")
    return group


@pytest.fixture
def elsewhere(practice, facilitator, now):
    """A session in another room of a group that somebody else leads."""
    other = make_membership(practice, Role.FACILITATOR)
    group = make_group(practice, by=facilitator, first=other)
    return make_session(group, now + timedelta(days=12), room=make_room(practice))


@pytest.fixture
def sanne(practice):
    return make_participant(practice, "Sanne", "de Vries", language="en")


@pytest.fixture
def place(group, sanne, facilitator, now):
    return enrol(group, sanne, by=facilitator, now=now)[0]


@pytest.fixture
def program():
    """A calendar program: a browser of nobody; the scope of the test stays outside."""
    return StaffClient()


def make_feed(practice, **fields):
    return CalendarFeed.objects.create(practice=practice, created_at=timezone.now(), **fields)


def fetched(program, feed):
    """What stands in the feed now: [(start, status)] in order."""
    events = events_in(program.get(address(feed)).content)
    return [(event["DTSTART"].dt.astimezone(UTC), str(event["STATUS"])) for event in events]


def address(feed):
    return f"/calendar/{feed.token}.ics"


def sequences(program, feed):
    return {str(event["UID"]): event["SEQUENCE"] for event in events_in(program.get(address(feed)).content)}


def starts(group, status="CONFIRMED"):
    return [(session.starts_at, status) for session in group.sessions.order_by("starts_at")]


def a_day_later(session, room, by, now):
    moves = moving.moves_of(session, starts_at=session.starts_at + timedelta(days=1), room=room)
    (moved,) = moving.move(moves, by=by, now=now)
    return moved


def leave(place, facilitator, now):
    place.leave(reason=Reason.MOVED, by=facilitator, now=now)


def test_a_member_of_staff_has_the_sessions_that_she_leads(program, practice, facilitator, group, elsewhere):
    feed = make_feed(practice, membership=facilitator)

    assert fetched(program, feed) == starts(group)


def test_a_room_and_a_group_have_their_own_sessions(program, practice, facilitator, group, elsewhere, room):
    assert fetched(program, make_feed(practice, room=room, holder=facilitator)) == starts(group)
    assert fetched(program, make_feed(practice, group=elsewhere.group, holder=facilitator)) == starts(elsewhere.group)


def test_what_lies_far_back_is_left_out(program, practice, facilitator, group, now):
    old = make_session(group, now - timedelta(days=500))
    recent = make_session(group, now - timedelta(days=300))

    shown = fetched(program, make_feed(practice, group=group, holder=facilitator))

    assert recent.starts_at in dict(shown)
    assert old.starts_at not in dict(shown)


@pytest.mark.parametrize("whose", ["membership", "room", "group", "enrolment"])
def test_a_session_that_is_moved_and_then_cancelled_keeps_its_name_while_its_number_rises(
    program, practice, facilitator, group, room, place, now, whose
):
    fields = {"membership": facilitator, "room": room, "group": group, "enrolment": place}
    holder = {"holder": facilitator} if whose in {"room", "group"} else {}
    feed = make_feed(practice, **{whose: fields[whose]}, **holder)
    session = group.sessions.get(number=1)
    seen = [sequences(program, feed)]

    moved = a_day_later(session, room, facilitator, now)
    seen.append(sequences(program, feed))
    assert fetched(program, feed)[0] == (moved.starts_at, "CONFIRMED")
    moving.cancel(moved, by=facilitator, now=now)
    seen.append(sequences(program, feed))

    assert fetched(program, feed)[0] == (moved.starts_at, "CANCELLED")
    assert seen[0].keys() == seen[1].keys() == seen[2].keys()
    (changed,) = [uid for uid in seen[0] if seen[0][uid] < seen[1][uid] < seen[2][uid]]
    assert all(seen[0][uid] == seen[2][uid] for uid in seen[0] if uid != changed)


def test_a_session_that_went_to_another_room_is_cancelled_in_the_first_and_stands_again_when_it_comes_back(
    program, practice, facilitator, group, room, now
):
    feed, other = make_feed(practice, room=room, holder=facilitator), make_room(practice)
    session = group.sessions.get(number=1)
    before = sequences(program, feed)

    moved = a_day_later(session, other, facilitator, now)
    assert fetched(program, feed)[0] == (moved.starts_at, "CANCELLED")
    assert fetched(program, make_feed(practice, room=other, holder=facilitator)) == [(moved.starts_at, "CONFIRMED")]
    gone = sequences(program, feed)
    back = a_day_later(moved, room, facilitator, now)

    assert fetched(program, feed)[0] == (back.starts_at, "CONFIRMED")
    after = sequences(program, feed)
    assert [uid for uid in before if before[uid] < gone[uid] < after[uid]] != []


def test_a_session_that_somebody_else_leads_now_is_cancelled_for_her(program, practice, facilitator, group, now):
    feed = make_feed(practice, membership=facilitator)
    substitute = make_feed(practice, membership=make_membership(practice, Role.FACILITATOR))
    session, before = group.sessions.get(number=1), sequences(program, feed)
    lead = session.leads.get(membership=facilitator)
    lead.cancelled_at = now
    lead.save()
    SessionLead.objects.create(practice=practice, session=session, membership=substitute.membership, role="first")

    shown, after = fetched(program, feed), sequences(program, feed)

    assert [status for _start, status in shown] == ["CANCELLED", "CONFIRMED"]
    assert sorted(after[uid] - before[uid] for uid in after) == [0, 1]
    assert fetched(program, substitute) == [(session.starts_at, "CONFIRMED")]


def test_a_lead_that_comes_back_stands_again_with_a_higher_number(program, practice, facilitator, group, now):
    feed = make_feed(practice, membership=facilitator)
    session = group.sessions.get(number=1)
    lead = session.leads.get(membership=facilitator)
    lead.cancelled_at = now
    lead.save()
    between = sequences(program, feed)
    SessionLead.objects.create(practice=practice, session=session, membership=facilitator, role="first")

    assert fetched(program, feed) == starts(group)
    assert sum(sequences(program, feed).values()) > sum(between.values())


def test_a_participant_has_the_dates_of_her_group_from_her_place_on(program, practice, group, place, now, elsewhere):
    make_session(group, now - timedelta(days=5), number=9)

    assert fetched(program, make_feed(practice, enrolment=place)) == starts(group)[1:]


def test_once_she_left_what_is_to_come_is_cancelled(program, practice, group, place, facilitator, now):
    feed, before = make_feed(practice, enrolment=place), None
    before = sequences(program, feed)
    first = group.sessions.get(number=1)

    leave(place, facilitator, first.ends_at)

    assert fetched(program, feed) == [starts(group)[0], starts(group, "CANCELLED")[1]]
    after = sequences(program, feed)
    assert all(after[uid] > before[uid] for uid in before)


def test_what_becomes_of_the_group_after_she_left_is_not_hers_to_know(
    program, practice, group, place, facilitator, now
):
    feed = make_feed(practice, enrolment=place)
    # An hour ago: all the rows of this test are newer in the history.
    leave(place, facilitator, now - timedelta(hours=1))
    make_session(group, now + timedelta(days=40), number=3)

    assert fetched(program, feed) == []


def test_who_comes_back_finds_her_dates_again_with_a_higher_number(
    program, practice, group, place, facilitator, sanne, now
):
    feed = make_feed(practice, enrolment=place)
    leave(place, facilitator, timezone.now())
    between = sequences(program, feed)
    assert fetched(program, feed) == starts(group, "CANCELLED")

    group.enrol(sanne, by=facilitator, now=now)

    after = sequences(program, feed)
    assert fetched(program, feed) == starts(group)
    assert all(after[uid] > between[uid] for uid in between)


def test_who_is_left_in_peace_finds_her_dates_cancelled(program, practice, group, place, facilitator):
    feed = make_feed(practice, enrolment=place)
    before = sequences(program, feed)

    stop_messages(Participant.objects.get(), by=facilitator, now=timezone.now())

    after = sequences(program, feed)
    assert fetched(program, feed) == starts(group, "CANCELLED")
    assert all(after[uid] > before[uid] for uid in before)


@pytest.mark.parametrize("whose", ["membership", "room", "group", "enrolment"])
def test_a_feed_tells_of_time_and_place_and_of_nobody(program, practice, facilitator, group, room, place, whose):
    fields = {"membership": facilitator, "room": room, "group": group, "enrolment": place}
    holder = {"holder": facilitator} if whose in {"room", "group"} else {}

    content = program.get(address(make_feed(practice, **{whose: fields[whose]}, **holder))).content.decode()

    (first, _second) = events_in(content)
    assert first["SUMMARY"] == "Group meeting"
    assert first["LOCATION"] == "Huiskamer, Dorpsstraat 1, Utrecht"
    assert first["CLASS"] == "PRIVATE"
    assert content.count("X-WR-CALNAME:De Linde") == 1
    for secret in ("Sanne", "Vries", "Mila", "Aisha", "maart", "Zwanger", "Centering,", "Bevalling", "pregnan", "baby"):
        assert secret not in content


@pytest.mark.parametrize(
    ("whose", "place_line"),
    [
        ("enrolment", "Huiskamer, Dorpsstraat 1, Utrecht, https://example.org/kring"),
        ("membership", "Huiskamer, Dorpsstraat 1, Utrecht, https://example.org/kring"),
        ("room", "Huiskamer, Dorpsstraat 1, Utrecht"),
        ("group", "Huiskamer, Dorpsstraat 1, Utrecht"),
    ],
)
def test_the_link_to_the_online_room_stands_in_calendars_of_those_who_are_expected_alone(
    program, practice, facilitator, group, room, place, whose, place_line
):
    group.mode, group.online_url = "mixed", "https://example.org/kring"
    group.save()
    fields = {"enrolment": place} if whose == "enrolment" else own_fields(whose, facilitator, room, group)

    (first, _second) = events_in(program.get(address(make_feed(practice, **fields))).content)

    assert first["LOCATION"] == place_line


def test_a_member_of_staff_gets_from_the_calendar_to_the_session_and_a_participant_does_not(
    program, practice, facilitator, group, place, as_facilitator
):
    (event, _) = events_in(program.get(address(make_feed(practice, membership=facilitator))).content)
    (hers, _) = events_in(program.get(address(make_feed(practice, enrolment=place))).content)

    assert as_facilitator.get(event["URL"], follow=True).status_code == 200
    assert "URL" not in hers


def test_the_titles_are_in_the_language_of_the_reader(program, practice, facilitator, group, place, sanne):
    Practice.objects.filter(pk=practice.pk).update(language="nl")
    Participant.objects.filter(pk=sanne.pk).update(language="en")
    feed = make_feed(practice, enrolment=place)
    assert events_in(program.get(address(feed)).content)[0]["SUMMARY"] == "Group meeting"

    # A language that the program does not speak: then the practice's.
    Practice.objects.filter(pk=practice.pk).update(language="en")
    Participant.objects.filter(pk=sanne.pk).update(language="ti")
    assert events_in(program.get(address(feed)).content)[0]["SUMMARY"] == "Group meeting"


# Who may fetch it -------------------------------------------------------------------------------------------------


def test_an_unknown_address_and_a_revoked_one_are_not_found(program, practice, facilitator, group):
    feed = make_feed(practice, membership=facilitator)
    assert program.get(address(feed)).status_code == 200

    feed.revoke(now=timezone.now())

    assert program.get(address(feed)).status_code == 404
    assert program.head(address(feed)).status_code == 404
    assert program.get("/calendar/x.ics").status_code == 404
    assert program.get("/calendar/%00.ics").status_code == 404
    assert program.get(f"/calendar/{feed.token[:-1]}.ics").status_code == 404


def own_fields(kind, member, room, group):
    return {
        "membership": {"membership": member},
        "room": {"room": room, "holder": member},
        "group": {"group": group, "holder": member},
    }[kind]


@pytest.mark.parametrize("whose", ["membership", "room", "group"])
def test_whose_work_here_has_ended_fetches_nothing_more(program, practice, facilitator, group, room, whose):
    feed = make_feed(practice, **own_fields(whose, facilitator, room, group))
    facilitator.ends_on = timezone.localdate(timezone=practice.zone)
    facilitator.save()

    assert program.get(address(feed)).status_code == 404


def test_who_may_no_longer_sign_in_fetches_nothing_more(program, practice, facilitator, group):
    feed = make_feed(practice, membership=facilitator)
    facilitator.user.is_active = False
    facilitator.user.save()

    assert program.get(address(feed)).status_code == 404


@pytest.mark.parametrize(("whose", "status"), [("membership", 200), ("room", 404), ("group", 404)])
def test_who_plans_no_longer_keeps_her_own_calendar_only(
    program, practice, facilitator, elsewhere, room, whose, status
):
    feed = make_feed(practice, **own_fields(whose, facilitator, room, elsewhere.group))
    facilitator.roles = [Role.CO_FACILITATOR]
    facilitator.save()

    assert program.get(address(feed)).status_code == status


def test_a_co_facilitator_fetches_the_calendar_of_her_group_while_it_is_hers(program, practice, co_facilitator, group):
    feed = make_feed(practice, group=group, holder=co_facilitator)
    assert program.get(address(feed)).status_code == 200

    group.facilitations.filter(membership=co_facilitator).update(ends_on=timezone.localdate())

    assert program.get(address(feed)).status_code == 404


def test_a_feed_has_nothing_of_another_practice(program, practice, facilitator, group, now):
    other = make_practice("elders", with_defaults=True)
    with practice_scope(other):
        guest = make_membership(other, Role.FACILITATOR, user=facilitator.user)
        theirs = make_group(other, by=guest, first=guest)
        make_session(theirs, now + timedelta(days=30))
        there = make_feed(other, membership=guest)
        of_theirs = starts(theirs)

    assert fetched(program, make_feed(practice, membership=facilitator)) == starts(group)
    assert fetched(program, there) == of_theirs


def test_it_is_only_looked_at(program, practice, facilitator, group):
    feed = make_feed(practice, membership=facilitator)

    head = program.head(address(feed))

    assert (head.status_code, head.content) == (200, b"")
    assert {program.post(address(feed)).status_code, program.delete(address(feed)).status_code} == {405}


def test_a_calendar_that_did_not_change_is_not_sent_again(program, practice, facilitator, group, room, now):
    feed = make_feed(practice, membership=facilitator)
    first = program.get(address(feed))
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert first["Cache-Control"] == "private, no-cache"

    again = program.get(address(feed), headers={"If-None-Match": first["ETag"]})
    session = group.sessions.get(number=1)
    a_day_later(session, room, facilitator, now)
    changed = program.get(address(feed), headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "private, no-cache")
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_fetch_is_noted_and_is_no_change_in_the_history(program, practice, facilitator, group):
    feed = make_feed(practice, membership=facilitator)

    program.get(address(feed))

    feed.refresh_from_db()
    assert feed.last_fetched_at is not None
    assert [event.pgh_label for event in feed.events.all()] == ["insert"]


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize(("whose", "count"), [("membership", 17), ("room", 17), ("group", 18), ("enrolment", 18)])
def test_thirty_sessions_cost_as_many_queries_as_one(
    program, practice, facilitator, co_facilitator, room, sanne, now, whose, count, number
):
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator)
    for day in range(number):
        make_session(group, now + timedelta(days=day + 1), room=room)
    (place,) = enrol(group, sanne, by=facilitator, now=now)
    fields = {"enrolment": place} if whose == "enrolment" else own_fields(whose, facilitator, room, group)
    feed = make_feed(practice, **fields)

    with CaptureQueriesContext(connection) as queries:
        assert len(fetched(program, feed)) == number

    assert len(queries) == count


# What can never be ------------------------------------------------------------------------------------------------


def refused(name, practice, **fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make_feed(practice, **fields)


def test_a_feed_is_of_one_thing(practice, facilitator, group, room, place):
    refused("feed_has_one_subject", practice)
    refused("feed_has_one_subject", practice, membership=facilitator, enrolment=place)
    refused("feed_has_one_subject", practice, room=room, group=group, holder=facilitator)


def test_a_feed_of_a_room_or_a_group_is_somebodys_and_others_are_nobody_elses(
    practice, facilitator, group, room, place
):
    refused("feed_of_a_room_or_group_has_a_holder", practice, room=room)
    refused("feed_of_a_room_or_group_has_a_holder", practice, group=group)
    refused("feed_of_a_room_or_group_has_a_holder", practice, membership=facilitator, holder=facilitator)
    refused("feed_of_a_room_or_group_has_a_holder", practice, enrolment=place, holder=facilitator)


def test_a_calendar_has_one_address_at_a_time(practice, facilitator, coordinator, group, room, place):
    for fields in ({"membership": facilitator}, {"room": room, "holder": facilitator}, {"enrolment": place}):
        feed = make_feed(practice, **fields)
        refused("one_address_of_a_calendar_at_a_time", practice, **fields)
        feed.revoke(now=timezone.now())
        assert make_feed(practice, **fields).token != feed.token
    assert make_feed(practice, room=room, holder=coordinator).pk


def test_no_practice_can_stand_where_the_calendars_are(db):
    with pytest.raises(ValidationError) as refusal:
        Practice(slug="calendar", name="X", kind="midwifery", sender_name="X").full_clean()

    assert set(refusal.value.message_dict) == {"slug"}


# The page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def url(practice):
    return reverse("sessions:calendars", args=[practice.slug])


def offered(client, url):
    """(calendar, title) of everything that the page offers, in order."""
    return [(calendar.key, calendar.title) for calendar in client.get(url).context["calendars"]]


def test_a_planner_is_offered_her_own_sessions_each_room_and_each_group(
    as_facilitator, url, group, elsewhere, room, practice
):
    make_room(practice, "Oud", retired_on=date(2020, 1, 1))
    make_group(practice, by=elsewhere.group.created_by, name="No dates")

    assert offered(as_facilitator, url) == [
        ("own", ""),
        (f"room-{room.pk}", "Huiskamer"),
        (f"room-{elsewhere.room_id}", elsewhere.room.name),
        *sorted(
            [(f"group-{elsewhere.group_id}", elsewhere.group.name), (f"group-{group.pk}", group.name)],
            key=lambda one: one[1],
        ),
    ]


def test_a_co_facilitator_is_offered_her_own_sessions_and_her_groups(as_co_facilitator, url, group, elsewhere, room):
    assert offered(as_co_facilitator, url) == [("own", ""), (f"group-{group.pk}", group.name)]


@pytest.mark.parametrize("kind", ["own", "room", "group"])
def test_a_link_is_made_shown_and_opens_the_calendar(as_facilitator, program, url, group, room, kind):
    key = {"own": "own", "room": f"room-{room.pk}", "group": f"group-{group.pk}"}[kind]

    response = as_facilitator.post(url, {"calendar": key})

    feed = CalendarFeed.objects.get()
    assert response.url == f"{url}#{key}"
    content = as_facilitator.get(url).content.decode()
    assert f'value="http://testserver{address(feed)}"' in content
    assert f'href="webcal://testserver{address(feed)}"' in content
    assert "No calendar has fetched it yet" in content
    assert fetched(program, feed) == starts(group)
    assert "Last fetched on" in as_facilitator.get(url).content.decode()


def test_asking_for_a_link_twice_makes_one(as_facilitator, url, group):
    for _ in range(2):
        as_facilitator.post(url, {"calendar": "own"})

    assert CalendarFeed.objects.count() == 1


def test_a_revoked_link_opens_nothing_and_the_next_has_another_address(as_facilitator, program, url, group, practice):
    as_facilitator.post(url, {"calendar": "own"})
    feed = CalendarFeed.objects.get()
    revoke = reverse("sessions:revoke_calendar", args=[practice.slug, feed.pk])
    assert feed.token not in as_facilitator.get(revoke).content.decode()
    assert program.get(address(feed)).status_code == 200

    assert as_facilitator.post(revoke).url == url

    assert program.get(address(feed)).status_code == 404
    # Once more, or with Back, is no harm.
    assert as_facilitator.post(revoke).url == as_facilitator.get(revoke).url == url
    as_facilitator.post(url, {"calendar": "own"})
    new = CalendarFeed.objects.live().get()
    assert new.token != feed.token
    assert feed.token not in as_facilitator.get(url).content.decode()
    assert program.get(address(new)).status_code == 200


@pytest.mark.parametrize("given", [{}, {"calendar": ""}, {"calendar": "own-1"}, {"calendar": "group-999999"}])
def test_what_is_not_offered_cannot_be_had(as_facilitator, url, given):
    assert as_facilitator.post(url, given).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_a_co_facilitator_makes_no_link_of_a_room_or_of_anothers_group(as_co_facilitator, url, room, elsewhere):
    for key in (f"room-{room.pk}", f"group-{elsewhere.group_id}"):
        assert as_co_facilitator.post(url, {"calendar": key}).status_code == 404


def test_anothers_link_is_neither_shown_nor_revoked_nor_taken_for_ones_own(
    as_coordinator, as_facilitator, coordinator, url, practice, facilitator, group
):
    theirs = [make_feed(practice, membership=facilitator), make_feed(practice, group=group, holder=facilitator)]

    content = as_coordinator.get(url).content.decode()
    as_coordinator.post(url, {"calendar": f"group-{group.pk}"})

    for feed in theirs:
        assert feed.token not in content
        revoke = reverse("sessions:revoke_calendar", args=[practice.slug, feed.pk])
        assert (as_coordinator.get(revoke).status_code, as_coordinator.post(revoke).status_code) == (404, 404)
    assert CalendarFeed.objects.live().filter(holder=coordinator).count() == 1


def test_a_link_of_a_group_that_has_no_more_dates_can_still_be_revoked(as_facilitator, url, practice, facilitator):
    group = make_group(practice, by=facilitator)
    make_feed(practice, group=group, holder=facilitator)

    assert offered(as_facilitator, url) == [("own", ""), (f"group-{group.pk}", group.name)]


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_often_for_three_rooms_and_groups_as_for_one(
    as_facilitator, practice, facilitator, url, now, number
):
    for day in range(number):
        group = make_group(practice, by=facilitator, first=facilitator)
        room = make_room(practice)
        make_session(group, now + timedelta(days=day + 1), room=room)
        make_feed(practice, room=room, holder=facilitator)
        make_feed(practice, group=group, holder=facilitator)

    with CaptureQueriesContext(connection) as queries:
        assert len(offered(as_facilitator, url)) == 1 + 2 * number

    assert len(queries) == 15


def test_the_series_of_a_group_and_the_menu_lead_to_the_page(as_facilitator, practice, group, url):
    content = as_facilitator.get(reverse("sessions:series", args=[practice.slug, group.pk])).content.decode()

    assert f'href="{url}#group-{group.pk}"' in content
    assert f'href="{url}"' in content


# A participant's own ----------------------------------------------------------------------------------------------


@pytest.fixture
def answers(group, sanne, now):
    """The page behind the link in her first message."""
    join(group, sanne, now=now)
    return reverse("answer", args=[Reminder.objects.get(occasion="welcome").token])


def test_a_participant_makes_the_link_to_all_her_dates_where_she_answers(program, answers, group):
    assert CalendarFeed.objects.count() == 0
    assert program.post(answers, {"calendar": "make"}).url == f"{answers}#calendar"
    assert program.post(answers, {"calendar": "make"}).url == f"{answers}#calendar"

    feed = CalendarFeed.objects.get()
    assert f'value="http://testserver{address(feed)}"' in program.get(answers).content.decode()
    assert fetched(program, feed) == starts(group)


def test_a_participant_revokes_her_link_and_the_next_is_another(program, answers):
    program.post(answers, {"calendar": "make"})
    feed = CalendarFeed.objects.get()

    for _ in range(2):
        program.post(answers, {"calendar": "stop"})

    assert program.get(address(feed)).status_code == 404
    assert feed.token not in program.get(answers).content.decode()
    program.post(answers, {"calendar": "make"})
    assert CalendarFeed.objects.live().get().token != feed.token


def test_looking_at_the_page_makes_no_link(program, answers):
    program.get(answers)

    assert not CalendarFeed.objects.exists()


def test_who_left_makes_no_link_any_more(program, answers, group, facilitator, now):
    leave(group.enrolments.get(), facilitator, now)

    assert program.post(answers, {"calendar": "make"}).status_code == 422
    assert not CalendarFeed.objects.exists()
    assert b'value="make"' not in program.get(answers).content


def test_an_unknown_wish_about_the_calendar_is_refused(program, answers):
    assert program.post(answers, {"calendar": "other"}).status_code == 422


def test_no_staff_sees_the_link_of_a_participant(client, practice, group, place, facilitator, coordinator, url):
    feed = make_feed(practice, enrolment=place)

    for member in (facilitator, coordinator):
        assert feed.token not in client_of(member).get(url).content.decode()
        revoke = reverse("sessions:revoke_calendar", args=[practice.slug, feed.pk])
        assert client_of(member).post(revoke).status_code == 404
