from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checks.correcting import confirm, correct
from checks.defaults import set_default_limits
from checks.entry import AskAgain, Overtaken, Refused
from checks.models import Measurement
from checks.review import review, waiting
from elements.closing import close_session, reopen_session
from participants.models import AccessRecord
from practices.models import Role
from sessions.models import GroupSession
from tests.cast import client_of
from tests.factories import make_membership
from tests.values import BP, WEIGHT, address, keep, measuring_evening, save_value

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)

HIGH = ("144", "92")


@pytest.fixture
def evening(facilitator, co_facilitator):
    """A closed evening at which one pressure was measured."""
    evening = measuring_evening(facilitator, co_facilitator, people=1)
    evening.row = keep(evening, "128/82", by=co_facilitator, taken_by=co_facilitator)
    close_session(evening.session, by=facilitator, now=timezone.now())
    return evening


def put_right(evening, *typed, row=None, reason="Verkeerd overgenomen", **options):
    return correct(row or evening.row, typed, **{"by": evening.co, **options}, reason=reason, now=timezone.now())


def post(client, evening, *typed, row=None, **fields):
    data = {"value": (row or evening.row).pk, "reason": "Verkeerd overgenomen", **fields}
    data.update(zip(("first", "second"), typed, strict=False))
    return client.post(address("corrections", evening), data)


def test_a_correction_keeps_the_old_value_who_measured_it_and_the_reason(evening, co_facilitator):
    new = put_right(evening, "138", "82")

    evening.row.refresh_from_db()
    assert (evening.row.value, evening.row.replaced_by) == (128, co_facilitator)
    assert (new.value, new.replaces_id, new.correction_reason) == (138, evening.row.pk, "Verkeerd overgenomen")
    assert (new.taken_by, new.entered_by, new.reviewed_by) == (co_facilitator, co_facilitator, None)
    assert GroupSession.objects.get(pk=evening.session.pk).is_closed


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("300", "20"), "260 mmHg"),
        (("80", "120"), "swapped"),
        (("veel", ""), "128/82"),
        (("128", "82"), "value that stands"),
        (HIGH, "only its first facilitator"),
    ],
)
def test_what_cannot_be_taken_is_said_to_a_co_facilitator(evening, typed, words):
    with pytest.raises(Refused, match=words):
        put_right(evening, *typed, confirmed="144/92")

    assert Measurement.objects.count() == 1


def test_outside_the_limits_the_first_facilitator_enters_and_reviews_in_one_act(evening, facilitator):
    with pytest.raises(AskAgain, match="Then your name stands"):
        put_right(evening, *HIGH, by=facilitator)

    new = put_right(evening, *HIGH, by=facilitator, confirmed="144/92", note="Gebeld")

    assert (new.mark, new.entered_by, new.reviewed_by, new.review_note) == (
        "outside",
        facilitator,
        facilitator,
        "Gebeld",
    )
    assert not waiting(evening.session).exists()


def test_an_unlikely_value_is_asked_about_and_asks_for_no_review(evening, facilitator):
    reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())
    row = keep(evening, "72,4", kind=WEIGHT)
    before = measuring_evening(facilitator, group=evening.group, starts_at=evening.now - timedelta(days=28))
    keep(before, "72", kind=WEIGHT, session=before.session)
    close_session(evening.session, by=facilitator, now=timezone.now())

    with pytest.raises(AskAgain) as asked:
        put_right(evening, "82,4", row=row)
    assert "your name" not in asked.value.words

    assert put_right(evening, "82,4", row=row, confirmed="82.4").reviewed_by is None


def test_the_same_correction_sent_twice_is_one_and_another_shows_what_stands(evening):
    new = put_right(evening, "138", "82")

    assert put_right(evening, "138", "82") == new
    with pytest.raises(Overtaken) as overtaken:
        put_right(evening, "130", "82")
    assert overtaken.value.standing == new


