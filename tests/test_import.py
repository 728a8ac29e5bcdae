from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from participants.bsn import passes_eleven_test
from participants.columns import BSN_COLUMN
from participants.importing import Registration, import_registrations
from participants.models import AccessRecord, Language, Participant
from participants.registering import Newcomer, register
from participants.sample import as_csv as sample_csv
from participants.sample import as_xlsx as sample_xlsx
from participants.sample import sample_rows
from participants.spreadsheet import read_rows
from practices.models import Practice
from practices.tenancy import practice_scope
from tests.factories import make_child, make_membership, make_participant, make_practice
from tests.races import overtaken
from tests.sheets import as_csv, as_xlsx

ROOT = Path(__file__).resolve().parent.parent
HEADINGS = ["Cliëntnummer", "Naam", "E-mail", "Telefoon", "Uitgerekende datum", "Taal", "Postcode"]
TODAY = timezone.localdate()
DUE = TODAY + timedelta(days=150)


def said(day):
    return f"{day.day}-{day.month}-{day.year}"


def row(number="DK-1", name="Sanne de Vries", email="sanne@example.org", phone="0612345678", due=DUE, **rest):
    return [number, name, email, phone, said(due) if due else "", rest.get("language", ""), rest.get("postcode", "")]


@pytest.fixture
def bring(as_facilitator, practice):
    """Import a file with these rows below the headings, or these bytes."""

    def upload(*rows, data=None, headings=HEADINGS):
        file = SimpleUploadedFile("registraties.csv", as_csv(headings, *rows) if data is None else data)
        return as_facilitator.post(reverse("participants:import", args=[practice.slug]), {"file": file})

    return upload


@pytest.fixture
def mend(as_facilitator, practice):
    def save(number, **fields):
        data = {"row": str(number)} | {f"r{number}-{name}": value for name, value in fields.items()}
        return as_facilitator.post(reverse("participants:mend", args=[practice.slug]), data)

    return save


def counts(response):
    outcome = response.context["outcome"]
    return len(outcome.new), len(outcome.known), len(response.context["to_mend"])


def errors_of(response):
    return [(form.row, sorted(form.errors)) for form in response.context["to_mend"]]


def test_registrations_become_people_with_their_due_dates(bring):
    response = bring(row("DK-1"), row("DK-2", "Senait Tesfay", language="Tigrinya", postcode="3511ab"))

    assert counts(response) == (2, 0, 0)
    senait = Participant.objects.get(client_number="DK-2")
    assert (senait.given_name, senait.family_name, senait.language) == ("Senait", "Tesfay", "ti")
    assert (senait.email, senait.phone, senait.postcode) == ("sanne@example.org", "+31612345678", "3511 AB")
    assert senait.pregnancies.get().due_on == DUE


def test_an_xlsx_with_births_becomes_parents_with_babies(bring):
    born_on = TODAY - timedelta(days=30)
    data = as_xlsx(
        ["Client", "Naam", "Geboortedatum kind"], [1041, "Bo Bakker", born_on], [1042, "Jip Smit", said(born_on)]
    )

    assert counts(bring(data=data)) == (2, 0, 0)
    assert {person.children.get().born_on for person in Participant.objects.all()} == {born_on}


def test_good_rows_come_in_and_the_others_are_shown_with_their_numbers_and_reasons(bring):
    response = bring(
        row("DK-1"),
        row("", "No Number"),
        row("DK-3", ""),
        row("DK-4", email="sanne at example"),
        row("DK-5", phone="1234"),
        row("DK-6", due=None),
        row("DK-7", due=TODAY + timedelta(days=4000)),
        row("123456782"),
        row("DK-9", "Sanne 123456782"),
        row("DK-10", language="Spaans"),
        row("DK-11", "x" * 200),
    )

    assert counts(response) == (1, 0, 10)
    assert errors_of(response) == [
        (3, ["client_number"]),
        (4, ["given_name"]),
        (5, ["email"]),
        (6, ["phone"]),
        (7, ["due_on"]),
        (8, ["due_on"]),
        (9, ["client_number"]),
        (10, ["family_name"]),
        (11, ["language"]),
        (12, ["given_name"]),
    ]
    assert 'value="sanne at example"' in response.content.decode()


