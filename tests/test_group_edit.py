"""What may change of a group that is there: its name, language, sizes and link."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup
from tests.factories import enrol, make_group, make_participant, make_room, make_session

LINK = "https://meet.example.org/kring"


@pytest.fixture
def group(practice, facilitator, co_facilitator):
    return make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, name="Zwaluwen", maximum=3)


@pytest.fixture
def online(practice, facilitator):
    return make_group(practice, by=facilitator, mode=CareGroup.Mode.ONLINE, online_url=LINK)


def page_of(group):
    return reverse("groups:edit", args=[group.practice.slug, group.pk])


def filled_in(group, **fields):
    names = ["name", "language", "minimum", "target", "maximum", "online_url"]
    return {name: getattr(group, name) for name in names} | fields


def test_a_group_gets_another_name_and_other_sizes(as_facilitator, group):
    answer = as_facilitator.post(page_of(group), filled_in(group, name="Merels", minimum=2, target=4, maximum=6))

    group.refresh_from_db()
    assert answer.url == reverse("groups:group", args=[group.practice.slug, group.pk])
    assert (group.name, group.minimum, group.target, group.maximum) == ("Merels", 2, 4, 6)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"maximum": 1, "minimum": 1, "target": 1}, "2 people have a place here."),
        ({"minimum": 3, "target": 2, "maximum": 3}, "Use sizes that rise: at least, full at, at most."),
        ({"maximum": 300}, "Ensure this value is less than or equal to 30."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_changes(practice, facilitator, as_facilitator, group, fields, words):
    for name in ("Sanne", "Merel"):
        enrol(group, make_participant(practice, name, due_on=group.window_from), by=facilitator)
    typed = filled_in(group, language="en", **fields)

    answer = as_facilitator.post(page_of(group), typed)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert '<option value="en" selected>' in answer.content.decode()
    assert "Zwaluwen" in answer.content.decode()
    group.refresh_from_db()
    assert (group.language, group.maximum) == ("nl", 3)


def test_another_link_is_told_to_calendars_and_another_name_is_not(as_facilitator, online):
    now = timezone.now()
    past, coming = (make_session(online, now + timedelta(days=days)) for days in (-3, 3))

    def numbers():
        return [online.sessions.get(pk=session.pk).sequence for session in (past, coming)]

    as_facilitator.post(page_of(online), filled_in(online, name="Merels"))
    assert numbers() == [0, 0]

    as_facilitator.post(page_of(online), filled_in(online, online_url="https://meet.example.org/nieuw"))
    assert numbers() == [0, 1]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("", "An online group needs the link to its online room."),
        ("javascript:alert(1)", "Give the link as the online"),
    ],
)
def test_a_link_that_is_none_is_refused(as_facilitator, online, link, words):
    answer = as_facilitator.post(page_of(online), filled_in(online, online_url=link))

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_group_in_a_room_has_no_link(practice, as_facilitator, group):
    group.room = make_room(practice)
    group.save()

    as_facilitator.post(page_of(group), filled_in(group, online_url=LINK))

    group.refresh_from_db()
    assert group.online_url == ""


def test_only_planners_change_a_group_and_nobody_one_that_was_called_off(
    as_facilitator, as_coordinator, as_co_facilitator, group, facilitator
):
    assert as_coordinator.get(page_of(group)).status_code == 200
    assert as_co_facilitator.get(page_of(group)).status_code == 403

    group.cancelled_at, group.cancelled_by = timezone.now(), facilitator
    group.save()
    assert as_facilitator.get(page_of(group)).status_code == 404