def test_a_value_of_an_open_session_is_changed_on_the_board(evening, facilitator):
    reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())

    with pytest.raises(Refused, match="is open"):
        put_right(evening, "138", "82")


# What the database itself refuses


def set_aside(row):
    row.replaced_at = timezone.now()
    row.save()


@pytest.mark.parametrize("without", ["replaces", "correction_reason"])
def test_closed_session_takes_only_corrections(evening, without):
    fields = {"replaces": evening.row, "correction_reason": "x", without: None if without == "replaces" else ""}
    set_aside(evening.row)

    with pytest.raises(IntegrityError, match="closed_session_takes_only_corrections"), transaction.atomic():
        add(evening, **fields)
    assert add(evening, replaces=evening.row, correction_reason="x").pk


def test_closed_session_has_no_unseen_mark(evening, facilitator):
    set_aside(evening.row)
    marked = {"replaces": evening.row, "correction_reason": "x", "mark": "outside"}
    refused = pytest.raises(IntegrityError, match="closed_session_has_no_unseen_mark")

    with refused, transaction.atomic():
        add(evening, **marked)
    row = add(evening, **marked, reviewed_by=facilitator, reviewed_at=timezone.now())
    row.reviewed_by = row.reviewed_at = None
    with refused, transaction.atomic():
        row.save()

    reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())
    row.save()
    with refused, transaction.atomic():
        GroupSession.objects.update(closed_at=timezone.now(), closed_by=facilitator)
    review(evening.session, [row.pk], by=facilitator, now=timezone.now())
    close_session(evening.session, by=facilitator, now=timezone.now())


def test_a_reason_belongs_to_a_correction(evening, facilitator):
    reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())

    with pytest.raises(IntegrityError, match="a_reason_belongs_to_a_correction"), transaction.atomic():
        add(evening, reading=2, correction_reason="x")


def add(evening, **fields):
    fields = {"kind": "blood_pressure", "value": 138, "second_value": 82, "entered_at": timezone.now(), **fields}
    return Measurement.objects.create(
        practice=evening.practice, session=evening.session, enrolment=evening.places[0], **fields
    )


@pytest.fixture
def by_herself(facilitator):
    """A closed evening at which somebody typed her own pressure, and nobody put a name on it."""
    evening = measuring_evening(facilitator, people=1)
    evening.row = save_value(evening.session, evening.places[0], BP, "128/82", by=None, now=timezone.now())
    close_session(evening.session, by=facilitator, now=timezone.now())
    return evening


def test_what_she_typed_herself_is_confirmed_after_closing_by_the_first_name(by_herself, facilitator, practice):
    confirm(by_herself.row, by=facilitator, now=timezone.now())
    confirm(by_herself.row, by=make_membership(practice, Role.FACILITATOR), now=timezone.now())

    by_herself.row.refresh_from_db()
    assert (by_herself.row.confirmed_by, by_herself.row.value) == (facilitator, 128)


def test_what_staff_typed_has_nothing_to_confirm(evening, facilitator):
    confirm(evening.row, by=facilitator, now=timezone.now())

    evening.row.refresh_from_db()
    assert evening.row.confirmed_by is None


def test_what_was_corrected_since_is_not_confirmed(by_herself, facilitator):
    correct(by_herself.row, ("138", "82"), reason="x", by=facilitator, now=timezone.now())

    with pytest.raises(Overtaken):
        confirm(by_herself.row, by=facilitator, now=timezone.now())


def test_a_value_of_an_open_session_is_confirmed_on_the_board(by_herself, facilitator):
    reopen_session(by_herself.session, reason="x", by=facilitator, now=timezone.now())

    with pytest.raises(Refused, match="open"):
        confirm(by_herself.row, by=facilitator, now=timezone.now())


# The page


