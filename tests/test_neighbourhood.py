"""Partners near a group, what they do, and the sessions they are really met at."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from neighbourhood.finding import matching
from neighbourhood.models import Activity, Meeting, NotOnOffer, Partner
from practices.models import Role
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import (
    make_activity,
    make_group,
    make_membership,
    make_partner,
    make_practice,
    make_session,
)
from tests.races import overtaken


def url(practice, name, *args):
    return reverse(f"neighbourhood:{name}", args=[practice.slug, *args])


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def group(practice, facilitator, co_facilitator):
    return make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, name="Kring Linde")


@pytest.fixture
def session(group, now):
    return make_session(group, now + timedelta(days=3))


@pytest.fixture
def library(practice):
    return make_partner(practice, "Bibliotheek Zuid", town="Utrecht", phone="+31301234567")


@pytest.fixture
def story_time(library):
    return make_activity(library, "BoekStart")


def make_meeting(session, activity, by, now):
    return activity.tie_to(session, by=by, now=now)


def test_the_list_shows_partners_with_what_they_do(as_co_facilitator, practice, story_time):
    page = as_co_facilitator.get(url(practice, "list"))

    assert page.status_code == 200
    assert "Bibliotheek Zuid" in page.text
    assert "BoekStart" in page.text
    assert url(practice, "partner_add") not in page.text


def test_an_empty_list_offers_the_first_step_to_who_may_take_it(as_facilitator, as_co_facilitator, practice):
    assert url(practice, "partner_add") in as_facilitator.get(url(practice, "list")).text
    assert url(practice, "partner_add") not in as_co_facilitator.get(url(practice, "list")).text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Bibliotheek Zuid", "Café Élise"]),
        ("?q=elise", ["Café Élise"]),
        ("?q=utrecht+boek", ["Bibliotheek Zuid"]),
        ("?kind=library", ["Bibliotheek Zuid"]),
        ("?kind=nonsense", ["Bibliotheek Zuid", "Café Élise"]),
        ("?q=nergens", []),
        ("?ended=on", ["Oud en Voorbij"]),
    ],
)
def test_partners_are_found_by_words_and_kind(as_facilitator, practice, story_time, now, query, names):
    make_partner(practice, "Café Élise", kind=Partner.Kind.OTHER)
    make_partner(practice, "Oud en Voorbij", ended_at=now)

    page = as_facilitator.get(url(practice, "list") + query)

    assert [partner.name for partner in page.context["page_obj"]] == names


def test_partners_stand_in_the_order_of_a_reader(practice):
    partners = [make_partner(practice, name) for name in ("Zwembad", "de Bron", "Éclair")]

    assert [partner.name for partner in matching(partners, "")] == ["de Bron", "Éclair", "Zwembad"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries_for_any_number(
    as_facilitator, practice, rows, django_assert_num_queries
):
    for _ in range(rows):
        make_activity(make_partner(practice))

    with django_assert_num_queries(14):
        as_facilitator.get(url(practice, "list"))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_group_asks_the_same_number_of_queries_for_any_number(
    as_facilitator, practice, facilitator, group, now, rows, django_assert_num_queries
):
    for number in range(rows):
        session = make_session(group, now + timedelta(days=number + 1))
        make_meeting(session, make_activity(make_partner(practice)), facilitator, now)

    with django_assert_num_queries(19):
        as_facilitator.get(url(practice, "group", group.pk))


@pytest.mark.parametrize("rows", [1, 3])
def test_a_partner_asks_the_same_number_of_queries_for_any_number(
    as_facilitator, practice, facilitator, library, group, now, rows, django_assert_num_queries
):
    for number in range(rows):
        session = make_session(group, now + timedelta(days=number + 1))
        make_meeting(session, make_activity(library), facilitator, now)

    with django_assert_num_queries(15):
        as_facilitator.get(url(practice, "partner", library.pk))


def test_a_partner_is_added_with_a_name_and_a_kind(as_facilitator, practice):
    fields = {"name": "Buurtteam Noord", "kind": "neighbourhood_team", "phone": "030 123 45 67"}

    response = as_facilitator.post(url(practice, "partner_add"), fields)

    partner = Partner.objects.get()
    assert response.url == url(practice, "partner", partner.pk)
    assert (partner.name, partner.phone, partner.practice) == ("Buurtteam Noord", "+31301234567", practice)


def test_a_second_partner_of_one_name_is_refused_beside_the_field(as_facilitator, practice, library):
    response = as_facilitator.post(
        url(practice, "partner_add"), {"name": library.name, "kind": "library", "town": "Hier"}
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]
    assert 'value="Hier"' in response.text
    assert Partner.objects.count() == 1


def test_the_database_refuses_a_second_partner_of_one_name(practice, library):
    with pytest.raises(IntegrityError, match="partner_name_is_unique_in_a_practice"), transaction.atomic():
        make_partner(practice, library.name)


def test_two_practices_may_know_the_same_partner(practice, library):
    elsewhere = make_practice()

    with practice_scope(elsewhere):
        assert make_partner(elsewhere, library.name).pk


def test_the_database_refuses_an_activity_twice_or_without_a_title(library, story_time):
    with pytest.raises(IntegrityError, match="activity_title_is_unique_of_a_partner"), transaction.atomic():
        make_activity(library, story_time.title)
    with pytest.raises(IntegrityError, match="activity_has_a_title"), transaction.atomic():
        Activity.objects.create(practice_id=library.practice_id, partner=library, title="")


def test_a_partner_and_an_activity_are_edited(as_facilitator, practice, library, story_time):
    fields = {"name": library.name, "kind": "library", "website": "bieb.example"}
    as_facilitator.post(url(practice, "partner_edit", library.pk), fields)
    as_facilitator.post(url(practice, "activity", story_time.pk), {"title": "Voorlezen", "takes_place": "dinsdag"})

    library.refresh_from_db()
    story_time.refresh_from_db()
    assert library.website == "https://bieb.example"
    assert (story_time.title, story_time.takes_place) == ("Voorlezen", "dinsdag")


def test_an_activity_is_added_to_a_partner(as_facilitator, practice, library):
    response = as_facilitator.post(url(practice, "activity_add", library.pk), {"title": "Wandeling"})

    assert response.status_code == 302
    assert list(library.activities.values_list("title", flat=True)) == ["Wandeling"]


def test_an_activity_of_one_title_is_refused_beside_the_field(as_facilitator, practice, library, story_time):
    response = as_facilitator.post(url(practice, "activity_add", library.pk), {"title": "BoekStart"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["title"]


@pytest.mark.parametrize("what", ["partner_end", "activity_end"])
def test_ending_shows_which_meetings_are_called_off_and_then_does_it(
    as_facilitator, practice, facilitator, library, story_time, group, session, now, what
):
    over = make_session(group, now - timedelta(days=30))
    past, to_come = (make_meeting(each, story_time, facilitator, now) for each in (over, session))
    page = url(practice, what, library.pk if what == "partner_end" else story_time.pk)

    before = as_facilitator.get(page)
    as_facilitator.post(page)

    assert before.text.count("Kring Linde") == 1
    assert list(Meeting.objects.standing()) == [past]
    assert list(Activity.objects.on_offer()) == []
    to_come.refresh_from_db()
    assert to_come.cancelled_at


@pytest.mark.parametrize("what", ["partner_resume", "activity_resume"])
def test_what_ended_can_start_again(as_facilitator, practice, library, story_time, now, what):
    (library if what == "partner_resume" else story_time).end(now=now)

    as_facilitator.post(url(practice, what, library.pk if what == "partner_resume" else story_time.pk))

    assert list(Activity.objects.on_offer()) == [story_time]


def test_an_activity_is_tied_to_one_session(as_facilitator, practice, facilitator, group, session, story_time):
    fields = {"session": session.pk, "activity": story_time.pk, "note": "Fatima haalt ons op"}

    response = as_facilitator.post(url(practice, "tie", group.pk), fields)

    meeting = Meeting.objects.get()
    assert response.url == url(practice, "group", group.pk)
    assert (meeting.session, meeting.activity, meeting.arranged_by) == (session, story_time, facilitator)
    assert "Fatima haalt ons op" in as_facilitator.get(url(practice, "group", group.pk)).text


def test_an_activity_is_tied_to_a_session_once(as_facilitator, practice, facilitator, group, session, story_time, now):
    make_meeting(session, story_time, facilitator, now)

    response = as_facilitator.post(
        url(practice, "tie", group.pk), {"session": session.pk, "activity": story_time.pk, "note": "nog eens"}
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["activity"]
    assert "nog eens" in response.text
    with pytest.raises(IntegrityError, match="an_activity_is_met_once_in_a_session"), transaction.atomic():
        make_meeting(session, story_time, facilitator, now)


def test_only_sessions_to_come_of_this_group_and_activities_on_offer_are_offered(
    as_facilitator, practice, facilitator, group, session, library, story_time, now
):
    make_session(group, now - timedelta(days=3))
    make_session(group, now + timedelta(days=9), cancelled_at=now)
    make_session(make_group(practice, by=facilitator), now + timedelta(days=4))
    make_activity(library, "Voorbij", ended_at=now)
    make_activity(make_partner(practice, ended_at=now))

    form = as_facilitator.get(url(practice, "group", group.pk)).context["form"]

    assert list(form.fields["session"].queryset) == [session]
    assert list(form.fields["activity"].queryset) == [story_time]


def test_a_session_or_activity_that_is_not_offered_is_refused(
    as_facilitator, practice, facilitator, group, session, now
):
    elsewhere = make_practice()
    with practice_scope(elsewhere):
        theirs = make_activity(make_partner(elsewhere))
    other = make_session(make_group(practice, by=facilitator), now + timedelta(days=4))

    response = as_facilitator.post(url(practice, "tie", group.pk), {"session": other.pk, "activity": theirs.pk})

    assert response.status_code == 422
    assert sorted(response.context["form"].errors) == ["activity", "session"]
    assert Meeting.objects.count() == 0


def test_an_activity_that_has_ended_meanwhile_is_not_tied(facilitator, session, story_time, now):
    story_time.end(now=now)

    with pytest.raises(NotOnOffer):
        make_meeting(session, story_time, facilitator, now)


def test_untying_keeps_the_row_and_lets_it_be_tied_again(
    as_facilitator, practice, facilitator, session, story_time, now
):
    meeting = make_meeting(session, story_time, facilitator, now)

    as_facilitator.post(url(practice, "untie", meeting.pk))

    assert list(Meeting.objects.standing()) == []
    assert make_meeting(session, story_time, facilitator, now).pk != meeting.pk


def test_the_agreements_are_changed(as_facilitator, practice, facilitator, session, story_time, now):
    meeting = make_meeting(session, story_time, facilitator, now)

    as_facilitator.post(url(practice, "meeting", meeting.pk), {"note": "Om half acht bij de deur"})

    meeting.refresh_from_db()
    assert meeting.note == "Om half acht bij de deur"


def test_a_cancelled_session_with_a_partner_says_to_tell_them(
    as_facilitator, practice, facilitator, group, session, story_time, now
):
    make_meeting(session, story_time, facilitator, now)
    session.cancelled_at = now
    session.save()

    rows = as_facilitator.get(url(practice, "group", group.pk)).context["rows"]

    assert [(row["session"], len(row["meetings"])) for row in rows] == [(session, 1)]


def test_a_co_facilitator_reads_and_does_not_arrange(
    as_co_facilitator, practice, facilitator, group, session, library, story_time, now
):
    meeting = make_meeting(session, story_time, facilitator, now)
    page = as_co_facilitator.get(url(practice, "group", group.pk))

    assert page.status_code == 200
    assert "BoekStart" in page.text
    assert 'id="tie"' not in page.text
    for name, pk in (
        ("tie", group.pk),
        ("untie", meeting.pk),
        ("meeting", meeting.pk),
        ("partner_edit", library.pk),
        ("partner_end", library.pk),
        ("partner_resume", library.pk),
        ("activity_add", library.pk),
        ("activity", story_time.pk),
        ("activity_end", story_time.pk),
        ("activity_resume", story_time.pk),
    ):
        assert as_co_facilitator.post(url(practice, name, pk)).status_code == 403
    assert as_co_facilitator.post(url(practice, "partner_add")).status_code == 403


def test_a_co_facilitator_does_not_see_another_group(practice, facilitator, group, session):
    other = make_membership(practice, Role.CO_FACILITATOR, name="Iemand Anders")

    assert client_of(other).get(url(practice, "group", group.pk)).status_code == 404
    assert client_of(other).get(url(practice, "of_session", session.pk)).status_code == 404


def test_another_practice_is_not_there(as_stranger, stranger, practice, facilitator, group, session, story_time, now):
    meeting = make_meeting(session, story_time, facilitator, now)
    for name, pk in (
        ("partner", story_time.partner_id),
        ("activity", story_time.pk),
        ("group", group.pk),
        ("of_session", session.pk),
        ("meeting", meeting.pk),
    ):
        assert as_stranger.get(url(practice, name, pk)).status_code == 404
        assert as_stranger.get(url(stranger.practice, name, pk)).status_code == 404


def test_the_part_for_the_evening_is_a_fragment_and_a_page(
    as_co_facilitator, practice, facilitator, session, story_time, now
):
    make_meeting(session, story_time, facilitator, now)
    page = url(practice, "of_session", session.pk)

    whole = as_co_facilitator.get(page)
    part = as_co_facilitator.get(page, headers={"HX-Request": "true"})

    assert "<html" in whole.text
    assert "<html" not in part.text
    assert "BoekStart" in part.text
    assert "030 1234567" in part.text


def test_a_session_without_a_partner_says_so_calmly(as_co_facilitator, practice, session):
    assert as_co_facilitator.get(url(practice, "of_session", session.pk)).context["meetings"].count() == 0


@pytest.mark.parametrize("ended", [Partner, Activity])
@pytest.mark.django_db(transaction=True)
def test_what_ends_while_it_is_being_tied_leaves_no_meeting_behind(ended):
    practice = make_practice(with_defaults=True)
    now = timezone.now()
    with practice_scope(practice):
        member = make_membership(practice)
        session = make_session(make_group(practice, by=member, first=member), now + timedelta(days=3))
        activity = make_activity(make_partner(practice))

    def end():
        with practice_scope(practice):
            ended.objects.get().end(now=now)

    with practice_scope(practice), overtaken(end) as outcome:
        activity.tie_to(session, by=member, now=now)
    outcome()

    with practice_scope(practice):
        assert list(Meeting.objects.standing()) == []
