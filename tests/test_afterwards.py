"""After the evening: blocks for the health record with their tick, and before it the sheet to write on."""

from datetime import date, timedelta
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from checks.blocks import blocks_of
from checks.cells import load_cell, seat_of
from checks.correcting import confirm, correct
from checks.defaults import DEFAULTS, set_default_limits
from checks.entry import Refused, take_away
from checks.kinds import CheckKind
from checks.limits import most_readings
from checks.models import Limit, TakenOver
from checks.paper import paper_of
from checks.review import review
from checks.taking_over import left_for, take_over, undo
from elements.closing import close_session, reopen_session
from participants.models import AccessRecord
from sessions.evening import mark_seen
from sessions.models import Attendance, GroupSession, TurnNote
from tests.factories import at, enrol, make_child, make_group, make_participant
from tests.values import BP, WEIGHT, address, keep, measuring_evening, parents_evening, save_value

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)
NOW = at(date(2026, 11, 3), 20)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def evening(facilitator, co_facilitator):
    return measuring_evening(facilitator, co_facilitator, starts_at=NOW - timedelta(minutes=30))


def block(evening, place=0):
    code = f"{evening.places[place].pk}-0"
    return next(each for each in blocks_of(evening.session).shown if each.seat.code == code)


def tick(evening, *, by=None, fingerprint=None, now=NOW):
    shown = block(evening)
    return take_over(
        evening.session, shown.seat.code, fingerprint=fingerprint or shown.fingerprint, by=by or evening.first, now=now
    )


def test_a_block_says_all_that_the_record_needs_and_no_name_of_hers(evening, co_facilitator):
    first = keep(evening, "142/94", by=co_facilitator, now=NOW)
    keep(evening, "138/88", reading=2, taken_by=co_facilitator, by=co_facilitator, now=NOW)
    review(evening.session, [first.pk], by=evening.first, note="Belt morgen", now=NOW)
    keep(evening, "72,4", kind=WEIGHT, now=NOW)
    mark_seen(evening.session, evening.places[0], by=evening.first, now=NOW)
    TurnNote.objects.create(
        practice=evening.practice,
        session=evening.session,
        enrolment=evening.places[0],
        text="Slaapt slecht",
        written_at=NOW,
        written_by=evening.first,
    )

    assert block(evening).text.splitlines() == [
        "CenteringZwangerschap, session 1, 3 November 2026",
        f"Client number: {evening.places[0].participant.client_number}",
        "Gestational age: 21+6",
        "Blood pressure: 142/94 mmHg",
        "  Measured by the participant, typed by Aisha Assistente (assistant)",
        "  Outside the limits this practice set",
        "  Seen by Mila Verloskundige (midwife), 3 November 2026 20:00: Belt morgen",
        "Blood pressure, reading 2: 138/88 mmHg",
        "  Measured by Aisha Assistente (assistant), typed by Aisha Assistente (assistant)",
        "Weight: 72.4 kg",
        "  Measured by the participant, typed by Mila Verloskundige (midwife)",
        "Seen one to one by Mila Verloskundige (midwife)",
        "Note: Slaapt slecht",
    ]


def test_a_baby_was_measured_by_its_parents(facilitator):
    group = make_group(facilitator.practice, by=facilitator, kind="parenting", first=facilitator)
    mother = make_participant(facilitator.practice, "Anna")
    child = make_child(mother, date(2026, 9, 1), given_name="Bram")
    enrol(group, mother, by=facilitator)
    evening = measuring_evening(facilitator, group=group)
    keep(evening, "4,2", kind=CheckKind.BABY_WEIGHT, child=child)

    (shown,) = blocks_of(evening.session).shown

    assert "  Measured by the parents, typed by Mila Verloskundige (midwife)" in shown.text