def test_the_page_offers_to_confirm_what_she_typed_and_the_record_says_who_did(as_facilitator, by_herself):
    page = address("corrections", by_herself)
    assert 'name="confirm"' in as_facilitator.get(page).text
    assert "Not confirmed yet" in as_facilitator.get(address("afterwards", by_herself)).text

    told = as_facilitator.post(page, {"value": by_herself.row.pk, "confirm": "1"}, follow=True).text

    assert "Confirmed." in told
    assert 'name="confirm"' not in told
    assert "Confirmed by Mila Verloskundige" in as_facilitator.get(address("afterwards", by_herself)).text


def test_the_page_says_why_it_confirms_nothing(as_facilitator, by_herself, facilitator):
    correct(by_herself.row, ("138", "82"), reason="x", by=facilitator, now=timezone.now())

    told = as_facilitator.post(
        address("corrections", by_herself), {"value": by_herself.row.pk, "confirm": "1"}, follow=True
    )

    assert "Somebody changed this value in the meantime." in told.text


def test_the_page_asks_for_a_reason_and_for_the_review_and_shows_what_became_of_the_value(as_facilitator, evening):
    refused = post(as_facilitator, evening, *HIGH, reason=" ")
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    asked = post(as_facilitator, evening, *HIGH)
    assert asked.status_code == 422
    assert 'name="confirmed" value="144/92"' in asked.text
    assert 'type="text" name="note"' in asked.text

    kept = post(as_facilitator, evening, *HIGH, confirmed="144/92", note="Gebeld")

    page = as_facilitator.get(kept.url).text
    assert "128/82 became 144/92, by Mila Verloskundige" in page
    assert "Gebeld" in page
    assert AccessRecord.objects.filter(page="checks:corrections").exists()
    assert "corrected: Verkeerd overgenomen" in as_facilitator.get(address("measure", evening)).text


def test_a_note_is_asked_only_where_it_is_kept(as_facilitator, evening):
    unlikely = post(as_facilitator, evening, "84", "78")

    assert 'name="confirmed" value="84/78"' in unlikely.text
    assert 'type="hidden" name="note"' in unlikely.text


def test_who_was_second_sees_what_stands_and_chooses_anew(as_co_facilitator, evening):
    put_right(evening, "138", "82", by=evening.first)

    second = post(as_co_facilitator, evening, "130", "82")

    assert second.status_code == 422
    assert "Somebody changed this value in the meantime." in second.text
    assert second.context["chosen"].value == "138/82"
    assert post(as_co_facilitator, evening, "130", "82", row=second.context["chosen"].row).status_code == 302


def test_the_page_of_an_open_session_leads_to_the_board(as_facilitator, evening, facilitator):
    reopen_session(evening.session, reason="x", by=facilitator, now=timezone.now())

    page = as_facilitator.get(address("corrections", evening) + f"?value={evening.row.pk}").text

    assert address("measure", evening) in page
    assert 'name="reason"' not in page
    assert post(as_facilitator, evening, "138", "82").status_code == 422


def test_corrections_are_for_who_leads_and_of_values_of_the_session(
    practice, evening, as_facilitator, as_coordinator, as_stranger
):
    other = client_of(make_membership(practice, Role.FACILITATOR))
    for client, status in ((other, 404), (as_coordinator, 403), (as_stranger, 404)):
        assert client.get(address("corrections", evening)).status_code == status
        assert post(client, evening, "138", "82").status_code == status
    for value in ("", "x", "9" * 40, "0"):
        assert as_facilitator.get(address("corrections", evening), {"value": value}).status_code == 200
        assert as_facilitator.post(address("corrections", evening), {"value": value}).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_for_one_value_and_for_three(
    as_facilitator, facilitator, django_assert_num_queries, rows
):
    evening = measuring_evening(facilitator, people=rows)
    for place in range(rows):
        keep(evening, "128/82", place=place)
    close_session(evening.session, by=facilitator, now=timezone.now())
    as_facilitator.get(address("corrections", evening))

    with django_assert_num_queries(21):
        as_facilitator.get(address("corrections", evening))
