"""Making, copying and revoking a link in a real browser."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.utils import timezone
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import make_group, make_membership, make_practice, make_room, make_session
from tests.looking import violations, wider_than_the_window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def midwife(db):
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        midwife = make_membership(practice, Role.FACILITATOR)
        group = make_group(practice, by=midwife, first=midwife)
        make_session(group, timezone.now() + timedelta(days=6), room=make_room(practice, "Huiskamer"))
    return midwife


def must_be_fine(page):
    assert violations(page) == []
    assert not wider_than_the_window(page)


@pytest.mark.parametrize("width", [390, 820])
def test_a_link_is_made_copied_and_revoked(page, live_server, midwife, width):
    cookie = client_of(midwife).cookies[project.SESSION_COOKIE_NAME]
    english = {"name": project.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url}
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}, english])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.set_default_timeout(10_000)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{live_server.url}/de-linde/calendars/")
    must_be_fine(page)

    page.get_by_role("button", name=re.compile("Make a link.*Huiskamer")).click()
    page.get_by_role("button", name="Copy the link").click()

    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.get_by_label(re.compile("Link for your calendar")).input_value()
    assert page.request.get(link).headers["content-type"] == "text/calendar; charset=utf-8"
    must_be_fine(page)

    page.get_by_role("link", name=re.compile("Revoke.*Huiskamer")).click()
    must_be_fine(page)
    page.get_by_role("button", name="Revoke the link").click()

    expect(page.get_by_text("The link opens nothing any more.")).to_be_visible()
    assert page.request.get(link).status == 404