def test_a_row_is_mended_on_the_screen(bring, mend):
    bring(row("DK-1", phone="1234"))

    response = mend(2, client_number="DK-1", given_name="Sanne", phone="06 12345678", due_on=said(DUE), language="")

    assert counts(response) == (1, 0, 0)
    assert Participant.objects.get().language == "nl"


def test_a_row_that_is_still_wrong_is_shown_again_as_it_was_typed(mend):
    response = mend(7, client_number="DK-1", given_name="Sanne", due_on="31-2-2027")

    assert errors_of(response) == [(7, ["due_on"])]
    assert 'value="31-2-2027"' in response.content.decode()


def test_a_row_may_be_left_out(mend):
    response = mend(7, client_number="DK-1", leave_out="on")

    assert counts(response) == (0, 0, 0)
    assert not Participant.objects.exists()


def test_a_number_like_a_bsn_comes_in_once_somebody_says_that_it_is_none(bring, mend):
    asked = bring(row("123456782"))
    response = mend(2, client_number="123456782", given_name="Sanne", due_on=said(DUE), not_a_bsn="on")

    assert 'type="checkbox" name="r2-not_a_bsn"' in asked.content.decode()
    assert counts(response) == (1, 0, 0)


@pytest.mark.parametrize("number", ["x", "-1", "9" * 50, "²"])
def test_a_row_number_that_is_none_is_left_aside(mend, number):
    assert counts(mend(number, client_number="DK-1", given_name="Sanne", due_on=said(DUE))) == (0, 0, 0)
    assert not Participant.objects.exists()


def test_importing_twice_adds_nobody_twice(bring):
    rows = row("DK-1"), row("DK-2", "Bo Bakker")

    bring(*rows)
    response = bring(*rows)

    assert counts(response) == (0, 2, 0)
    assert response.context["outcome"].differing == []
    assert [person.pregnancies.count() for person in Participant.objects.all()] == [1, 1]


def test_one_person_in_two_rows_is_one_person(bring):
    assert counts(bring(row("DK-1"), row("dk-1"))) == (1, 1, 0)
    assert Participant.objects.get().pregnancies.count() == 1


def test_one_number_for_two_people_is_shown_to_be_mended(bring):
    response = bring(row("DK-1"), row("DK-1", "Bo Bakker"))

    assert counts(response) == (1, 0, 1)
    assert errors_of(response) == [(3, ["client_number"])]


def test_of_a_known_person_nothing_is_overwritten_and_what_differs_is_told(bring, practice, facilitator):
    person = make_participant(
        practice, "Sanne", "de Vries", client_number="DK-1", email="old@example.org", phone="", due_on=DUE
    )

    response = bring(row("DK-1", due=DUE + timedelta(days=2), language="Turks"))

    (known,) = response.context["outcome"].differing
    assert [(str(difference.ours), str(difference.theirs)) for difference in known.differences] == [
        ("old@example.org", "sanne@example.org"),
        ("", "+31612345678"),
        (str(Language.DUTCH.label), str(Language.TURKISH.label)),
        (said(DUE), said(DUE + timedelta(days=2))),
    ]
    person.refresh_from_db()
    assert (person.email, person.phone, person.language) == ("old@example.org", "", "nl")
    assert person.pregnancies.get().due_on == DUE
    assert list(AccessRecord.objects.values_list("participant", "membership")) == [(person.pk, facilitator.pk)]


def test_a_new_pregnancy_of_a_known_person_is_added(bring, practice):
    person = make_participant(practice, client_number="DK-1", due_on=TODAY - timedelta(days=700))
    person.pregnancies.update(ended_on=TODAY - timedelta(days=700))

    response = bring(row("DK-1"), row("DK-1"))

    assert person.pregnancies.ongoing().get().due_on == DUE
    assert person.pregnancies.count() == 2
    assert [len(known.added) for known in response.context["outcome"].known] == [1, 0]


