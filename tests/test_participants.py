from datetime import date, timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup
from participants.events import contact_wishes_changed
from participants.models import AccessRecord, Participant
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import enrol, make_child, make_group, make_membership, make_participant, make_practice
from tests.races import overtaken


def url(name, practice, *rest):
    return reverse(f"participants:{name}", args=[practice.slug, *rest])


def posted(person, **changes):
    """What the page of this person sends back, with some of it changed."""
    fields = "client_number given_name family_name partner_name email phone language postcode".split()
    data = {name: getattr(person, name) for name in fields} | {"by_email": "on", "by_sms": "on"} | changes
    return {name: value for name, value in data.items() if value is not None}


@pytest.fixture
def seen(as_coordinator, practice):
    """The fingerprint that the form of a person holds now."""

    def fingerprint(person, page="edit", *rest):
        return as_coordinator.get(url(page, practice, person.pk, *rest)).context["form"].fingerprint

    return fingerprint


@pytest.fixture
def wishes():
    """The people whose contact wishes were told to have changed."""
    told = []

    def note(sender, participant, now, **kwargs):
        told.append(participant)

    contact_wishes_changed.connect(note)
    yield told
    contact_wishes_changed.disconnect(note)


def test_a_long_address_breaks_before_the_at_sign(as_coordinator, practice):
    person = make_participant(practice, "Sanne", email="sanne.<b>@example.org")

    page = as_coordinator.get(url("person", practice, person.pk)).content.decode()

    assert '<a href="mailto:sanne.&lt;b&gt;@example.org">sanne.&lt;b&gt;<wbr>@example.org</a>' in page


def test_the_list_shows_everybody_by_last_name(as_coordinator, practice):
    make_participant(practice, "Zoë", "van den Berg")
    make_participant(practice, "Anna", "Appel")

    people = as_coordinator.get(url("list", practice)).context["people"]

    assert [person.given_name for person in people] == ["Anna", "Zoë"]


def test_the_empty_list_offers_the_import_as_first_step(as_facilitator, practice):
    html = as_facilitator.get(url("list", practice)).content.decode()

    assert html.count(url("import", practice)) == 2


@pytest.mark.parametrize("words", ["zoe", "BERG", "zoë den", "dk-7"])
def test_a_search_folds_accents_and_case_and_knows_client_numbers(as_coordinator, practice, words):
    zoe = make_participant(practice, "Zoë", "van den Berg", client_number="DK-77")
    make_participant(practice, "Anna", "Appel")

    response = as_coordinator.post(url("list", practice), {"q": words}, headers={"HX-Request": "true"})

    assert response.context["people"] == [zoe]
    assert "<html" not in response.content.decode()


def test_a_search_that_finds_nobody_says_so(as_coordinator, practice):
    make_participant(practice)

    response = as_coordinator.post(url("list", practice), {"q": "qqq"})

    assert response.context["people"] == []
    assert response.status_code == 200


def test_the_list_is_narrowed_by_due_date_and_birth_with_both_days_included(as_coordinator, practice):
    due = make_participant(practice, "Anna", due_on=date(2027, 5, 31))
    born = make_participant(practice, "Bo")
    make_child(born, date(2027, 5, 1))
    make_participant(practice, "Cato", due_on=date(2027, 6, 1))
    given_birth = make_participant(practice, "Dina", due_on=date(2027, 5, 10))
    given_birth.pregnancies.update(ended_on=date(2026, 11, 1))

    def found(**window):
        return as_coordinator.post(url("list", practice), window).context["people"]

    assert found(dated_from="2027-05-01", dated_to="2027-05-31") == [due, born]
    assert found(dated_to="1-5-2027") == [born]
    assert len(found(dated_from="2027-05-31", dated_to="9999-12-31")) == 2


def test_a_window_that_ends_before_it_starts_is_told(as_coordinator, practice):
    response = as_coordinator.post(url("list", practice), {"dated_from": "2027-05-02", "dated_to": "2027-05-01"})

    assert response.status_code == 422
    assert response.context["form"].errors["dated_to"]


