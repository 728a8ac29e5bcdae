"""The tablet that goes round, in a real browser: by touch, and what is left of it after a minute."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from checks.models import Measurement
from practices.models import Role
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import make_membership, make_practice
from tests.looking import complaints_of, violations, wider_than_the_window
from tests.values import address, measuring_evening

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