def test_a_pregnancy_that_has_ended_has_no_age_any_more(evening):
    keep(evening, "128/82", now=NOW)
    tick(evening)
    pregnancies = evening.places[0].participant.pregnancies
    pregnancies.update(ended_on=NOW.date() + timedelta(days=1))
    assert block(evening).is_taken_over
    assert "Gestational age: 21+6" in block(evening).text

    pregnancies.update(ended_on=NOW.date())

    assert block(evening).has_changed
    assert "Gestational" not in block(evening).text
    assert [line.row.age for line in paper_of(evening.session, with_last=False).lines] == ["", "21+6", "21+6"]


def test_twins_have_a_block_each_and_a_mark_without_review_says_so(facilitator):
    evening = parents_evening(facilitator, twins=2)
    Limit.objects.create(
        practice=evening.practice, quantity="baby_weight", valid_from=date(2026, 1, 1), mark_from=6_000
    )
    for baby, typed in zip(evening.children, ("6,1", "5,9"), strict=True):
        keep(evening, typed, kind=CheckKind.BABY_WEIGHT, child=baby)

    texts = [each.text for each in blocks_of(evening.session).shown]

    assert [("Baby: Bram" in text, "Not reviewed yet" in text) for text in texts] == [(True, True), (False, False)]


def test_what_she_typed_herself_says_whether_somebody_confirmed_it(evening, co_facilitator):
    row = keep(evening, "128/82")
    row.entered_by = None
    row.save()
    waiting = block(evening)
    row.confirmed_by, row.confirmed_at = co_facilitator, NOW
    row.save()

    confirmed = block(evening)

    assert [line for line in waiting.text.splitlines() if line not in confirmed.text] == ["  Not confirmed yet"]
    assert "  Confirmed by Aisha Assistente (assistant)" in confirmed.text.splitlines()
    assert waiting.fingerprint != confirmed.fingerprint


def test_a_tick_has_a_name_and_twice_is_once_and_taking_it_back_has_a_name_too(evening, co_facilitator):
    keep(evening, "128/82")

    row = tick(evening)

    assert tick(evening, by=co_facilitator) == row
    assert (row.taken_over_by, row.taken_over_at, block(evening).is_taken_over) == (evening.first, NOW, True)
    undo(evening.session, block(evening).seat.code, by=co_facilitator, now=NOW)
    row.refresh_from_db()
    assert (row.undone_by, row.undone_at, block(evening).taken) == (co_facilitator, NOW, None)


@pytest.mark.parametrize("change", ["value", "review", "note", "due date"])
def test_what_changes_after_it_was_taken_over_asks_to_be_copied_again(evening, change):
    marked = keep(evening, "142/94")
    before = tick(evening)

    if change == "value":
        keep(evening, "132/84", seen=marked.pk)
    elif change == "review":
        review(evening.session, [marked.pk], by=evening.first, now=NOW)
    elif change == "note":
        TurnNote.objects.create(
            practice=evening.practice, session=evening.session, enrolment=evening.places[0], text="x", written_at=NOW,
            written_by=evening.first,
        )  # fmt: skip
    else:
        evening.places[0].participant.pregnancies.update(due_on=date(2027, 3, 11))

    assert (block(evening).has_changed, block(evening).is_taken_over) == (True, False)
    again = tick(evening)
    before.refresh_from_db()
    assert (block(evening).taken, before.undone_by) == (again, evening.first)


def left(evening, member=None):
    return [row[3] for row in left_for(member or evening.first, since=NOW - timedelta(days=1))]


def close(evening, at=NOW):
    close_session(evening.session, by=evening.first, now=at)


def test_a_closed_evening_asks_its_first_facilitator_for_the_records_that_are_left(evening, practice, co_facilitator):
    keep(evening, "128/82", now=NOW)
    keep(evening, "128/82", place=1, now=NOW)
    assert left(evening) == []

    close(evening)

    [row] = left_for(evening.first, since=NOW - timedelta(days=1))
    assert row == (evening.session.pk, evening.group.name, evening.session.starts_at, 2)
    assert left(evening, co_facilitator) == []
    assert left_for(evening.first, since=NOW) == []
    tick(evening, now=NOW + timedelta(minutes=1))
    assert left(evening) == [1]
    undo(evening.session, block(evening).seat.code, by=evening.first, now=NOW)
    assert left(evening) == [2]