def test_the_list_is_narrowed_by_language_and_by_having_a_group(as_coordinator, practice, facilitator):
    placed = make_participant(practice, "Anna", language="ti", due_on=date(2027, 3, 9))
    waiting = make_participant(practice, "Bo", due_on=date(2027, 3, 9))
    again = make_participant(practice, "Cato", due_on=date(2027, 3, 9))
    cancelled = make_participant(practice, "Dina", due_on=date(2027, 3, 9))
    enrol(make_group(practice, by=facilitator, name="Zwaluwen"), placed, again, by=facilitator)
    again.pregnancies.update(ended_on=date(2027, 3, 9))
    again.pregnancies.create(practice=practice, due_on=date(2029, 1, 1))
    called_off = make_group(practice, by=facilitator)
    enrol(called_off, cancelled, by=facilitator)
    CareGroup.objects.filter(pk=called_off.pk).update(cancelled_at=timezone.now())

    def found(**data):
        return as_coordinator.post(url("list", practice), data).context["people"]

    assert found(language="ti") == [placed]
    assert found(place="with") == [placed]
    assert found(place="without") == [waiting, again, cancelled]
    assert [person.in_groups for person in found()] == [["Zwaluwen"], [], [], []]


def test_after_a_birth_the_place_in_the_group_still_counts(as_coordinator, practice, facilitator):
    person = make_participant(practice, due_on=date(2027, 3, 9))
    enrol(make_group(practice, by=facilitator), person, by=facilitator)
    person.pregnancies.update(ended_on=date(2027, 3, 9))

    assert as_coordinator.post(url("list", practice), {"place": "with"}).context["people"] == [person]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_number_of_queries_however_many_people(
    as_coordinator, practice, facilitator, number, django_assert_num_queries
):
    for _ in range(number):
        person = make_participant(practice, due_on=date(2027, 3, 9))
        make_child(person, date(2025, 1, 1))
        enrol(make_group(practice, by=facilitator), person, by=facilitator)

    with django_assert_num_queries(16):
        as_coordinator.get(url("list", practice))


def test_the_list_has_pages_and_the_search_stays(as_coordinator, practice):
    for _ in range(30):
        make_participant(practice, "Anna")
    make_participant(practice, "Bo")

    response = as_coordinator.post(url("list", practice), {"q": "anna", "page": "2"})

    assert len(response.context["people"]) == 5
    assert 'value="1"' in response.content.decode()
    assert as_coordinator.post(url("list", practice), {"page": "no"}).context["page_obj"].number == 1


def test_somebody_of_another_practice_is_not_found(as_stranger, as_facilitator, practice):
    person = make_participant(practice)

    for name in ("person", "edit", "due_date", "child_add", "stop_messages"):
        assert as_stranger.get(url(name, practice, person.pk)).status_code == 404
        assert as_facilitator.get(url(name, practice, person.pk + 1)).status_code == 404
    assert as_stranger.get(url("list", practice)).status_code == 404
    assert as_stranger.post(url("allow_messages", practice, person.pk)).status_code == 404


def test_a_co_facilitator_changes_nobody_and_lists_nobody(as_co_facilitator, practice):
    person = make_participant(practice)

    for name in ("list", "add", "import"):
        assert as_co_facilitator.get(url(name, practice)).status_code == 403
    for name in ("edit", "due_date", "child_add", "stop_messages", "allow_messages"):
        assert as_co_facilitator.post(url(name, practice, person.pk)).status_code == 403


def test_a_co_facilitator_sees_the_people_of_her_own_groups_without_their_addresses(
    as_co_facilitator, practice, facilitator, co_facilitator
):
    own = make_participant(practice, "Anna", phone="+31612345678", due_on=date(2027, 3, 9))
    other = make_participant(practice, "Bo")
    enrol(make_group(practice, by=facilitator, co=co_facilitator), own, by=facilitator)

    page = as_co_facilitator.get(url("person", practice, own.pk))

    assert page.status_code == 200
    assert own.email not in page.content.decode()
    assert "12345678" not in page.content.decode()
    assert as_co_facilitator.get(url("person", practice, other.pk)).status_code == 404


def test_whoever_opens_a_person_is_kept_and_shown(as_coordinator, practice, coordinator, facilitator):
    person = make_participant(practice)

    as_coordinator.get(url("person", practice, person.pk))
    page = as_coordinator.get(url("person", practice, person.pk))

    assert list(AccessRecord.objects.values_list("membership", "page")) == [(coordinator.pk, "participants:person")] * 2
    (look,) = page.context["looks"]
    assert (look.name, look.times) == (coordinator.user.name, 2)


