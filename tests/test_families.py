"""Due dates, births and the children who came of them."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_child, make_participant


def url(name, practice, *rest):
    return reverse(f"participants:{name}", args=[practice.slug, *rest])


@pytest.fixture
def seen(as_coordinator, practice):
    """The fingerprint that the form of a person holds now."""

    def fingerprint(person, page="edit", *rest):
        return as_coordinator.get(url(page, practice, person.pk, *rest)).context["form"].fingerprint

    return fingerprint


def test_a_due_date_is_added_changed_and_ended(as_facilitator, practice, seen):
    person = make_participant(practice)
    due_on = timezone.localdate() + timedelta(days=100)
    page = url("due_date", practice, person.pk)

    as_facilitator.post(page, {"due_on": due_on.isoformat(), "seen": seen(person, "due_date")})
    later = due_on + timedelta(days=3)
    as_facilitator.post(page, {"due_on": later.isoformat(), "seen": seen(person, "due_date")})

    assert [pregnancy.due_on for pregnancy in person.pregnancies.ongoing()] == [later]
    today = timezone.localdate().isoformat()
    as_facilitator.post(page, {"due_on": later.isoformat(), "ended_on": today, "seen": seen(person, "due_date")})
    assert not person.pregnancies.ongoing().exists()
    refused = as_facilitator.post(page, {"due_on": "", "ended_on": "2040-01-01", "seen": ""})
    assert set(refused.context["form"].errors) == {"due_on", "ended_on"}


def test_twins_end_one_pregnancy_and_are_corrected_one_by_one(as_facilitator, practice, seen):
    today = timezone.localdate()
    person = make_participant(practice, due_on=today)

    for name, sex in (("Bo", "f"), ("Jip", "")):
        as_facilitator.post(
            url("child_add", practice, person.pk), {"given_name": name, "born_on": today.isoformat(), "sex": sex}
        )

    bo, jip = person.children.order_by("given_name")
    assert bo.pregnancy == jip.pregnancy
    assert bo.pregnancy.ended_on == today
    assert (bo.gestational_days_at_birth, jip.sex) == (280, None)
    data = {"given_name": "Jip", "born_on": today.isoformat(), "sex": "m"}
    as_facilitator.post(url("child", practice, person.pk, jip.pk), data | {"seen": seen(person, "child", jip.pk)})
    jip.refresh_from_db()
    assert jip.sex == "m"


def test_a_corrected_birth_moves_the_end_of_the_pregnancy(as_facilitator, practice, seen):
    today = timezone.localdate()
    person = make_participant(practice, due_on=today)
    page = url("child_add", practice, person.pk)
    as_facilitator.post(page, {"born_on": today.isoformat()})
    child = person.children.get()

    earlier = today - timedelta(days=10)
    as_facilitator.post(
        url("child", practice, person.pk, child.pk),
        {"born_on": earlier.isoformat(), "seen": seen(person, "child", child.pk)},
    )

    child.refresh_from_db()
    assert (child.gestational_days_at_birth, child.pregnancy.ended_on) == (270, earlier)


def test_an_older_child_does_not_end_the_pregnancy_of_now(as_facilitator, practice):
    today = timezone.localdate()
    person = make_participant(practice, due_on=today + timedelta(days=60))

    as_facilitator.post(url("child_add", practice, person.pk), {"born_on": (today - timedelta(days=400)).isoformat()})

    assert person.children.get().pregnancy is None
    assert person.pregnancies.ongoing().exists()


def test_the_child_of_another_person_is_not_found(as_facilitator, practice):
    child = make_child(make_participant(practice), date(2026, 1, 1))
    other = make_participant(practice)

    assert as_facilitator.get(url("child", practice, other.pk, child.pk)).status_code == 404