def note(evening, text, now):
    return TurnNote.objects.create(
        practice=evening.practice,
        session=evening.session,
        enrolment=evening.places[0],
        text=text,
        written_at=now,
        written_by=evening.first,
    )


def take_off(evening, row, now):
    """Take a value away in the closed session: opened for that, and closed again."""
    reopen_session(evening.session, reason="x", by=evening.first, now=now)
    session = GroupSession.objects.select_related("group").get(pk=evening.session.pk)
    cell = load_cell(session, seat_of(session, row.enrolment_id, None), CheckKind(row.kind))
    take_away(cell, reading=row.reading, by=evening.first, seen=row.pk, now=now)
    close(evening, now)


@pytest.mark.parametrize(
    "change", ["value", "confirmation", "seen", "note", "value gone", "all gone", "note gone", "not seen after all"]
)
def test_a_record_that_changed_since_it_was_taken_over_is_left(evening, change):
    row = save_value(evening.session, evening.places[0], BP, "128/82", by=None, now=NOW)
    if change not in ("note", "seen", "all gone"):
        keep(evening, "72,4", kind=WEIGHT, now=NOW)
    if change == "note gone":
        written = note(evening, "x", NOW)
    if change == "not seen after all":
        mark_seen(evening.session, evening.places[0], by=evening.first, now=NOW)
    tick(evening, now=NOW + timedelta(minutes=1))
    close(evening, NOW + timedelta(minutes=2))
    later = NOW + timedelta(minutes=3)
    assert left(evening) == []

    if change == "value":
        correct(row, ("138", "82"), reason="x", by=evening.first, now=later)
    elif change == "confirmation":
        confirm(row, by=evening.first, now=later)
    elif change == "seen":
        Attendance.objects.filter(enrolment=evening.places[0]).update(seen_by=evening.first, seen_at=later)
    elif change == "note":
        note(evening, "x", later)
    elif change == "note gone":
        written.delete()
    elif change == "not seen after all":
        Attendance.objects.filter(enrolment=evening.places[0]).update(seen_by=None, seen_at=None)
    else:
        take_off(evening, row, later)

    assert left(evening) == [1]
    assert block(evening).has_changed
    assert "128/82" not in block(evening).text or "gone" not in change or change == "note gone"
    tick(evening, now=later + timedelta(minutes=1))
    assert left(evening) == []
    assert blocks_of(evening.session).left == 0


@pytest.mark.parametrize("change", ["seen again", "the note as it was"])
def test_what_was_taken_back_and_done_again_is_to_be_copied_again(evening, change):
    mark_seen(evening.session, evening.places[0], by=evening.first, now=NOW)
    written = note(evening, "x", NOW)
    tick(evening, now=NOW + timedelta(minutes=1))
    close(evening, NOW + timedelta(minutes=2))
    later = NOW + timedelta(minutes=3)

    if change == "seen again":
        Attendance.objects.filter(enrolment=evening.places[0]).update(seen_at=later)
    else:
        TurnNote.objects.filter(pk=written.pk).update(written_at=later)

    assert (left(evening), block(evening).has_changed) == ([1], True)
    tick(evening, now=later + timedelta(minutes=1))
    assert left(evening) == []