def test_only_who_leads_groups_is_offered_the_values(as_coordinator, as_facilitator, practice):
    person = make_participant(practice)
    fragment = reverse("checks:of_participant", args=[practice.slug, person.pk])

    assert fragment not in as_coordinator.get(url("person", practice, person.pk)).content.decode()
    assert fragment in as_facilitator.get(url("person", practice, person.pk)).content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_of_a_person_asks_the_same_number_of_queries_however_much_it_shows(
    as_coordinator, practice, number, django_assert_num_queries
):
    person = make_participant(practice, due_on=date(2027, 3, 9))
    for _ in range(number):
        make_child(person, date(2026, 1, 1))
        as_coordinator.get(url("person", practice, person.pk))

    with django_assert_num_queries(17):
        as_coordinator.get(url("person", practice, person.pk))


def test_somebody_is_added_with_her_due_date(as_facilitator, practice):
    due_on = timezone.localdate() + timedelta(days=150)
    data = {
        "client_number": " DK-7 ",
        "given_name": "Élise",
        "family_name": "de Wit",
        "email": "elise@example.org",
        "phone": "06-12345678",
        "by_email": "on",
        "language": "nl",
        "postcode": "3511ab",
        "due_on": due_on.isoformat(),
        "born_on": "",
        "sex": "",
    }

    response = as_facilitator.post(url("add", practice), data)

    person = Participant.objects.get()
    assert response.url == url("person", practice, person.pk)
    assert (person.client_number, person.phone, person.postcode) == ("DK-7", "+31612345678", "3511 AB")
    assert (person.by_email, person.by_sms) == (True, False)
    assert [pregnancy.due_on for pregnancy in person.pregnancies.ongoing()] == [due_on]


