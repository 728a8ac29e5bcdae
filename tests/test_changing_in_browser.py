"""Planning, moving, calling off and putting together, by touch on a tablet and by the keys alone."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from groups.models import CareGroup
from practices.models import Role
from practices.tenancy import practice_scope
from sessions.models import GroupSession
from tests.cast import client_of
from tests.factories import (
    enrol,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_room,
    make_session,
)
from tests.looking import complaints_of, violations, wider_than_the_window

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = timezone.localdate()
# A Tuesday, far enough away for notices and near enough for the years that the browser knows by two digits.
FIRST = TODAY + timedelta(days=60 + (1 - (TODAY + timedelta(days=60)).weekday()) % 7)
DUE = FIRST + timedelta(days=168)


class Touch:
    """A finger on a tablet."""

    context = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}

    def __init__(self, page):
        self.page = page

    def press(self, target):
        target.tap()

    def choose(self, target, label):
        target.select_option(label=label)

    def date(self, target, day):
        target.fill(day.isoformat())

    def time(self, target, hour, minute):
        target.fill(f"{hour:02}:{minute:02}")


class Keys:
    """The keys alone: what is wanted is reached with Tab."""

    context = {"viewport": {"width": 1280, "height": 800}}

    def __init__(self, page):
        self.page = page

    def reach(self, target):
        for _ in range(120):
            if target.evaluate("wanted => wanted === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {target}")

    def press(self, target):
        self.reach(target)
        is_tick = target.evaluate("wanted => wanted.matches('[type=checkbox], [type=radio]')")
        self.page.keyboard.press("Space" if is_tick else "Enter")

    def choose(self, target, label):
        self.reach(target)
        self.page.keyboard.type(label)

    def date(self, target, day):
        self.reach(target)
        self.page.keyboard.type(day.strftime("%m%d%Y"))

    def time(self, target, hour, minute):
        self.reach(target)
        self.page.keyboard.type(f"{hour % 12:02}{minute:02}{'PM' if hour >= 12 else 'AM'}")


@pytest.fixture
def practice(transactional_db):
    return make_practice("de-linde", with_defaults=True)


@pytest.fixture
def planner(practice):
    """Somebody who plans, with three people to place and another group into which they would fit."""
    with practice_scope(practice):
        member = make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige")
        make_room(practice, "Huiskamer")
        for name in ("Sanne", "Fatima", "Noor"):
            make_participant(practice, name, due_on=DUE)
        window = {"window_from": DUE - timedelta(days=20), "window_until": DUE + timedelta(days=20)}
        other = make_group(practice, by=member, name="Tulpen", **window)
        make_session(other, timezone.now() + timedelta(days=80))
        enrol(other, make_participant(practice, "Iris", due_on=DUE), by=member)
    return member


@pytest.mark.parametrize("by", [Touch, Keys])
def test_a_group_is_planned_moved_called_off_in_part_and_whole_and_put_together(by, planner, new_context, live_server):
    practice, browser = planner.practice, client_of(planner)
    context = new_context(locale="en-US", timezone_id="Europe/Amsterdam", reduced_motion="reduce", **by.context)
    context.add_cookies([{"name": "sessionid", "value": browser.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    hand = by(page)
    complaints = complaints_of(page)

    def field(name):
        return page.locator(f"[name={name}]")

    def looks_right():
        expect(page.locator(".htmx-request")).to_have_count(0)
        assert (violations(page), wider_than_the_window(page)) == ([], False)

    page.goto(live_server.url + reverse("sessions:plan", args=[practice.slug]))
    hand.date(field("window_from"), DUE - timedelta(days=14))
    hand.date(field("window_last"), DUE + timedelta(days=14))
    hand.date(field("first_on"), FIRST)
    hand.time(field("starts_at"), 19, 30)
    hand.choose(field("room"), "Huiskamer")
    hand.choose(field("first"), page.locator("[name=first] option").last.inner_text())
    expect(page.locator("#preview tbody tr")).to_have_count(10)
    expect(field("people")).to_have_count(3)
    for place in range(3):
        hand.press(field("people").nth(place))
    hand.press(page.locator("form button.btn-primary"))
    page.wait_for_url(re.compile(r"/groups/\d+/$"))
    with practice_scope(practice):
        group = CareGroup.objects.exclude(name="Tulpen").get()
        second, third = group.sessions.order_by("starts_at")[1:3]
        assert (group.sessions.count(), group.enrolments.enrolled().count()) == (10, 3)
    a_day_later = second.day + timedelta(days=1)

    hand.press(page.get_by_role("link", name="Series", exact=True))
    hand.press(page.locator(f"a[href$='/sessions/{second.pk}/move/']"))
    hand.date(field("day"), a_day_later)
    expect(page.locator("#outcome table").first).to_be_visible()
    looks_right()
    hand.press(page.locator("form button.btn-primary"))
    page.wait_for_url("**/series/")

    hand.press(page.locator(f"a[href$='/sessions/{third.pk}/cancel/']"))
    looks_right()
    hand.press(page.locator("form button.btn-danger"))
    page.wait_for_url("**/series/")
    with practice_scope(practice):
        assert GroupSession.objects.get(pk=second.pk).day == a_day_later
        assert GroupSession.objects.get(pk=third.pk).is_cancelled

    page.goto(live_server.url + reverse("groups:group", args=[practice.slug, group.pk]))
    hand.press(page.get_by_role("link", name="Call off the group"))
    page.wait_for_url("**/cancel/")
    looks_right()
    hand.press(page.get_by_role("button", name="Call off the group"))
    again = page.get_by_role("link", name="Let the group go on")
    expect(again).to_be_visible()
    with practice_scope(practice):
        assert (group.sessions.standing().count(), group.enrolments.enrolled().count()) == (0, 0)
    hand.press(again)
    page.wait_for_url("**/reopen/")
    looks_right()
    hand.press(page.get_by_role("button", name="Let the group go on"))
    page.wait_for_url("**/series/")
    with practice_scope(practice):
        assert (group.sessions.standing().count(), group.enrolments.enrolled().count()) == (9, 3)

    page.goto(live_server.url + reverse("groups:group", args=[practice.slug, group.pk]))
    hand.press(page.locator("a[href$='/merge/']"))
    hand.press(page.get_by_label("Tulpen"))
    hand.press(field("show"))
    expect(field("really")).to_be_visible()
    looks_right()
    hand.press(field("really"))
    expect(page.get_by_role("heading", name="Tulpen", level=1)).to_be_visible()
    with practice_scope(practice):
        assert CareGroup.objects.get(name="Tulpen").enrolments.enrolled().count() == 4
        assert not group.sessions.standing().filter(starts_at__gt=timezone.now()).exists()
    assert complaints == []