def test_a_family_that_was_ticked_before_its_baby_was_known_asks_for_the_baby_alone(facilitator):
    evening = parents_evening(facilitator, twins=1, starts_at=NOW - timedelta(minutes=30))
    [place] = evening.places
    babies = list(place.enrolled_children.all())
    place.enrolled_children.all().delete()
    mark_seen(evening.session, place, by=facilitator, now=NOW)
    [alone] = blocks_of(evening.session).shown
    after = NOW + timedelta(minutes=1)
    take_over(evening.session, alone.seat.code, fingerprint=alone.fingerprint, by=facilitator, now=after)
    close(evening, NOW + timedelta(minutes=2))
    assert left(evening) == []

    for row in babies:
        place.enrolled_children.create(practice=row.practice, child=row.child)

    assert left(evening) == [1]
    [baby] = blocks_of(evening.session).shown
    take_over(evening.session, baby.seat.code, fingerprint=baby.fingerprint, by=facilitator, now=after)
    assert left(evening) == []


def test_a_mother_of_twins_is_left_until_both_are_taken_over(facilitator):
    evening = parents_evening(facilitator, twins=2, starts_at=NOW - timedelta(minutes=30))
    for baby in evening.children:
        keep(evening, "5,9", kind=CheckKind.BABY_WEIGHT, child=baby, now=NOW)
    close(evening)
    counts = [left(evening)]
    for shown in blocks_of(evening.session).shown:
        after = NOW + timedelta(minutes=1)
        take_over(evening.session, shown.seat.code, fingerprint=shown.fingerprint, by=evening.first, now=after)
        counts.append(left(evening))

    assert counts == [[1], [1], []]
    note(evening, "x", NOW + timedelta(minutes=2))
    [one, _other] = blocks_of(evening.session).shown
    later = NOW + timedelta(minutes=3)
    take_over(evening.session, one.seat.code, fingerprint=one.fingerprint, by=evening.first, now=later)
    assert (left(evening), blocks_of(evening.session).left) == ([1], 1)


def test_a_block_that_changed_while_it_was_shown_is_not_ticked(evening):
    keep(evening, "128/82")
    shown = block(evening).fingerprint
    keep(evening, "72,4", kind=WEIGHT)

    with pytest.raises(Refused, match="changed while it was shown"):
        tick(evening, fingerprint=shown)
    with pytest.raises(Refused, match="Nothing is recorded"):
        take_over(evening.session, "0-0", fingerprint=shown, by=evening.first, now=NOW)
    assert not TakenOver.objects.exists()


def test_a_fingerprint_is_the_same_in_every_language_and_the_words_are_not(evening):
    keep(evening, "128/82")
    english = block(evening)

    with translation.override("nl"):
        dutch, text = block(evening), block(evening).text

    assert dutch.fingerprint == english.fingerprint
    assert text != english.text


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a_block_is_taken_over_once", {}),
        ("who_takes_a_tick_back_does_so_at_a_moment", {"undone_at": NOW}),
    ],
)
def test_the_database_refuses_a_tick_that_cannot_be(evening, name, fields):
    keep(evening, "128/82")
    tick(evening)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TakenOver.objects.create(
            practice=evening.practice,
            session=evening.session,
            enrolment=evening.places[0],
            taken_over_by=evening.first,
            taken_over_at=NOW,
            **fields,
        )


def test_the_page_shows_the_blocks_of_those_who_have_one_and_notes_who_looked(evening, as_facilitator):
    keep(evening, "128/82")
    AccessRecord.objects.all().delete()

    page = as_facilitator.get(address("afterwards", evening))

    text = page.content.decode()
    assert text.count("<textarea") == 1
    assert "1 of 1 is still to be taken over." in text
    assert AccessRecord.objects.filter(page="checks:afterwards").count() == 3


def test_a_tick_is_posted_and_an_overtaken_one_is_shown_with_the_reason(evening, as_co_facilitator):
    keep(evening, "128/82")
    shown = block(evening)
    data = {"seat": shown.seat.code, "seen": shown.fingerprint, "act": "take"}

    assert as_co_facilitator.post(address("take", evening), data).url.endswith(f"/record/#block-{shown.seat.code}")
    fragment = as_co_facilitator.post(address("take", evening), {**data, "act": "undo"}, headers={"HX-Request": "true"})
    refused = as_co_facilitator.post(address("take", evening), {**data, "seen": "old"})

    assert (fragment.status_code, "The tick is taken back." in fragment.content.decode()) == (200, True)
    assert (refused.status_code, "changed while it was shown" in unescape(refused.content.decode())) == (422, True)
    assert TakenOver.objects.count() == 1