def test_a_mother_is_added_with_her_baby_and_the_pregnancy_it_ended(as_facilitator, practice):
    today = timezone.localdate()
    data = {
        "client_number": "7", "given_name": "Bo", "language": "nl", "sex": "f",
        "due_on": today.isoformat(), "born_on": (today - timedelta(days=7)).isoformat(),
    }  # fmt: skip

    as_facilitator.post(url("add", practice), data)

    child = Participant.objects.get().children.get()
    assert (child.sex, child.gestational_days_at_birth) == ("f", 273)
    assert child.pregnancy.ended_on == child.born_on


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_number", ""),
        ("client_number", "dk-1"),
        ("client_number", "x" * 33),
        ("client_number", "123456782"),
        ("given_name", ""),
        ("given_name", "Bo 123.456.782"),
        ("partner_name", "123456782"),
        ("email", "bo at example.org"),
        ("phone", "12345"),
        ("language", "xx"),
        ("postcode", "3511 AB Utrecht"),
        ("due_on", "31-02-2027"),
        ("due_on", "2040-01-01"),
        ("due_on", "2020-01-01"),
        ("born_on", "2040-01-01"),
        ("born_on", "1994-05-01"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_stays_as_it_was_typed(as_coordinator, practice, field, value):
    make_participant(practice, client_number="DK-1")
    data = {"client_number": "7", "given_name": "Bo", "language": "nl"} | {field: value}

    response = as_coordinator.post(url("add", practice), data)

    form = response.context["form"]
    assert response.status_code == 422
    assert list(form.errors) == [field]
    assert form[field].value() == value
    assert Participant.objects.count() == 1


def test_a_number_like_a_bsn_is_taken_once_somebody_says_that_it_is_none(as_coordinator, practice):
    data = {"client_number": "123456782", "given_name": "Bo", "language": "nl"}

    asked = as_coordinator.post(url("add", practice), data)
    as_coordinator.post(url("add", practice), data | {"not_a_bsn": "on"})

    assert 'type="checkbox" name="not_a_bsn"' in asked.content.decode()
    person = Participant.objects.get()
    page = as_coordinator.get(url("edit", practice, person.pk))
    seen = page.context["form"].fingerprint
    again = as_coordinator.post(url("edit", practice, person.pk), posted(person, given_name="Boudewina", seen=seen))
    assert again.status_code == 302


def test_a_client_number_of_another_practice_is_free_here(as_coordinator, practice, stranger):
    with practice_scope(stranger.practice):
        make_participant(stranger.practice, client_number="DK-1")

    as_coordinator.post(url("add", practice), {"client_number": "DK-1", "given_name": "Bo", "language": "nl"})

    assert Participant.objects.filter(client_number="DK-1").count() == 1


def test_a_change_is_saved_and_found_again(as_coordinator, practice, seen, wishes):
    person = make_participant(practice, "Sanne", "de Vries")

    response = as_coordinator.post(
        url("edit", practice, person.pk), posted(person, given_name="Zoë", seen=seen(person))
    )

    assert response.url == url("person", practice, person.pk)
    assert list(Participant.objects.named_like("zoe")) == [person]
    assert [str(message) for message in get_messages(response.wsgi_request)]
    assert wishes == []


@pytest.mark.parametrize("change", [{"email": "new@example.org"}, {"by_sms": None}, {"language": "en"}])
def test_other_wishes_are_told_to_who_follows_them(as_coordinator, practice, seen, wishes, change):
    person = make_participant(practice)

    as_coordinator.post(url("edit", practice, person.pk), posted(person, seen=seen(person), **change))

    assert wishes == [person]


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_silently(as_coordinator, practice, seen):
    person = make_participant(practice, phone="+31612345678")
    before = seen(person)
    Participant.objects.filter(pk=person.pk).update(phone="+31687654321")

    response = as_coordinator.post(url("edit", practice, person.pk), posted(person, phone="06 11111111", seen=before))

    assert response.status_code == 422
    assert "06 87654321" in str(response.context["form"].errors["phone"])
    person.refresh_from_db()
    assert person.phone == "+31687654321"
    as_coordinator.post(
        url("edit", practice, person.pk),
        posted(person, phone="06 11111111", seen=response.context["form"].fingerprint),
    )
    person.refresh_from_db()
    assert person.phone == "+31611111111"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_one_person_at_once_the_second_is_told():
    practice = make_practice()
    with practice_scope(practice):
        browser = client_of(make_membership(practice))
        person = make_participant(practice, phone="+31612345678")
    page = url("edit", practice, person.pk)
    seen = browser.get(page).context["form"].fingerprint

    def save():
        return browser.post(page, posted(person, phone="06 11111111", seen=seen)).status_code

    with practice_scope(practice), overtaken(save) as outcome:
        Participant.objects.filter(pk=person.pk).update(phone="+31687654321")

    assert outcome() == 422


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_one_client_number_at_once_the_second_is_told():
    practice = make_practice()
    with practice_scope(practice):
        browser = client_of(make_membership(practice))
    data = {"client_number": "DK-1", "given_name": "Bo", "language": "nl"}

    def add():
        response = browser.post(url("add", practice), data)
        return response.status_code, list(response.context["form"].errors)

    with practice_scope(practice), overtaken(add) as outcome:
        make_participant(practice, client_number="DK-1")

    assert outcome() == (422, ["client_number"])


def test_a_number_that_another_person_has_is_refused_in_a_change_too(as_coordinator, practice, seen):
    make_participant(practice, client_number="DK-1")
    person = make_participant(practice, client_number="DK-2")

    response = as_coordinator.post(
        url("edit", practice, person.pk), posted(person, client_number="dk-1", seen=seen(person))
    )

    assert list(response.context["form"].errors) == ["client_number"]


def test_all_messages_are_stopped_at_once_and_allowed_again(as_facilitator, practice, facilitator, wishes):
    person = make_participant(practice)

    as_facilitator.post(url("stop_messages", practice, person.pk))
    person.refresh_from_db()
    stopped_at = person.contact_stopped_at
    as_facilitator.post(url("stop_messages", practice, person.pk))

    person.refresh_from_db()
    assert (person.contact_stopped_at, person.contact_stopped_by) == (stopped_at, facilitator)
    assert not person.may_be_contacted
    assert facilitator.user.name in as_facilitator.get(url("person", practice, person.pk)).content.decode()
    as_facilitator.post(url("allow_messages", practice, person.pk))
    person.refresh_from_db()
    assert person.may_be_contacted
    assert wishes == [person, person]


def test_who_comes_to_the_stop_switch_by_a_link_is_asked_first(as_facilitator, practice):
    person = make_participant(practice)

    assert as_facilitator.get(url("stop_messages", practice, person.pk)).status_code == 200
    person.refresh_from_db()
    assert person.may_be_contacted
    assert as_facilitator.get(url("allow_messages", practice, person.pk)).status_code == 405


def test_the_history_keeps_who_stopped_the_messages(as_facilitator, practice, facilitator):
    person = make_participant(practice)

    as_facilitator.post(url("stop_messages", practice, person.pk))
    as_facilitator.post(url("allow_messages", practice, person.pk))

    stops = person.events.order_by("pgh_id").values_list("contact_stopped_by", "pgh_context__metadata__membership")
    assert list(stops)[-2:] == [(facilitator.pk, facilitator.pk), (None, facilitator.pk)]
