"""The tablet that goes round: who opens it, what it shows, what is kept of what participants type there."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from checks import guesses
from checks.defaults import set_default_limits
from checks.entry import Refused
from checks.handing import chairs_of, hand_round, told_apart
from checks.herself import Entry, enter
from checks.models import Measurement, TabletCode
from checks.version import Version
from practices.models import Role
from practices.tenancy import practice_scope
from sessions.models import GroupSession
from tests.cast import StaffClient
from tests.factories import make_membership, make_practice
from tests.races import overtaken
from tests.values import BP, WEIGHT, address, keep, measuring_evening, parents_evening, post_cell

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)
DOOR = "/tablet/"


@pytest.fixture
def evening(facilitator, co_facilitator):
    # From now on: half an hour ago may have been yesterday.
    return measuring_evening(facilitator, co_facilitator, here=2, starts_at=timezone.now())


@pytest.fixture
def tablet(evening):
    """A tablet that was opened with the code of this evening, and lies on the table."""
    evening.row, evening.code = hand_round(evening.session, by=evening.co, now=timezone.now())
    client = a_tablet()
    client.post(DOOR, {"code": evening.code})
    return client


def a_tablet(**options):
    client = StaffClient(**options)
    # Else it speaks the language of the practice.
    client.cookies["django_language"] = "en"
    return client


def seat_url(evening, *, place=0):
    here = {chair.seat.enrolment.pk: chair for chair in chairs_of(evening.row)}
    return reverse("tablet_seat", args=[here[evening.places[place].pk].token])


def sheet(*pressure, weight="", **fields):
    """What the page of a seat sends: `seen` and `key` are those of the blood pressure."""
    data = {f"{BP}-{name}": value for name, value in zip(("first", "second"), pressure, strict=False)}
    data.update({f"{BP}-{name}": value for name, value in fields.items()})
    return {f"{BP}-key": uuid4(), f"{WEIGHT}-first": weight, f"{WEIGHT}-key": uuid4(), **data}


def rows():
    return list(Measurement.objects.order_by("pk").values_list("reading", "value", "second_value"))


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ([("Sanne", "Vries"), ("Fatima", "Vries")], ["Sanne", "Fatima"]),
        ([("Sanne", "Vries"), ("Sanne", "Berg"), ("Sanne", "")], ["Sanne V", "Sanne B", "Sanne"]),
        ([("Sanne", "Vries"), ("Sanne", "Visser")], ["Sanne V 1", "Sanne V 2"]),
        ([("Bram", "Sanne", "Vries"), ("Loek", "Sanne", "Vries")], ["Bram, Sanne", "Loek, Sanne"]),
    ],
)
def test_seats_are_told_apart_by_as_little_as_will_do(names, labels):
    assert told_apart(names) == labels


def test_a_code_typed_on_any_tablet_opens_the_first_names_of_who_is_here(evening, tablet):
    other = a_tablet()

    opened = other.post(DOOR, {"code": f" {evening.code[:4].lower()}-{evening.code[4:]} "}, follow=True)

    page = opened.content.decode()
    here, away = evening.places[:2], evening.places[2:]
    assert all(place.participant.given_name in page for place in here)
    assert not any(place.participant.given_name in page for place in away)
    assert not any(place.participant.family_name in page for place in evening.places)
    assert opened.headers["Cache-Control"] == "no-store"
    assert evening.code not in TabletCode.objects.get().code_hash


def test_a_tablet_that_is_handed_over_opens_nothing_else(evening, as_co_facilitator):
    given = as_co_facilitator.post(address("hand", evening), {"act": "here"}, follow=True)

    assert evening.places[0].participant.given_name in given.content.decode()
    assert as_co_facilitator.get(address("measure", evening)).url.startswith("/accounts/login/")
    assert as_co_facilitator.post("/tablet/leave/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    assert b"Open the tablet" in as_co_facilitator.get(DOOR).content


def test_who_signs_in_on_such_a_tablet_has_no_seats_there_any_more(evening, tablet):
    tablet.force_login(evening.co.user)

    assert b"Open the tablet" in tablet.get(DOOR).content
    assert tablet.post(seat_url(evening), sheet("128", "82")).status_code == 422
    assert rows() == []


def test_only_who_leads_the_evening_makes_a_code_and_each_new_one_ends_the_last(evening, as_co_facilitator, tablet):
    elsewhere = make_membership(evening.practice, Role.FACILITATOR)
    client = StaffClient()
    client.force_login(elsewhere.user)
    assert client.post(address("hand", evening), {"act": "make"}).status_code == 404

    page = as_co_facilitator.post(address("hand", evening), {"act": "make"})

    assert page.status_code == 200
    assert TabletCode.objects.standing().get().pk != evening.row.pk
    assert b"was taken back" in tablet.get(DOOR).content
    as_co_facilitator.post(address("hand", evening), {"act": "stop"})
    assert not TabletCode.objects.standing().exists()
    assert as_co_facilitator.post(address("hand", evening), {"act": "dance"}).status_code == 400


def test_what_she_types_is_kept_as_hers_and_confirmed_on_the_board(evening, tablet, as_co_facilitator):
    done = tablet.post(seat_url(evening), sheet("128", "82", weight="72,4"), follow=True)

    pressure, weight = Measurement.objects.order_by("kind")
    assert (pressure.entered_by, pressure.taken_by, pressure.value, weight.value) == (None, None, 128, 72_400)
    assert done.redirect_chain[-1][0] == DOOR
    assert "Thank you, it is kept." in done.content.decode()
    board = as_co_facilitator.get(address("measure", evening))
    assert board.content.decode().count('value="confirm"') == 2
    seen = board.context["board"].version

    confirmed = post_cell(as_co_facilitator, evening, "128", "82", choice="confirm", seen=pressure.pk)

    pressure.refresh_from_db()
    assert (pressure.confirmed_by, pressure.entered_by, Measurement.objects.count()) == (evening.co, None, 2)
    assert "entered by participant, confirmed" in confirmed.content.decode()
    assert "128/82 is confirmed." in confirmed.content.decode()
    news = as_co_facilitator.get(address("changes", evening), {"seen": str(seen)})
    assert "entered by participant, confirmed" in news.content.decode()
    assert Version.parse(str(seen)) == seen
    assert post_cell(as_co_facilitator, evening, "128", "82", choice="confirm", seen=pressure.pk).status_code == 200


def test_another_number_typed_by_staff_replaces_hers_and_needs_no_confirming(evening, tablet, as_co_facilitator):
    tablet.post(seat_url(evening), sheet("128", "82"))
    hers = Measurement.objects.get()

    post_cell(as_co_facilitator, evening, "126", "82", choice="confirm", seen=hers.pk)

    row = Measurement.objects.standing().get()
    assert (row.value, row.entered_by, row.replaces) == (126, evening.co, hers)
    assert 'value="confirm"' not in as_co_facilitator.get(address("measure", evening)).content.decode()


def test_a_confirmation_does_not_bring_back_what_was_taken_away(evening, tablet, as_co_facilitator):
    tablet.post(seat_url(evening), sheet("128", "82"))
    hers = Measurement.objects.get()
    post_cell(as_co_facilitator, evening, "", "", seen=hers.pk, confirmed="nothing")

    answer = post_cell(as_co_facilitator, evening, "128", "82", choice="confirm", seen=hers.pk)

    assert (answer.status_code, "changed this value in the meantime" in answer.text) == (422, True)
    assert not Measurement.objects.standing().exists()


def test_a_confirmation_of_what_changed_meanwhile_is_not_taken(evening, tablet, as_co_facilitator):
    tablet.post(seat_url(evening), sheet("128", "82"))
    old = Measurement.objects.get()
    tablet.post(seat_url(evening), sheet("130", "82", seen=old.pk))

    page = post_cell(as_co_facilitator, evening, "128", "82", choice="confirm", seen=old.pk)

    assert page.status_code == 422
    assert not Measurement.objects.exclude(confirmed_at=None).exists()


def test_the_closing_names_what_is_unconfirmed_and_does_not_wait_for_it(evening, tablet, as_facilitator):
    tablet.post(seat_url(evening), sheet("128", "82"))
    url = reverse("elements:closing", args=[evening.practice.slug, evening.session.pk])

    page = as_facilitator.get(url)

    assert "1 value was entered by a participant and not confirmed." in page.content.decode()
    assert page.context["reasons"] == []


@pytest.mark.parametrize("first", ["128", "144"], ids=["within the limits", "outside them"])
def test_the_same_save_sent_twice_is_one(evening, tablet, first):
    sent = sheet(first, "82", weight="72,4")

    tablet.post(seat_url(evening), sent)
    again = tablet.post(seat_url(evening), sent)

    assert again.status_code == 302
    assert Measurement.objects.count() == 2


def test_a_second_reading_is_asked_of_her_alone_and_no_page_shows_what_is_kept(evening, tablet):
    told = tablet.post(seat_url(evening), sheet("144", "92"), follow=True).content.decode()
    assert "Please measure once more: blood pressure. The facilitator looks at this with you." in told

    later = tablet.get(seat_url(evening))
    page = later.content.decode()
    assert not any(word in page for word in ("144", "once more", "looks at", "outside"))
    assert later.headers["Cache-Control"] == "no-store"

    tablet.post(seat_url(evening), sheet("138", "86", seen=Measurement.objects.get().pk))
    assert rows() == [(1, 144, 92), (2, 138, 86)]
    newest = Measurement.objects.last()
    tablet.post(seat_url(evening), sheet("136", "86", seen=newest.pk))
    assert list(Measurement.objects.standing().values_list("reading", "value")) == [(1, 144), (2, 136)]


def test_an_unlikely_value_is_asked_again_without_naming_the_last_one(evening, tablet):
    before = GroupSession.objects.get(pk=evening.session.pk)
    before.pk, before.number = None, 9
    before.starts_at, before.ends_at, before.occupied_until = (
        moment - timedelta(days=28) for moment in (before.starts_at, before.ends_at, before.occupied_until)
    )
    before.room = None
    before.save()
    keep(evening, "61", kind=WEIGHT, session=before)

    page = tablet.post(seat_url(evening), sheet(weight="92,4"))

    shown = page.content.decode()
    assert page.status_code == 422
    assert "92.4 kg, is that right? Look once more." in shown
    # Keys and tokens in the page hold any digits.
    assert not re.search(r"\b(61|31[.,]4)\b", shown)
    tablet.post(seat_url(evening), {**sheet(weight="92,4"), f"{WEIGHT}-confirmed": "92.4"})
    assert Measurement.objects.filter(session=evening.session).get().value == 92_400


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("hoog", ""), "This is not a blood pressure."),
        (("12", "80"), "Were they swapped?"),
        (("300", "20"), "is more than 260 mmHg"),
        (("", ""), "Type what you measured first."),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_its_field(evening, tablet, typed, words):
    page = tablet.post(seat_url(evening), sheet(*typed))

    assert page.status_code == 422
    assert escape(words) in page.content.decode()
    assert f'value="{typed[0]}"' in page.content.decode()
    assert rows() == []


def test_what_is_right_is_kept_beside_what_is_not(evening, tablet):
    page = tablet.post(seat_url(evening), sheet("12", "80", weight="72,4"))

    assert page.status_code == 422
    assert Measurement.objects.get().value == 72_400
    assert 'value="72,4"' not in page.content.decode()


def test_what_staff_typed_or_confirmed_is_not_changed_on_the_tablet(evening, tablet):
    row = keep(evening, "128/82", by=evening.co)

    unseen = tablet.post(seat_url(evening), sheet("126", "82"))
    seen = tablet.post(seat_url(evening), sheet("126", "82", seen=row.pk))

    assert "typed a value here in the meantime" in unseen.content.decode()
    assert "Tell the facilitator if it must change." in seen.content.decode()
    assert rows() == [(1, 128, 82)]
    row.entered_by, row.confirmed_by, row.confirmed_at = None, evening.co, timezone.now()
    row.save()
    assert tablet.post(seat_url(evening), sheet("126", "82", seen=row.pk)).status_code == 422


def end_of_session(evening, **fields):
    GroupSession.objects.filter(pk=evening.session.pk).update(**fields)


ENDS = {
    "closed": lambda e: end_of_session(e, closed_at=timezone.now(), closed_by=e.first),
    "cancelled": lambda e: end_of_session(e, cancelled_at=timezone.now()),
    "another day": lambda e: TabletCode.objects.update(made_at=timezone.now() - timedelta(days=1)),
    "taken back": lambda e: TabletCode.objects.update(revoked_at=timezone.now()),
    "on the day of the session": lambda e: end_of_session(
        e, starts_at=e.session.starts_at - timedelta(days=1), ends_at=e.session.starts_at - timedelta(hours=22)
    ),
}


@pytest.mark.parametrize("words", ENDS)
def test_a_code_that_is_over_keeps_nothing_and_says_so_with_what_was_typed(evening, tablet, words):
    url = seat_url(evening)
    ENDS[words](evening)

    late = tablet.post(url, sheet("128", "82", weight="72,4"))
    typed_again = a_tablet().post(DOOR, {"code": evening.code})
    door = tablet.get(DOOR)

    assert (late.status_code, typed_again.status_code) == (422, 422)
    assert all(text in late.content.decode() for text in (words, "128/82", "72,4"))
    assert words in typed_again.content.decode()
    assert words in door.content.decode()
    assert tablet.get(url).url == DOOR
    assert rows() == []


def test_a_seat_that_left_the_group_takes_nothing(evening, tablet):
    url, place = seat_url(evening), evening.places[0]
    place.state, place.left_at, place.left_by = "left", timezone.now(), evening.first
    place.save()

    late = tablet.post(url, sheet("128", "82"))

    assert late.status_code == 422
    assert f"{place.participant.given_name} has left this group." in late.content.decode()
    assert 'value="128"' in late.content.decode()
    assert tablet.get(url).url == DOOR
    # The first page tells it; on the next her name is gone.
    assert place.participant.given_name in tablet.get(DOOR).content.decode()
    assert place.participant.given_name not in tablet.get(DOOR).content.decode()
    assert rows() == []


def test_no_address_opens_a_seat_of_another_evening_or_without_a_code(evening, tablet):
    url = seat_url(evening)
    stranger = a_tablet()

    assert stranger.get(url).url == DOOR
    assert stranger.post(url, sheet("128", "82")).status_code == 422
    assert tablet.get("/tablet/0123456789abcdef/").url == DOOR
    assert tablet.post(url, {**sheet("128", "82"), f"{BP}-seen": "soon"}).status_code == 400
    assert rows() == []


def test_codes_cannot_be_guessed_at_for_long(evening, tablet, monkeypatch):
    monkeypatch.setattr(guesses, "MOST", 2)
    client = a_tablet(REMOTE_ADDR="192.0.2.7")

    statuses = [client.post(DOOR, {"code": code}).status_code for code in ("WRONG", "WRONGER", evening.code)]

    assert statuses == [422, 422, 429]


def test_a_tablet_goes_round_only_where_something_is_measured_and_on_the_day(evening, facilitator):
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(Refused, match="on the day of the session only"):
        hand_round(evening.session, by=facilitator, now=tomorrow)


def test_a_baby_is_measured_at_its_own_seat(facilitator, co_facilitator):
    evening = parents_evening(facilitator, co_facilitator, twins=2)
    row, code = hand_round(evening.session, by=co_facilitator, now=timezone.now())
    tablet = a_tablet()
    tablet.post(DOOR, {"code": code})

    bram = chairs_of(row)[0]
    tablet.post(reverse("tablet_seat", args=[bram.token]), {"baby_weight-first": "4250", "baby_weight-key": uuid4()})

    assert bram.label == "Bram, Sanne"
    assert Measurement.objects.get().child == bram.seat.child


def test_the_seats_and_a_seat_cost_the_same_for_two_and_for_three(evening, tablet, django_assert_num_queries):
    for _round in range(2):
        with django_assert_num_queries(13):
            tablet.get(DOOR)
        url = seat_url(evening)
        with django_assert_num_queries(16):
            tablet.get(url)
        evening.session.attendances.get_or_create(
            practice=evening.practice,
            enrolment=evening.places[2],
            defaults={"outcome": "present", "recorded_at": timezone.now(), "recorded_by": evening.co},
        )


@pytest.mark.django_db(transaction=True)
def test_the_same_save_from_two_connections_is_one():
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR)
        evening = measuring_evening(first, people=1, starts_at=timezone.now())
        row, _code = hand_round(evening.session, by=first, now=timezone.now())
        (chair,) = chairs_of(row)
    entry = Entry(BP, ("144", "92"), seen=None, key=uuid4(), confirmed="")

    def save():
        with practice_scope(practice):
            held = GroupSession.objects.select_related("group").select_for_update(of=("self",)).get(pk=row.session_id)
            return enter(held, chair.seat, entry, now=timezone.now())

    with practice_scope(practice), overtaken(save) as outcome:
        save()

    assert outcome().why is None
    with practice_scope(practice):
        assert rows() == [(1, 144, 92)]