def test_a_pregnancy_that_ended_is_not_brought_back_by_an_old_file(bring, practice):
    bring(row("DK-1", due=TODAY))
    person = Participant.objects.get()
    person.pregnancies.update(ended_on=TODAY)

    bring(row("DK-1", due=TODAY + timedelta(days=3)))

    assert not person.pregnancies.ongoing().exists()


def test_a_due_date_beside_a_baby_that_is_there_adds_no_pregnancy(bring, practice):
    person = make_participant(practice, client_number="DK-1")
    make_child(person, TODAY - timedelta(days=20))

    bring(row("DK-1", due=TODAY - timedelta(days=10)))

    assert not person.pregnancies.exists()


def test_a_baby_of_a_known_person_is_added_once_and_ends_the_pregnancy(bring, practice):
    person = make_participant(practice, client_number="DK-1", due_on=TODAY)
    headings, born_on = ["Cliëntnummer", "Naam", "Geboortedatum kind"], TODAY - timedelta(days=5)

    bring(["DK-1", "Sanne de Vries", said(born_on)], headings=headings)
    response = bring(["DK-1", "Sanne de Vries", said(TODAY)], headings=headings)

    assert person.children.get().born_on == born_on
    assert person.pregnancies.get().ended_on == born_on
    assert len(response.context["outcome"].known[0].differences) == 1


@pytest.mark.parametrize(
    "headings",
    [
        ["BSN", "Naam", "Uitgerekende datum"],
        ["Cliëntnummer", "Naam", "Burgerservicenummer"],
        ["Client", "Extra bsn-nr", "x"],
    ],
)
def test_a_file_with_a_column_called_bsn_is_refused_as_a_whole(bring, headings):
    response = bring(["DK-1", "Sanne", said(DUE)], headings=headings)

    assert response.status_code == 422
    assert response.context["form"].errors["file"] == [BSN_COLUMN]
    assert not Participant.objects.exists()


def test_a_file_with_a_column_of_bsns_under_another_name_is_refused_as_a_whole(bring, caplog):
    numbers = ["123456782", "111222333", "10464554", "111222333"]
    rows = [[*row(f"DK-{place}", f"Bo Nr{place}"), number] for place, number in enumerate(numbers)]

    response = bring(*rows, headings=[*HEADINGS, "Nummer 2"])

    assert response.context["form"].errors["file"] == [BSN_COLUMN]
    assert not Participant.objects.exists()
    assert not any(number in response.content.decode() + caplog.text for number in numbers)


def test_telephone_numbers_that_pass_the_test_of_a_bsn_are_fine(bring):
    passing = [number for number in map(str, range(612345600, 612345800)) if passes_eleven_test(number)][:4]

    response = bring(*(row(f"DK-{place}", f"Bo Nr{place}", phone=number) for place, number in enumerate(passing)))

    assert counts(response) == (4, 0, 0)


@pytest.mark.parametrize(
    "headings", [["Naam", "Uitgerekende datum"], ["Client", "Uitgerekende datum"], ["Client", "Naam"], ["a", "b"]]
)
def test_a_file_without_a_column_that_is_needed_is_told_which(bring, headings):
    response = bring(["1", "2"], headings=headings)

    assert response.status_code == 422
    assert response.context["form"].errors["file"]


def test_headings_may_stand_below_a_title_and_other_columns_are_named(bring):
    data = as_csv(["Registraties, oktober"], [], [*HEADINGS, "Kleur"], [*row("DK-1"), "rood"])

    response = bring(data=data)

    assert counts(response) == (1, 0, 0)
    assert response.context["unused"] == ["Kleur"]


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"PK\x03\x04", b"a;b\n1;2\n"])
def test_a_file_that_cannot_be_used_is_refused_beside_its_field(bring, data):
    response = bring(data=data)

    assert response.status_code == 422
    assert response.context["form"].errors["file"]


def test_more_rows_than_fit_on_a_page_are_mended_in_the_file(bring):
    response = bring(*(row(f"DK-{place}", f"Bo Nr{place}", phone="1") for place in range(53)))

    assert len(response.context["to_mend"]) == 50
    assert len(response.context["left_in_file"]) == 3