@pytest.mark.parametrize("name", ["afterwards", "paper"])
def test_blocks_and_sheets_are_for_who_leads_the_group(evening, as_coordinator, as_stranger, stranger, name):
    assert as_coordinator.get(address(name, evening)).status_code == 403
    assert as_stranger.get(address(name, evening)).status_code == 404


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("afterwards", 25), ("paper", 19)])
def test_the_pages_take_as_many_queries_for_three_people_as_for_one(facilitator, as_facilitator, people, name, queries):
    evening = measuring_evening(facilitator, people=people)
    for place in range(people):
        keep(evening, "128/82", place=place)
        shown = block(evening, place)
        take_over(evening.session, shown.seat.code, fingerprint=shown.fingerprint, by=facilitator, now=NOW)

    with CaptureQueriesContext(connection) as asked:
        as_facilitator.get(address(name, evening) + "?last")

    assert len(asked) == queries


def test_the_sheet_has_the_rows_and_columns_of_the_board_with_the_last_values_only_when_asked(evening):
    keep(evening, "128/82")
    evening.session.record_answer(evening.places[1], is_coming=False, now=NOW)
    following = measuring_evening(evening.first, group=evening.group, here=0, starts_at=NOW + timedelta(days=14))
    session = GroupSession.objects.select_related("group").get(pk=following.session.pk)

    plain, with_last = paper_of(session, with_last=False), paper_of(session, with_last=True)

    assert [boxes.column.kind for boxes in plain.heads] == [BP, WEIGHT]
    assert [list(boxes.readings) for boxes in plain.heads] == [[1, 2, 3], [1]]
    assert [line.row.name for line in plain.lines] == [place.participant.given_name for place in evening.places]
    assert {boxes.last for line in plain.lines for boxes in line.boxes} == {""}
    assert [line.boxes[0].last for line in with_last.lines] == ["128/82", "", ""]
    assert [rule.quantity for rule in plain.rules] == ["systolic", "diastolic"]
    assert plain.leads == ["Mila Verloskundige (first facilitator)", "Aisha Assistente (co-facilitator)"]


def test_who_cannot_come_is_on_the_sheet_and_a_parent_without_a_baby_has_no_boxes(facilitator):
    group = make_group(facilitator.practice, by=facilitator, kind="parenting", first=facilitator)
    with_baby, without = (make_participant(facilitator.practice, name) for name in ("Anna", "Bea"))
    make_child(with_baby, date(2026, 9, 1), given_name="Bram")
    enrol(group, with_baby, without, by=facilitator)
    evening = measuring_evening(facilitator, group=group, here=0)
    evening.session.record_answer(evening.places[0], is_coming=False, now=timezone.now())

    sheet = paper_of(evening.session, with_last=False)

    assert [(line.row.name, len(line.boxes), line.is_excused) for line in sheet.lines] == [
        ("Bram", 3, True),
        ("Bea", 0, False),
    ]


@pytest.mark.parametrize(("numbers", "readings"), [({}, 1), ({"mark_from": 90_000}, 2), ({"mark_below": 40_000}, 2)])
def test_a_sheet_has_as_many_boxes_as_the_limits_may_ask_readings(numbers, readings):
    assert most_readings(WEIGHT, {WEIGHT: Limit(quantity=WEIGHT, **numbers)}) == readings


def test_without_limits_one_reading_is_all():
    assert (most_readings(BP, {}), most_readings(WEIGHT, {})) == (1, 1)
    limits = {quantity: Limit(quantity=quantity, **numbers) for quantity, numbers in DEFAULTS.items()}
    assert most_readings(BP, limits) == 3
