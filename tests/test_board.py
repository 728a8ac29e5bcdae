"""The board of an evening and what else shows values: pages, fragments, who may see them, and what they cost."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from checks.defaults import DEFAULTS, set_default_limits
from checks.kinds import CheckKind
from checks.models import Limit, Mark, Measurement
from participants.models import AccessRecord
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions.evening import undo_arrival
from tests.cast import client_of
from tests.evenings import make_evening
from tests.factories import (
    enrol,
    make_child,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_session,
)
from tests.races import overtaken
from tests.values import (
    BP,
    WEIGHT,
    address,
    cell_of,
    come_in,
    keep,
    measuring_evening,
    parents_evening,
    post_cell,
)

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)


@pytest.fixture
def evening(facilitator, co_facilitator):
    return measuring_evening(facilitator, co_facilitator)


def board(client, evening):
    response = client.get(address("measure", evening))
    assert response.status_code == 200
    return response.content.decode()


def seats(html):
    return re.findall(r'id="seat-(\d+-\d+)"', html)


def seen_in(html, cell):
    """(the row that the page saw, its key for the next save) of the first reading of a cell."""
    form = html.split(f'name="cell" value="{cell}"')[1]
    return re.search(r'name="seen" value="(\d*)"', form)[1], re.search(r'name="key" value="([^"]+)"', form)[1]


def test_in_a_session_without_a_room_everybody_measures_at_home(as_facilitator, evening):
    assert 'type="radio" name="taken_by" value="me"' in board(as_facilitator, evening)
    group = evening.session.group
    group.mode, group.online_url = "mixed", "https://example.org/kring"
    group.save()

    page = board(as_facilitator, evening)

    assert evening.session.room is None
    assert "she measures there herself" in page
    assert 'type="radio" name="taken_by" value="me"' not in page


# The page ----------------------------------------------------------------------------------------------------------


def test_everybody_who_is_here_has_a_row_and_the_others_are_named_below(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, people=4, here=3)

    html = board(as_facilitator, evening)

    assert seats(html) == [f"{place.pk}-0" for place in evening.places[:3]]
    assert evening.places[3].participant.full_name in html.split('id="away"')[1]
    assert html.count('inputmode="numeric"') == 6
    assert html.count('inputmode="decimal"') == 3


def test_the_keyboard_for_a_baby_has_the_comma_of_kilograms(facilitator, as_facilitator):
    evening = parents_evening(facilitator)

    html = board(as_facilitator, evening)

    assert (html.count('inputmode="numeric"'), html.count('inputmode="decimal"')) == (0, 3)


def test_with_nobody_checked_in_the_page_leads_to_the_arrivals(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, here=0)

    html = board(as_facilitator, evening)

    assert "Nobody is checked in yet" in html
    assert reverse("sessions:arrivals", args=[evening.practice.slug, evening.session.pk]) in html


def test_somebody_with_a_value_has_a_row_though_she_is_not_checked_in(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, here=0)
    keep(evening, "128/82", place=1)

    assert seats(board(as_facilitator, evening)) == [f"{evening.places[1].pk}-0"]


def test_somebody_who_left_keeps_her_values_and_has_no_field(evening, as_facilitator):
    keep(evening, "128/82")
    place = evening.places[0]
    place.state, place.left_at = "left", timezone.now()
    place.save()

    html = board(as_facilitator, evening)

    row = html.split(f'id="seat-{place.pk}-0"')[1].split("</tr>")[0]
    assert "128/82" in row
    assert "<input" not in row


def test_the_last_value_of_an_earlier_evening_stands_beside_the_field(evening, facilitator, as_facilitator):
    for weeks, number, typed in ((4, 8, "120/70"), (2, 9, "144/92")):
        earlier = make_evening(
            facilitator, group=evening.group, number=number, starts_at=evening.now - timedelta(weeks=weeks)
        )
        keep(evening, typed, session=earlier.session)
    keep(evening, "138/84", session=earlier.session, reading=2)
    later = make_session(evening.group, evening.now + timedelta(weeks=2), number=11)
    assert later.pk

    html = board(as_facilitator, evening)

    assert html.count('class="last"') == 1
    assert '<span class="visually-hidden">last time </span>138/84' in html


def test_twins_are_two_rows_with_three_kinds_each(facilitator, as_facilitator):
    evening = parents_evening(facilitator, twins=2)

    html = board(as_facilitator, evening)

    place = evening.places[0]
    assert seats(html) == [f"{place.pk}-{child.pk}" for child in evening.children]
    assert html.count("data-entry") == 6
    assert "Bram" in html
    assert "Loek" in html


def test_a_closed_or_coming_evening_shows_values_without_fields(evening, facilitator, as_facilitator):
    keep(evening, "128/82")
    evening.session.closed_at, evening.session.closed_by = timezone.now(), facilitator
    evening.session.save()

    html = board(as_facilitator, evening)
    assert "This session is closed. Nothing more can be entered, unless a first facilitator opens it again." in html
    assert "128/82" in html
    assert "data-entry" not in html
    assert "every 2500ms" not in html

    coming = measuring_evening(facilitator, starts_at=timezone.now() + timedelta(days=2))
    assert "Entering starts on" in board(as_facilitator, coming)


def test_who_opens_the_board_is_recorded_for_each_person_that_it_shows(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, people=3, here=2)

    board(as_facilitator, evening)

    seen = AccessRecord.objects.filter(page="checks:measure", membership=facilitator)
    assert {record.participant_id for record in seen} == {place.participant_id for place in evening.places[:2]}


def test_no_kind_and_no_name_is_in_an_address_of_the_page(evening, as_facilitator):
    keep(evening, "144/92")

    html = board(as_facilitator, evening)

    addresses = " ".join(re.findall(r'(?:href|action|hx-get|hx-post)="([^"]+)"', html)).lower()
    assert not any(word in addresses for word in ("pressure", "weight", "fatima", "144"))


# Saving a cell -----------------------------------------------------------------------------------------------------


def test_a_cell_that_is_left_is_saved_with_a_tick_that_is_spoken(evening, as_co_facilitator, co_facilitator):
    answer = post_cell(as_co_facilitator, evening, "128", "82", key=uuid4())

    html = answer.content.decode()
    row = Measurement.objects.get()
    assert answer.status_code == 200
    assert (row.value, row.second_value, row.entered_by, row.taken_by) == (128, 82, co_facilitator, None)
    assert f'name="seen" value="{row.pk}"' in html
    assert '<span class="visually-hidden">saved</span>' in html
    assert "Fatima, blood pressure: 128/82 is saved." in html


def test_a_pressure_pasted_into_one_field_is_understood(evening, as_co_facilitator):
    post_cell(as_co_facilitator, evening, "128/82", "")

    assert (Measurement.objects.get().value, Measurement.objects.get().second_value) == (128, 82)


def test_a_member_of_staff_who_measures_herself_is_named(evening, as_co_facilitator, co_facilitator):
    answer = post_cell(as_co_facilitator, evening, "128", "82", taken_by="me")

    assert Measurement.objects.get().taken_by == co_facilitator
    assert "measured by Aisha Assistente" in answer.content.decode()

    post_cell(as_co_facilitator, evening, "127", "82", taken_by="self", seen=Measurement.objects.get().pk)
    assert Measurement.objects.standing().get().taken_by == co_facilitator


def test_a_colleague_who_measured_is_named_by_who_types(evening, practice, as_co_facilitator, facilitator):
    assert f'value="{facilitator.pk}"' in board(as_co_facilitator, evening)
    stranger = make_membership(practice, Role.FACILITATOR)

    refused = post_cell(as_co_facilitator, evening, "128", "82", taken_by=stranger.pk)
    answer = post_cell(as_co_facilitator, evening, "128", "82", taken_by=facilitator.pk)

    assert (refused.status_code, "does not lead this session" in refused.text) == (422, True)
    assert "measured by Mila Verloskundige" in answer.text
    assert Measurement.objects.get().taken_by == facilitator


def test_whoever_stands_wrongly_as_having_measured_is_taken_back(evening, as_co_facilitator):
    post_cell(as_co_facilitator, evening, "128", "82", taken_by="me")
    wrong = Measurement.objects.get()

    answer = post_cell(as_co_facilitator, evening, "128", "82", taken_by="me", choice="herself", seen=wrong.pk)

    assert "measured by Aisha" not in answer.text
    row = Measurement.objects.standing().get()
    assert (row.value, row.taken_by, row.replaces) == (128, None, wrong)


def test_what_was_typed_before_somebody_else_signed_in_is_asked_about(
    evening, as_facilitator, facilitator, co_facilitator
):
    asked = post_cell(as_facilitator, evening, "128", "82", typed_by=co_facilitator.pk)
    assert (asked.status_code, "Keep this under your name, Mila Verloskundige?" in asked.text) == (422, True)
    assert f'name="mine_by" value="{facilitator.pk}"' in asked.text
    assert not Measurement.objects.exists()

    post_cell(as_facilitator, evening, "128", "82", typed_by=co_facilitator.pk, mine_by=facilitator.pk)

    assert Measurement.objects.get().entered_by == facilitator
    assert f'name="typed_by" value="{facilitator.pk}"' in board(as_facilitator, evening)


def four_weeks_before(evening):
    return make_evening(
        evening.first, group=evening.group, number=9, starts_at=evening.now - timedelta(weeks=4)
    ).session


def test_a_yes_to_whose_it_is_answers_no_other_question(evening, as_facilitator, facilitator, co_facilitator):
    keep(evening, "61", kind=WEIGHT, session=four_weeks_before(evening))
    hers = {"kind": WEIGHT, "typed_by": co_facilitator.pk, "mine_by": facilitator.pk}

    asked = post_cell(as_facilitator, evening, "92,4", **hers)

    assert (asked.status_code, "last time" in asked.text) == (422, True)
    assert f'<input type="hidden" name="mine_by" value="{facilitator.pk}">' in asked.text
    assert post_cell(as_facilitator, evening, "92,4", **hers, confirmed="92.4").status_code == 200


def test_a_value_that_came_in_before_she_signed_in_is_shown_first(evening, as_facilitator, co_facilitator):
    keep(evening, "150/95")

    asked = post_cell(as_facilitator, evening, "128", "82", typed_by=co_facilitator.pk, seen="")

    assert (asked.status_code, "Keep 150/95" in asked.text) == (422, True)


def test_a_choice_goes_along_with_the_answer_to_a_question(evening, as_co_facilitator, co_facilitator):
    keep(evening, "61", kind=WEIGHT, session=four_weeks_before(evening))
    post_cell(as_co_facilitator, evening, "92,4", kind=WEIGHT, taken_by="me", confirmed="92.4")
    wrong = Measurement.objects.get(session=evening.session)

    asked = post_cell(as_co_facilitator, evening, "92,4", kind=WEIGHT, choice="herself", seen=wrong.pk)

    assert (asked.status_code, '<input type="hidden" name="choice" value="herself">' in asked.text) == (422, True)


def test_who_uses_her_own_value_does_not_take_over_who_measured_the_other(
    evening, as_co_facilitator, facilitator, co_facilitator
):
    theirs = keep(evening, "128/82", by=facilitator, taken_by=facilitator)

    post_cell(as_co_facilitator, evening, "124", "84", taken_by="self", seen=theirs.pk, choice="mine")

    assert Measurement.objects.standing().get().taken_by is None


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (BP, ("300", "20"), "is more than 260 mmHg"),
        (BP, ("12", "80"), "Were they swapped?"),
        (BP, ("128", ""), "Type both numbers, for instance 128/82."),
        (BP, ("<b>", "82"), "This is not a blood pressure."),
        (WEIGHT, ("720",), "is more than 250.0 kg"),
        (WEIGHT, ("\x00",), "This is not a weight."),
    ],
)
def test_a_refused_value_keeps_what_was_typed_and_says_why_beside_it(evening, as_co_facilitator, kind, typed, words):
    answer = post_cell(as_co_facilitator, evening, *typed, kind=kind)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert 'aria-invalid="true"' in html
    assert f'value="{typed[0].replace("<b>", "&lt;b&gt;")}"' in html
    assert "<b>" not in html
    assert not Measurement.objects.exists()


def test_without_javascript_a_cell_is_saved_and_a_refused_one_comes_back_on_the_whole_page(evening, as_co_facilitator):
    answer = post_cell(as_co_facilitator, evening, "128", "82", htmx=False)
    assert answer.url == f"{address('measure', evening)}#cell-{cell_of(evening)}"

    answer = post_cell(as_co_facilitator, evening, "300", "20", place=1, htmx=False)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<html" in html
    assert "is more than 260 mmHg" in html
    assert 'value="300"' in html
    assert 'value="128"' in html


def test_outside_the_limits_the_row_asks_for_a_second_reading_and_then_for_the_midwife(evening, as_co_facilitator):
    html = post_cell(as_co_facilitator, evening, "144", "92").content.decode()
    assert "Measure again" in html
    assert "outside the limits this practice set" in html
    assert 'name="reading" value="2"' in html

    html = post_cell(as_co_facilitator, evening, "130", "88", reading=2).content.decode()
    assert 'name="reading" value="3"' in html

    html = post_cell(as_co_facilitator, evening, "138", "88", reading=3).content.decode()
    assert "Show the midwife" in html
    assert "Measure again" not in html


def test_far_outside_the_limits_the_row_calls_the_midwife_at_once(evening, as_co_facilitator):
    html = post_cell(as_co_facilitator, evening, "165", "112").content.decode()

    assert "Call the midwife now" in html
    assert Measurement.objects.get().mark == Mark.URGENT


def test_an_unlikely_value_is_asked_about_and_taken_when_it_is_meant(evening, as_co_facilitator):
    answer = post_cell(as_co_facilitator, evening, "120", "110")
    assert answer.status_code == 422
    assert 'name="confirmed" value="120/110"' in answer.content.decode()
    assert "Yes, 120/110" in answer.content.decode()

    assert post_cell(as_co_facilitator, evening, "120", "111", confirmed="120/110").status_code == 422
    assert post_cell(as_co_facilitator, evening, "120", "110", confirmed="120/110").status_code == 200
    assert Measurement.objects.get().second_value == 110


def test_a_cell_that_somebody_else_filled_shows_both_and_lets_choose(evening, as_co_facilitator):
    theirs = keep(evening, "128/82")

    answer = post_cell(as_co_facilitator, evening, "124", "80", seen="")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Mila Verloskundige typed another value here." in html
    assert "Keep 128/82" in html
    assert "Use 124/80" in html
    assert 'value="124"' in html

    kept = post_cell(as_co_facilitator, evening, "124", "80", seen=theirs.pk, choice="theirs")
    assert 'value="128"' in kept.content.decode()
    assert Measurement.objects.standing().get() == theirs

    post_cell(as_co_facilitator, evening, "124", "80", seen=theirs.pk, choice="mine")
    assert Measurement.objects.standing().get().value == 124


def seen_on(page):
    return re.search(r"changes/\?seen=([\d.-]+)", page.text)[1]


def changes(client, evening, seen):
    return client.get(address("changes", evening), {"seen": seen}, headers={"HX-Request": "true"})


def test_who_turns_out_not_to_be_here_leaves_the_board(evening, as_co_facilitator):
    place = evening.places[2]
    page = as_co_facilitator.get(address("measure", evening))

    undo_arrival(evening.session, place, now=timezone.now())

    news = changes(as_co_facilitator, evening, seen_on(page))
    assert f'<tr id="seat-{place.pk}-0" hx-swap-oob="delete">' in news.text
    assert place.participant.full_name in news.text


def test_whoever_comes_onto_the_board_by_itself_is_noted_as_looked_at(facilitator, co_facilitator, as_co_facilitator):
    evening = measuring_evening(facilitator, co_facilitator, here=1)
    page = as_co_facilitator.get(address("measure", evening))
    come_in(evening.session, evening.places[1], by=facilitator)
    AccessRecord.objects.all().delete()

    changes(as_co_facilitator, evening, seen_on(page))

    assert [record.participant for record in AccessRecord.objects.all()] == [evening.places[1].participant]


def test_two_readings_that_differ_ask_for_a_third_in_words(evening, as_co_facilitator):
    keep(evening, "144/92")
    keep(evening, "128/82", reading=2)

    page = board(as_co_facilitator, evening)

    assert "Measure a third time" in page
    assert "reading 3" in page


def test_a_reading_that_is_not_asked_any_more_stays_as_it_was_typed(evening, as_co_facilitator):
    first = keep(evening, "144/92")
    keep(evening, "120/80", seen=first.pk)

    answer = post_cell(as_co_facilitator, evening, "142", "90", reading=2, seen="")

    assert answer.status_code == 422
    assert 'value="142"' in answer.text
    assert "Another reading is asked only after one outside the limits." in answer.text


def test_a_value_that_somebody_took_away_is_not_brought_back_unseen(evening, as_co_facilitator, facilitator):
    row = keep(evening, "128/82")
    post_cell(as_co_facilitator, evening, "", "", seen=row.pk, confirmed="nothing")

    answer = post_cell(as_co_facilitator, evening, "126", "82", seen=row.pk)

    assert answer.status_code == 422
    for words in ("Somebody took this value away in the meantime.", "Leave it empty", "Use 126/82"):
        assert words in answer.text
    post_cell(as_co_facilitator, evening, "126", "82", seen="", choice="mine")
    assert Measurement.objects.standing().get().value == 126


def test_who_empties_a_cell_that_changed_is_offered_both(evening, as_co_facilitator):
    row = keep(evening, "128/82")
    keep(evening, "126/82", seen=row.pk)

    answer = post_cell(as_co_facilitator, evening, "", "", seen=row.pk, confirmed="nothing")

    assert "Keep 126/82" in answer.text
    assert 'value="mine">Take it away</button>' in answer.text


def test_a_baby_is_not_measured_at_the_seat_of_its_mother(facilitator, as_facilitator):
    evening = parents_evening(facilitator)

    answer = post_cell(as_facilitator, evening, "7000", kind=CheckKind.BABY_WEIGHT)

    assert (answer.status_code, Measurement.objects.count()) == (422, 0)


def test_an_emptied_cell_is_asked_about_and_its_value_stays_in_the_history(evening, as_co_facilitator, co_facilitator):
    row = keep(evening, "144/92")

    html = post_cell(as_co_facilitator, evening, "", "", seen=row.pk).content.decode()
    assert "The cell is empty now. Take the value away?" in html
    assert "Keep 144/92" in html
    assert Measurement.objects.standing().exists()

    answer = post_cell(as_co_facilitator, evening, "", "", seen=row.pk, confirmed="nothing")
    row.refresh_from_db()
    assert answer.status_code == 200
    assert (row.replaced_by, Measurement.objects.standing().count()) == (co_facilitator, 0)
    assert "Show the midwife" in answer.content.decode()


def test_an_empty_cell_that_is_left_empty_says_nothing(evening, as_co_facilitator):
    answer = post_cell(as_co_facilitator, evening, "", "")

    assert answer.status_code == 200
    assert not Measurement.objects.exists()


def test_a_value_typed_into_a_session_that_was_just_closed_stays_on_the_screen(evening, as_co_facilitator, facilitator):
    evening.session.closed_at, evening.session.closed_by = timezone.now(), facilitator
    evening.session.save()

    answer = post_cell(as_co_facilitator, evening, "128", "82")

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "This session is closed. Nothing more can be entered, unless a first facilitator opens it again." in html
    assert 'value="128"' in html


@pytest.mark.parametrize(
    "fields",
    [
        {"cell": "x"},
        {"cell": "1-0-temperature"},
        {"cell": f"{'9' * 30}-0-weight"},
        {"reading": "4"},
        {"reading": ""},
        {"seen": "x"},
        {"key": "x"},
        {"taken_by": "5x"},
    ],
)
def test_a_post_that_no_page_makes_is_refused(evening, as_co_facilitator, fields):
    assert post_cell(as_co_facilitator, evening, "128", "82", **fields).status_code == 400
    assert not Measurement.objects.exists()


def test_a_seat_of_another_group_is_not_there(evening, as_co_facilitator, facilitator):
    other = make_evening(facilitator, starts_at=evening.now - timedelta(days=1))

    answer = post_cell(as_co_facilitator, evening, "128", "82", cell=f"{other.places[0].pk}-0-{BP}")

    assert answer.status_code == 404


# Who may see a value -----------------------------------------------------------------------------------------------


def everything_with_values(evening):
    person = evening.places[0].participant_id
    return [
        address("measure", evening),
        address("changes", evening) + "?seen=0.0.0.0.",
        address("measured", evening),
        reverse("checks:of_participant", args=[evening.practice.slug, person]),
    ]


def test_a_coordinator_who_does_not_lead_the_group_sees_no_value(evening, as_coordinator):
    keep(evening, "144/92")

    assert [as_coordinator.get(url).status_code for url in everything_with_values(evening)] == [403, 403, 403, 403]
    assert post_cell(as_coordinator, evening, "128", "82").status_code == 403
    assert as_coordinator.post(address("review", evening)).status_code == 403


@pytest.mark.parametrize("role", [Role.CO_FACILITATOR, Role.FACILITATOR])
def test_a_facilitator_of_another_group_sees_no_value(evening, practice, role):
    keep(evening, "144/92")
    other = make_membership(practice, role)
    make_evening(other, starts_at=evening.now)
    client = client_of(other)

    answers = [client.get(url).status_code for url in everything_with_values(evening)]

    assert answers[:3] == [404, 404, 404]
    assert answers[3] in {403, 404}
    assert post_cell(client, evening, "128", "82").status_code == 404
    assert client.post(address("review", evening)).status_code == 404


def test_a_stranger_finds_nothing(evening, as_stranger):
    assert {as_stranger.get(url).status_code for url in everything_with_values(evening)} == {404}


def test_who_leads_one_group_of_a_participant_sees_the_values_of_that_group(evening, practice):
    keep(evening, "144/92")
    other = make_membership(practice, Role.FACILITATOR)
    second = make_evening(
        other,
        group=make_group(practice, by=other, kind="parenting", first=other),
        starts_at=evening.now - timedelta(days=1),
    )
    mother = evening.places[0].participant
    child = make_child(mother, evening.session.day - timedelta(days=60))
    enrol(second.group, mother, by=other)
    second.places = list(second.group.enrolments.all())
    keep(second, "4250", kind=CheckKind.BABY_WEIGHT, child=child)

    html = client_of(other).get(reverse("checks:of_participant", args=[practice.slug, mother.pk])).content.decode()

    assert re.findall(r'data-label="Value">([^<]+)<', html) == ["4250"]


def test_a_part_of_a_page_says_why_it_is_empty_and_shows_no_value(evening, practice):
    keep(evening, "144/92")
    other = client_of(make_membership(practice, Role.FACILITATOR))
    url = reverse("checks:of_participant", args=[practice.slug, evening.places[0].participant_id])

    html = other.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "Only the facilitators of her group see these." in html
    assert "144" not in html
    assert not AccessRecord.objects.filter(page="checks:of_participant").exists()


# The fragments -----------------------------------------------------------------------------------------------------


def test_the_circle_is_told_who_has_a_value_and_who_measured_herself(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, people=4, here=3)
    keep(evening, "128/82")
    keep(evening, "165/112", place=1, taken_by=facilitator)

    html = as_facilitator.get(address("measured", evening)).content.decode()

    assert "2 of 3 have a value; 1 measured themselves." in html
    assert "1 waits for review" in html
    assert html.split("Without a value:")[1].count('<span class="state">') == 1


def test_a_participant_has_a_course_for_each_number_and_a_table_of_every_reading(evening, facilitator, as_facilitator):
    earlier = make_evening(facilitator, group=evening.group, number=9, starts_at=evening.now - timedelta(weeks=2))
    keep(evening, "120/70", session=earlier.session)
    keep(evening, "144/92")
    keep(evening, "140/88", reading=2, taken_by=facilitator)
    keep(evening, "72,4", kind=WEIGHT)
    person = evening.places[0].participant

    html = as_facilitator.get(
        reverse("checks:of_participant", args=[evening.practice.slug, person.pk])
    ).content.decode()

    assert html.count("<svg viewBox") == 3
    assert html.count('class="band band-outside"') == 2
    assert re.findall(r'data-label="Value">([^<]+)<', html) == ["140/88", "144/92", "120/70", "72.4"]
    assert html.count("waits for review") == 2
    assert AccessRecord.objects.filter(page="checks:of_participant", participant=person).count() == 1


def test_a_participant_without_values_is_told_so(evening, as_facilitator):
    person = evening.places[0].participant_id

    html = as_facilitator.get(reverse("checks:of_participant", args=[evening.practice.slug, person])).content.decode()

    assert "Nothing is measured yet." in html


# The limits --------------------------------------------------------------------------------------------------------


def limits_url(practice):
    return reverse("checks:limits", args=[practice.slug])


def new_limits(day, quantity="systolic", *, seen="", **numbers):
    fields = {"quantity": quantity, "valid_from": day.isoformat(), **numbers}
    return {"seen": seen, **{f"{quantity}-{name}": value for name, value in fields.items()}}


def seen_limits(client, practice, quantity="systolic"):
    """What the form of this quantity on a page that is drawn now sends along."""
    html = client.get(limits_url(practice)).content.decode()
    return re.search(r'name="seen" value="(\w+)"', html.split(f'id="limits-{quantity}"')[1])[1]


def set_limits(client, practice, day, quantity="systolic", **numbers):
    """Fill in the form of a page that is drawn now, and send it."""
    seen = seen_limits(client, practice, quantity)
    return client.post(limits_url(practice), new_limits(day, quantity, seen=seen, **numbers))


def test_the_limits_are_said_in_words_to_everybody(practice, as_co_facilitator):
    html = as_co_facilitator.get(limits_url(practice)).content.decode()

    assert "From 140 mmHg: marked, measured again and shown to the first facilitator." in html
    assert "Above 250.0 kg: refused." in html
    assert "<form class" not in html.split("<main")[1]


def test_new_limits_hold_from_their_day_and_name_their_owner(practice, facilitator, as_facilitator):
    today = timezone.localdate()

    answer = set_limits(as_facilitator, practice, today, mark_from="135", urgent_from="155")

    assert answer.url == limits_url(practice)
    before, limit = Limit.objects.filter(quantity="systolic").order_by("valid_from")
    assert (limit.owner, limit.mark_from, limit.urgent_from, limit.refuse_below) == (facilitator, 135, 155, None)
    assert (before.mark_from, before.valid_from < limit.valid_from == today) == (140, True)
    html = as_facilitator.get(limits_url(practice)).content.decode()
    assert "set by Mila Verloskundige" in html
    assert "Earlier" in html


def test_limits_are_typed_in_the_unit_that_is_shown(practice, as_facilitator):
    today = timezone.localdate()

    set_limits(as_facilitator, practice, today, "weight", refuse_above="200,5", ask_change="2.5")

    limit = Limit.objects.get(quantity="weight", valid_from=today)
    assert (limit.refuse_above, limit.ask_change) == (200_500, 2_500)


REFUSED = {"refuse_below": "60", "refuse_above": "260"}


@pytest.mark.parametrize(
    ("days", "numbers", "field", "words"),
    [
        (-1, {"mark_from": "135"}, "valid_from", "Choose today or a later day."),
        (0, {"mark_from": "hoog"}, "mark_from", "Type a number in mmHg."),
        (0, {"mark_from": "135,5"}, "mark_from", "Type a number in mmHg."),
        (0, {"refuse_below": "90", "refuse_above": "80"}, "refuse_above", "The lower limit must be below the upper"),
        (0, {"mark_from": "150", "urgent_from": "140"}, "urgent_from", "Urgent must not start below the mark."),
        (0, {"mark_below": "90", "mark_from": "90"}, "mark_from", "The upper mark must start above the lower one."),
        (0, {**REFUSED, "mark_from": "14"}, "mark_from", "Between 60 and 260 mmHg, the limits of refusal."),
        (0, {**REFUSED, "urgent_from": "1400"}, "urgent_from", "Between 60 and 260 mmHg, the limits of refusal."),
        (0, {"refuse_below": "60", "mark_below": "59"}, "mark_below", "At least 60 mmHg, the limit of refusal."),
        (0, {"refuse_above": "260", "mark_from": "261"}, "mark_from", "At most 260 mmHg, the limit of refusal."),
    ],
)
def test_limits_that_cannot_be_are_told_beside_their_field(practice, as_facilitator, days, numbers, field, words):
    day = timezone.localdate() + timedelta(days=days)

    answer = set_limits(as_facilitator, practice, day, **numbers)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in re.search(rf'id="id_systolic-{field}_error".*?</div>', html, re.DOTALL)[0]
    assert all(f'value="{number}"' in html for number in numbers.values())
    assert Limit.objects.filter(quantity="systolic").count() == 1


@pytest.mark.parametrize("days", [0, 3])
def test_limits_of_today_or_later_are_mended_by_others_from_the_same_day(practice, as_facilitator, days):
    day = timezone.localdate() + timedelta(days=days)
    nurse = make_membership(practice, Role.COORDINATOR, profession=Profession.YOUTH_NURSE)
    set_limits(as_facilitator, practice, day, mark_from="14")

    answer = set_limits(client_of(nurse), practice, day, mark_from="140", refuse_below="60")

    assert answer.status_code == 302
    _default, limit = Limit.objects.filter(quantity="systolic").order_by("valid_from")
    assert (limit.valid_from, limit.mark_from, limit.refuse_below, limit.owner) == (day, 140, 60, nurse)
    states = limit.events.order_by("pgh_id").values_list("pgh_label", "mark_from")
    assert list(states) == [("insert", 14), ("update", 140)]


def test_values_keep_their_mark_when_the_limits_of_their_day_are_mended(practice, evening, as_facilitator):
    today = timezone.localdate()
    set_limits(as_facilitator, practice, today, mark_from="14")
    keep(evening, "128/82")

    set_limits(as_facilitator, practice, today, mark_from="140")
    keep(evening, "128/82", place=1)

    assert [row.mark for row in Measurement.objects.order_by("pk")] == [Mark.OUTSIDE, Mark.NONE]
    html = as_facilitator.get(limits_url(practice)).content.decode()
    assert "Values that were entered already stay as they are marked." in html


def test_limits_that_somebody_else_set_since_the_page_was_drawn_are_seen_first(practice, as_facilitator):
    today = timezone.localdate()
    seen = seen_limits(as_facilitator, practice)
    nurse = make_membership(practice, Role.COORDINATOR, profession=Profession.YOUTH_NURSE)
    set_limits(client_of(nurse), practice, today, mark_from="135")

    answer = as_facilitator.post(limits_url(practice), new_limits(today, seen=seen, mark_from="145"))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else changed this while you were typing." in html
    assert "From 135 mmHg: marked" in html
    assert 'value="145"' in html
    assert Limit.objects.get(quantity="systolic", valid_from=today).owner == nurse
    # What the answer shows has been seen now.
    again = re.search(r'name="seen" value="(\w+)"', html.split('id="limits-systolic"')[1])[1]
    as_facilitator.post(limits_url(practice), new_limits(today, seen=again, mark_from="145"))
    assert Limit.objects.get(quantity="systolic", valid_from=today).mark_from == 145


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_mended", [False, True])
def test_of_two_who_set_limits_at_once_the_second_is_told(db, is_mended):
    practice, today = make_practice(with_defaults=True), timezone.localdate()
    with practice_scope(practice):
        members = [make_membership(practice, Role.FACILITATOR, profession=Profession.MIDWIFE) for _ in range(2)]
        first, second = map(client_of, members)
        if is_mended:
            set_limits(first, practice, today, mark_from="130")
        seen = seen_limits(second, practice)
    late = new_limits(today, seen=seen, mark_from="145")

    with practice_scope(practice), overtaken(lambda: second.post(limits_url(practice), late)) as outcome:
        set_limits(first, practice, today, mark_from="135")

    assert outcome().status_code == 422
    with practice_scope(practice):
        assert Limit.objects.get(quantity="systolic", valid_from=today).mark_from == 135


def adopt(client, limit):
    return client.post(reverse("checks:adopt", args=[limit.practice.slug, limit.pk]))


def test_limits_that_a_practice_began_with_are_adopted_from_today_under_a_name(practice, facilitator, as_facilitator):
    default = Limit.objects.get(quantity="systolic")
    assert as_facilitator.get(limits_url(practice)).content.decode().count("Adopt these limits") == 7

    for _twice in range(2):
        assert adopt(as_facilitator, default).url == limits_url(practice)

    own, before = Limit.objects.filter(quantity="systolic")
    assert before == default
    assert (before.owner, own.owner, own.valid_from) == (None, facilitator, timezone.localdate())
    assert all(getattr(own, name) == number for name, number in DEFAULTS["systolic"].items())
    html = as_facilitator.get(limits_url(practice)).content.decode()
    assert html.count("Adopt these limits") == 6
    systolic = html.split('id="limits-systolic"')[1].split("</section>")[0]
    assert f"From {date_format(own.valid_from, 'j F Y')}, set by Mila Verloskundige." in systolic
    assert "As every practice begins." in systolic


def test_limits_that_others_came_after_are_not_adopted_any_more(practice, as_facilitator):
    default = Limit.objects.get(quantity="systolic")
    set_limits(as_facilitator, practice, timezone.localdate(), mark_from="135")
    own = Limit.objects.get(quantity="systolic", mark_from=135)

    adopt(as_facilitator, default)
    adopt(as_facilitator, own)

    assert list(Limit.objects.filter(quantity="systolic")) == [own, default]


def test_limits_are_adopted_by_somebody_who_may_set_them(practice, as_coordinator, as_co_facilitator):
    default = Limit.objects.get(quantity="systolic")

    assert adopt(as_coordinator, default).status_code == adopt(as_co_facilitator, default).status_code == 404
    assert "Adopt these limits" not in as_co_facilitator.get(limits_url(practice)).content.decode()
    assert Limit.objects.get(quantity="systolic") == default


@pytest.mark.django_db(transaction=True)
def test_limits_that_are_adopted_while_others_are_set_stay_as_they_were_set(db):
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        first, second = (client_of(make_membership(practice, Role.FACILITATOR)) for _ in range(2))
        default = Limit.objects.get(quantity="systolic")

    with practice_scope(practice), overtaken(lambda: adopt(second, default)) as outcome:
        set_limits(first, practice, timezone.localdate(), mark_from="135")

    assert outcome().status_code == 302
    with practice_scope(practice):
        assert [row.mark_from for row in Limit.objects.filter(quantity="systolic")] == [135, 140]


def test_limits_are_set_by_somebody_who_answers_for_checks(practice, as_coordinator, as_co_facilitator):
    data = new_limits(timezone.localdate(), mark_from="135")
    nurse = client_of(make_membership(practice, Role.COORDINATOR, profession=Profession.YOUTH_NURSE))

    assert as_coordinator.post(limits_url(practice), data).status_code == 403
    assert as_co_facilitator.post(limits_url(practice), data).status_code == 403
    assert set_limits(nurse, practice, timezone.localdate(), mark_from="135").status_code == 302


def test_rows_of_limits_are_editable_by_the_same_people(practice, facilitator, coordinator, co_facilitator):
    assert Limit.objects.editable_by(facilitator).exists()
    assert not Limit.objects.editable_by(coordinator).exists()
    assert not Limit.objects.editable_by(co_facilitator).exists()


def test_limits_of_no_quantity_are_refused(practice, as_facilitator):
    assert as_facilitator.post(limits_url(practice), {"quantity": "temperature"}).status_code == 400


# What it costs -----------------------------------------------------------------------------------------------------


def queries(client, url, **options):
    client.get(url, **options)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, **options).status_code in {200, 204}
    return len(captured)


def bare(client, evening):
    """The queries of signing in, membership and scope: a list that is empty asks for one thing beyond them."""
    return queries(client, reverse("neighbourhood:list", args=[evening.practice.slug])) - 1


@pytest.mark.parametrize("people", [1, 3, 12])
def test_the_board_costs_the_same_however_many_people_it_shows(facilitator, co_facilitator, as_facilitator, people):
    evening = measuring_evening(facilitator, co_facilitator, people=people)
    for place in range(people):
        keep(evening, "144/92", place=place, by=co_facilitator)
        keep(evening, "72,4", kind=WEIGHT, place=place, by=co_facilitator)
    before = bare(as_facilitator, evening)

    assert queries(as_facilitator, address("measure", evening)) - before == 9


@pytest.mark.parametrize("babies", [1, 3])
def test_the_board_of_babies_costs_no_query_more(facilitator, co_facilitator, as_facilitator, babies):
    evening = parents_evening(facilitator, co_facilitator, twins=babies)
    for child in evening.children:
        keep(evening, "4250", kind=CheckKind.BABY_WEIGHT, child=child, by=co_facilitator)
    before = bare(as_facilitator, evening)

    assert queries(as_facilitator, address("measure", evening)) - before == 9


def cost_of_a_save(client, evening, *typed, **fields):
    """Queries beyond signing in, membership and scope."""
    before = bare(client, evening)
    with CaptureQueriesContext(connection) as captured:
        assert post_cell(client, evening, *typed, **fields).status_code == 200
    return len(captured) - before


def test_a_save_costs_five_queries_and_a_correction_one_more(evening, as_co_facilitator):
    assert cost_of_a_save(as_co_facilitator, evening, "144", "92") == 5
    assert cost_of_a_save(as_co_facilitator, evening, "146", "92", seen=Measurement.objects.get().pk) == 6


def test_a_save_of_a_baby_costs_no_more(facilitator, as_facilitator):
    evening = parents_evening(facilitator, twins=2)
    kind, child = CheckKind.BABY_WEIGHT, evening.children[1]

    assert cost_of_a_save(as_facilitator, evening, "4250", kind=kind, child=child) == 5


@pytest.mark.parametrize("people", [1, 3])
def test_the_fragment_of_the_circle_costs_the_same_however_many_came(facilitator, as_facilitator, people):
    evening = measuring_evening(facilitator, people=people)
    for place in range(people):
        keep(evening, "128/82", place=place)
    before = bare(as_facilitator, evening)

    assert queries(as_facilitator, address("measured", evening)) - before == 3


@pytest.mark.parametrize("rows", [1, 3])
def test_the_values_of_a_participant_cost_the_same_however_many_there_are(facilitator, as_facilitator, rows):
    evening = measuring_evening(facilitator, people=1)
    for number in range(rows):
        earlier = make_session(evening.group, evening.now - timedelta(weeks=number + 1), number=number + 2)
        keep(evening, "128/82", session=earlier)
    url = reverse("checks:of_participant", args=[evening.practice.slug, evening.places[0].participant_id])
    before = bare(as_facilitator, evening)

    assert queries(as_facilitator, url) - before == 5


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_of_limits_costs_the_same_however_many_there_are(practice, facilitator, as_facilitator, rows):
    for number in range(rows):
        day = timezone.localdate() - timedelta(days=number)
        Limit.objects.create(practice=practice, quantity="weight", valid_from=day, owner=facilitator, mark_from=100)

    assert queries(as_facilitator, limits_url(practice)) == 13


def test_a_place_without_a_baby_is_named_and_has_no_row(facilitator, practice, as_facilitator):
    evening = parents_evening(facilitator)
    childless = make_participant(practice, "Noor", "Jansen")
    (place,) = enrol(evening.group, childless, by=facilitator)
    come_in(evening.session, place, by=facilitator)

    html = board(as_facilitator, evening)

    assert seats(html) == [f"{evening.places[0].pk}-{evening.children[0].pk}"]
    assert "Noor Jansen" in html.split("No baby is known of")[1]


def test_a_group_by_theme_has_nothing_to_measure(facilitator, as_facilitator):
    evening = make_evening(
        facilitator, group=make_group(facilitator.practice, by=facilitator, kind="theme", first=facilitator)
    )

    assert "Nothing is measured in this group" in board(as_facilitator, evening)
    assert address("measure", evening) not in as_facilitator.get(address("measured", evening)).content.decode()
