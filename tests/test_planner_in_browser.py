"""The planner in a real browser: a session is dragged to another day, and a button does the same."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.utils import timezone
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from sessions.models import GroupSession
from sessions.planner import monday_of
from tests.cast import client_of
from tests.factories import at, make_group, make_membership, make_practice, make_room, make_session
from tests.looking import violations, wider_than_the_window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(db):
    """On the Tuesday after next week."""
    practice = make_practice("de-linde")
    with practice_scope(practice):
        midwife = make_membership(practice, Role.FACILITATOR)
        room = make_room(practice, "Huiskamer")
        group = make_group(practice, by=midwife, first=midwife, name="Zwaluwen", room=room)
        day = monday_of(timezone.localdate()) + timedelta(days=15)
        return make_session(group, at(day, 19, 30), room=room)


def must_be_fine(page):
    assert violations(page) == []
    assert not wider_than_the_window(page)


def test_a_session_is_dragged_and_moved_by_a_button(page, live_server, session):
    client = client_of(session.group.created_by)
    english = {"name": project.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url}
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie, english])
    page.set_default_timeout(20_000)
    page.set_viewport_size({"width": 820, "height": 1180})
    page.goto(f"{live_server.url}/de-linde/groups/")
    must_be_fine(page)
    lane = page.locator("[data-lane]")
    width = lane.bounding_box()["width"]

    # The fifth of twelve weeks.
    page.locator(".chip").drag_to(lane, target_position={"x": width * 4.5 / 12, "y": 20})

    day = session.day + timedelta(weeks=2)
    expect(page).to_have_url(re.compile(rf"/sessions/{session.pk}/move/\?day={day}$"))
    expect(page.get_by_label("Day")).to_have_value(str(day))
    expect(page.locator("#outcome")).to_contain_text(f"{day:%a} {day.day}")
    with practice_scope(session.practice):
        assert GroupSession.objects.get(pk=session.pk).starts_at == session.starts_at

    page.goto(f"{live_server.url}/de-linde/groups/?view=week&on={session.day}")
    page.locator(".chip").drag_to(page.locator(f"[data-drop='{session.day + timedelta(days=1)}']"))
    expect(page).to_have_url(re.compile(rf"/sessions/{session.pk}/move/\?day={session.day + timedelta(days=1)}$"))

    page.goto(f"{live_server.url}/de-linde/groups/?view=month&on={session.day}")
    must_be_fine(page)
    page.get_by_role("link", name=re.compile("Zwaluwen")).press("Enter")
    sheet = page.get_by_role("dialog", name="Zwaluwen")
    expect(sheet).to_contain_text("at 19:30")
    must_be_fine(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("link", name=re.compile("Zwaluwen"))).to_be_focused()
    page.keyboard.press("Enter")
    sheet.get_by_role("link", name="Move it to another day").press("Enter")
    expect(page).to_have_url(re.compile(rf"/sessions/{session.pk}/move/$"))