def registration(name="Sanne", number="DK-1"):
    return Registration(row=2, client_number=number, given_name=name, due_on=DUE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_hand", [True, False])
def test_two_who_bring_one_person_at_once_bring_one(by_hand):
    practice, now = make_practice(), timezone.now()
    with practice_scope(practice):
        by = make_membership(practice)

    def bring_her_too():
        with practice_scope(practice):
            outcome = import_registrations([registration("Bo", "DK-0"), registration()], by=by, now=now)
            return len(outcome.new), len(outcome.known)

    with practice_scope(practice), overtaken(bring_her_too) as outcome:
        if by_hand:
            person = Participant(practice=practice, client_number="DK-1", given_name="Sanne")
            register([Newcomer(person, due_on=DUE)], now=now)
        else:
            import_registrations([registration()], by=by, now=now)

    assert outcome() == (1, 1)
    with practice_scope(practice):
        assert sorted(Participant.objects.values_list("client_number", "pregnancies__due_on")) == [
            ("DK-0", DUE),
            ("DK-1", DUE),
        ]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_never_wait_for_each_other_crosswise():
    practice, now = make_practice(), timezone.now()
    with practice_scope(practice):
        by = make_membership(practice)

    def bring_both():
        with practice_scope(practice):
            outcome = import_registrations([registration("Bo", "DK-0"), registration()], by=by, now=now)
            return len(outcome.new), len(outcome.known)

    with practice_scope(practice):
        with overtaken(bring_both) as outcome:
            import_registrations([registration()], by=by, now=now)
        import_registrations([registration("Bo", "DK-0")], by=by, now=now)

    assert outcome() == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_a_due_date_added_by_hand_at_the_same_moment_is_seen():
    practice, now = make_practice(), timezone.now()
    with practice_scope(practice):
        by = make_membership(practice)
        person = make_participant(practice, "Sanne", "", client_number="DK-1")

    def bring_her_too():
        with practice_scope(practice):
            return import_registrations([registration()], by=by, now=now).known[0].added

    with practice_scope(practice), overtaken(bring_her_too) as outcome:
        Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
        person.pregnancies.create(practice=practice, due_on=DUE)

    assert outcome() == []


@pytest.mark.parametrize("number", [1, 3])
def test_new_people_take_the_same_number_of_queries_however_many(bring, number, django_assert_num_queries):
    with django_assert_num_queries(20):
        bring(*(row(f"DK-{place}", f"Bo Nr{place}") for place in range(number)))


@pytest.mark.parametrize("number", [1, 3])
def test_importing_again_asks_the_same_number_of_queries_however_many_rows(bring, number, django_assert_num_queries):
    rows = [row(f"DK-{place}", f"Bo Nr{place}") for place in range(number)]
    bring(*rows)

    with django_assert_num_queries(18):
        bring(*rows)


def test_a_co_facilitator_imports_nothing_and_a_stranger_finds_nothing(as_co_facilitator, as_stranger, practice):
    for name, rest in (("import", []), ("mend", []), ("sample", ["csv"])):
        url = reverse(f"participants:{name}", args=[practice.slug, *rest])
        assert as_co_facilitator.post(url).status_code == 403
        assert as_stranger.post(url).status_code == 404


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", Practice.Kind.values)
def test_the_sample_of_today_brings_24_people_and_three_rows_to_mend(as_facilitator, practice, bring, extension, kind):
    Practice.objects.filter(pk=practice.pk).update(kind=kind)

    data = as_facilitator.get(reverse("participants:sample", args=[practice.slug, extension])).content

    assert counts(bring(data=data)) == (24, 0, 3)


def test_there_is_no_sample_of_another_kind(as_facilitator, practice):
    assert as_facilitator.get(reverse("participants:sample", args=[practice.slug, "pdf"])).status_code == 404


@pytest.mark.parametrize(("extension", "write"), [("csv", sample_csv), ("xlsx", sample_xlsx)])
def test_the_samples_in_the_documents_are_those_of_the_program(extension, write):
    kept = (ROOT / "docs" / "samples" / f"registraties.{extension}").read_bytes()

    assert read_rows(kept) == read_rows(write(sample_rows(Practice.Kind.MIDWIFERY, date(2026, 11, 23))))
