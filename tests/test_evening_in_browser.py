"""The evening on a tablet: by touch, by keyboard, and with answers that overtake each other."""

import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from elements.closing import close_session
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions import evening as acts
from tests.cast import client_of
from tests.evenings import make_evening, make_topic, outcomes, url
from tests.factories import make_membership, make_practice
from tests.looking import violations

pytestmark = pytest.mark.django_db(transaction=True)

IS_POLL = re.compile(r"[?&]version=")
IS_CALL = re.compile(r"[?&]seen=")

# The milliseconds between two questions for news.
EVERY = 5000


@pytest.fixture
def evening():
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige")
        co = make_membership(practice, Role.CO_FACILITATOR, profession=Profession.ASSISTANT, name="Aisha Assistente")
        return make_evening(first, co, people=12)


@pytest.fixture
def tablet(page, live_server, evening):
    with practice_scope(evening.practice):
        cookie = client_of(evening.first).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.set_default_timeout(10_000)
    page.set_viewport_size({"width": 820, "height": 1180})
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.open = lambda name, *args: page.goto(live_server.url + url(name, evening, *args))
    # Nothing new: a poll must not be under way while the database is emptied.
    for asked in (IS_POLL, IS_CALL):
        page.route(asked, lambda route: route.fulfill(status=204))
    yield page
    page.goto("about:blank")


def seat(page, place):
    return page.locator(f'a.seat[aria-label^="{place.participant.full_name},"]')


def count(page):
    return page.locator(".circle-centre")


def recorded(evening):
    with practice_scope(evening.practice):
        return outcomes(evening)


def test_seats_touched_one_right_after_the_other_are_all_checked_in(tablet, evening):
    tablet.open("sessions:arrivals")
    names = [place.participant.full_name for place in evening.places[:4]]

    tablet.evaluate(
        """names => names.forEach(name => document.querySelector(`a.seat[aria-label^="${name},"]`)
            .dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })))""",
        names,
    )

    expect(count(tablet)).to_have_text("4/12")
    expect(tablet.locator("#said")).not_to_be_empty()
    assert len(recorded(evening)) == 4
    assert tablet.complaints == []


def test_a_long_touch_opens_the_sheet_of_who_is_expected_and_checks_nobody_in(tablet, evening):
    tablet.clock.install()
    tablet.open("sessions:arrivals")
    box = seat(tablet, evening.places[0]).locator(".seat-disc").bounding_box()

    tablet.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tablet.mouse.down()
    tablet.clock.fast_forward(500)
    expect(tablet.locator(".sheet:popover-open")).to_have_count(1)
    tablet.mouse.up()
    tablet.clock.run_for(50)

    expect(tablet.locator(".sheet:popover-open")).to_have_count(1)
    tablet.locator(".sheet:popover-open").get_by_role("button", name="present, with partner").click()
    expect(count(tablet)).to_have_text("1/12")
    expect(tablet.locator(".register-state .icon-people")).to_have_count(1)
    assert recorded(evening) == {evening.places[0].participant.given_name: "present"}
    assert tablet.complaints == []


def test_a_wrong_touch_is_undone_where_it_is_said(tablet, evening):
    tablet.open("sessions:arrivals")
    seat(tablet, evening.places[0]).click()
    expect(count(tablet)).to_have_text("1/12")

    tablet.locator("#said button").click()

    expect(count(tablet)).to_have_text("0/12")
    assert recorded(evening) == {}


def test_the_keyboard_alone_checks_in_and_corrects(tablet, evening):
    tablet.open("sessions:arrivals")
    place = evening.places[0]
    seat(tablet, place).focus()
    tablet.keyboard.press("Enter")
    expect(count(tablet)).to_have_text("1/12")
    expect(seat(tablet, place)).to_be_focused()

    tablet.keyboard.press("Enter")
    expect(tablet.locator(".sheet:popover-open")).to_have_count(1)
    tablet.keyboard.press("Escape")
    expect(seat(tablet, place)).to_be_focused()
    tablet.keyboard.press("Enter")
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Enter")

    expect(tablet.locator(".sheet:popover-open")).to_have_count(0)
    expect(tablet.locator(".register-state .icon-clock")).to_have_count(1)
    expect(seat(tablet, place)).to_be_focused()
    assert list(recorded(evening).values()) == ["late"]


