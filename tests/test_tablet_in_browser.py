"""The tablet that goes round, in a real browser: by touch, and what is left of it after a minute."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from checks.handing import hand_round
from checks.models import Measurement
from practices.models import Role
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.evenings import make_evening
from tests.factories import make_membership, make_practice
from tests.looking import complaints_of, violations, wider_than_the_window
from tests.values import WEIGHT, address, keep, measuring_evening

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def evening():
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige")
        evening = measuring_evening(first, people=12, starts_at=timezone.now())
        evening.cookie = client_of(first).cookies["sessionid"].value
    return evening


def pressure(page):
    return page.get_by_label("Blood pressure, upper number")


@pytest.fixture
def seat(new_context, live_server, evening):
    """The page of one seat on a tablet that goes round."""
    with practice_scope(evening.practice):
        _row, code = hand_round(evening.session, by=evening.first, now=timezone.now())
    context = new_context()
    context.add_cookies([{"name": "django_language", "value": "en", "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + "/tablet/")
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Sanne", exact=True).click()
    return page


def kept(evening):
    with practice_scope(evening.practice):
        return dict(Measurement.objects.filter(session=evening.session).values_list("kind", "value"))


def test_what_she_typed_is_saved_before_she_is_done(seat, evening):
    expect(seat.get_by_role("link", name="Done")).to_be_visible()
    pressure(seat).focus()
    seat.keyboard.type("12882")

    expect(seat.get_by_label("Weight")).to_be_focused()
    expect(seat.get_by_role("link", name="Done")).to_be_hidden()
    seat.keyboard.type("72,4")
    seat.keyboard.press("Enter")

    expect(seat.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert kept(evening) == {"blood_pressure": 128, "weight": 72_400}


def test_what_she_typed_stays_while_there_is_no_network(seat, evening):
    seat.get_by_label("Weight").fill("66,6")
    seat.context.set_offline(True)
    seat.get_by_role("button", name="Save").click()

    expect(seat.get_by_text("No connection.")).to_be_visible()
    expect(seat.get_by_label("Weight")).to_have_value("66,6")
    seat.context.set_offline(False)
    seat.get_by_role("button", name="Save").click()

    expect(seat.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert kept(evening) == {"weight": 66_600}


def test_enter_says_yes_to_nothing(seat, evening):
    with practice_scope(evening.practice):
        earlier = make_evening(evening.first, group=evening.group, number=9, starts_at=evening.now - timedelta(weeks=4))
        names = [place.participant.given_name for place in evening.places]
        keep(evening, "61", kind=WEIGHT, session=earlier.session, place=names.index("Sanne"))
    seat.get_by_label("Weight").fill("92,4")
    seat.get_by_role("button", name="Save").click()
    expect(seat.get_by_text("is that right?")).to_be_visible()

    pressure(seat).fill("128")
    seat.get_by_label("Blood pressure, lower number").fill("82")
    seat.get_by_label("Weight").press("Enter")

    expect(seat.get_by_text("Kept")).to_be_visible()
    assert kept(evening) == {"blood_pressure": 128}


def test_a_tablet_goes_round_and_forgets_who_had_it(new_context, live_server, evening):
    context = new_context(has_touch=True, viewport={"width": 820, "height": 1180}, locale="en")
    context.add_cookies(
        [
            {"name": "sessionid", "value": evening.cookie, "url": live_server.url},
            {"name": "django_language", "value": "en", "url": live_server.url},
        ]
    )
    page = context.new_page()
    page.clock.install()
    complaints = complaints_of(page)
    page.goto(live_server.url + address("measure", evening))
    page.get_by_role("link", name="Hand the tablet round").tap()
    expect(page.get_by_role("heading", name="Hand the tablet round")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("button", name="Hand over this tablet").tap()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert violations(page) == []
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(live_server.url + "/tablet/")
    page.get_by_role("link", name="Sanne", exact=True).tap()
    pressure(page).fill("144")
    page.get_by_label("Blood pressure, lower number").fill("92")
    page.get_by_role("button", name="Save").tap()

    # What she must know is told on her own page, and goes with her.
    expect(page.get_by_text("Please measure once more")).to_be_visible()
    pressure(page).fill("77")
    page.clock.fast_forward(39_000)
    expect(page.locator(".own-soon")).to_be_empty()
    page.get_by_role("heading", name="Sanne").tap()
    page.clock.fast_forward(41_000)
    expect(page.get_by_text("Are you still there?")).to_be_visible()
    for width, height in [(320, 640), (1180, 820)]:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == []
        assert not wider_than_the_window(page), width
    page.clock.fast_forward(20_000)
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()

    page.go_back()
    if page.get_by_role("heading", name="Who are you?").count() == 0:
        expect(pressure(page)).to_have_value("")
    assert not any(text in page.content() for text in ("144", "once more"))
    page.goto(live_server.url + address("measure", evening))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with practice_scope(evening.practice):
        row = Measurement.objects.get()
        assert (row.value, row.entered_by, row.enrolment.participant.given_name) == (144, None, "Sanne")
    assert complaints == []