def test_news_that_was_overtaken_on_the_way_is_left_out(tablet, evening):
    held = []
    tablet.clock.install()
    tablet.route(IS_POLL, lambda route: route.fulfill(status=204) if held else held.append(route))
    tablet.open("sessions:arrivals")
    old = tablet.request.get(tablet.url, headers={"HX-Request": "true"})
    with tablet.expect_request(IS_POLL):
        tablet.clock.fast_forward(EVERY)
    seat(tablet, evening.places[0]).click()
    expect(count(tablet)).to_have_text("1/12")
    tablet.evaluate(
        "document.addEventListener('htmx:beforeSwap', ({ detail }) => document.body.dataset.swaps = detail.shouldSwap)"
    )

    held[0].fulfill(response=old)

    expect(tablet.locator("body")).to_have_attribute("data-swaps", "false")
    expect(count(tablet)).to_have_text("1/12")


def test_another_tablet_follows_by_itself(tablet, evening):
    tablet.unroute(IS_POLL)
    tablet.clock.install()
    tablet.open("sessions:arrivals")
    expect(count(tablet)).to_have_text("0/12")

    with practice_scope(evening.practice):
        acts.record_arrival(evening.session, evening.places[3], "present", by=evening.co, now=timezone.now())

    tablet.clock.fast_forward(EVERY)

    expect(count(tablet)).to_have_text("1/12")


def test_topics_and_the_queue_go_by_touch(tablet, evening):
    with practice_scope(evening.practice):
        make_topic(evening, "Slaap")
        acts.record_arrival(evening.session, evening.places[0], "present", by=evening.co, now=timezone.now())
    tablet.open("sessions:circle")

    tablet.locator(".topic button[value=done]").click()
    expect(tablet.locator(".topic-done")).to_have_count(1)
    tablet.locator("#id_title").fill("Terug naar het werk")
    tablet.keyboard.press("Enter")
    expect(tablet.locator(".topic")).to_have_count(2)
    tablet.locator(f"#seen-{evening.places[0].pk}").click()
    expect(tablet.locator(".queue-seen li")).to_have_count(1)


def test_every_step_is_accessible_and_fits_in_the_dark(tablet, evening, live_server):
    tablet.emulate_media(color_scheme="dark", reduced_motion="reduce")
    with practice_scope(evening.practice):
        make_topic(evening, "Slaap")
        for place, outcome in zip(evening.places, ("present", "late", "partner_only", "apologised"), strict=False):
            acts.record_arrival(evening.session, place, outcome, by=evening.co, now=timezone.now(), with_partner=True)
        acts.mark_seen(evening.session, evening.places[0], by=evening.first, now=timezone.now())
    fidelity = f"{live_server.url}/{evening.practice.slug}/groups/{evening.group.pk}/fidelity/"

    def look(where):
        tablet.set_viewport_size({"width": 320, "height": 640})
        assert tablet.evaluate("document.documentElement.scrollWidth") <= 320, where
        tablet.set_viewport_size({"width": 820, "height": 1180})
        assert violations(tablet) == [], where

    for name in ("sessions:arrivals", "sessions:circle", "elements:closing"):
        tablet.open(name)
        look(name)
    tablet.open("sessions:arrival", evening.places[5].pk)
    look("sessions:arrival")
    tablet.goto(fidelity)
    look("elements:group")
    tablet.open("sessions:arrivals")
    tablet.locator(".register-acts button[popovertarget]").first.click()
    look("the sheet of a seat")
    with practice_scope(evening.practice):
        close_session(evening.session, by=evening.first, now=timezone.now())
    for name in ("sessions:arrivals", "elements:closing"):
        tablet.open(name)
        look(f"{name}, closed")
    assert tablet.complaints == []
