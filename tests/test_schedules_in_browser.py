import pytest
from django.urls import reverse
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from sessions.models import ScheduleTemplate
from tests.cast import client_of
from tests.factories import make_membership, make_practice
from tests.looking import complaints_of, violations, wider_than_the_window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schedule(page, live_server):
    """The page of a template, as a facilitator has it before her."""
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.FACILITATOR))
        template = ScheduleTemplate.objects.get(kind="parenting")
    page.context.add_cookies(
        [{"name": "sessionid", "value": browser.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.complaints = complaints_of(page)
    page.goto(live_server.url + reverse("sessions:schedule", args=[practice.slug, template.pk]))
    return page, practice, template


def test_a_session_is_added_taken_out_and_kept_by_keyboard_alone(schedule):
    page, practice, template = schedule

    page.get_by_label("When").first.fill("8 weeks")
    page.get_by_role("button", name="Add a session").press("Enter")
    expect(page.locator("[name='8-when']")).to_be_focused()
    page.keyboard.type("17 months")
    page.locator("[name='8-theme']").fill("Nog eens")
    page.get_by_role("button", name="Take session 2 out").press("Enter")
    expect(page.get_by_role("button", name="Add a session")).to_be_focused()
    expect(page.get_by_label("When").first).to_have_value("8 weeks")
    page.locator("[name='8-theme']").press("Enter")
    expect(page.get_by_role("status").get_by_text(f"{template.name} is kept.")).to_be_visible()

    with practice_scope(practice):
        steps = template.copied_steps()
    assert [step.days for step in steps] == [56, 122, 152, 198, 274, 365, 426, 517]
    assert steps[-1].theme == "Nog eens"
    assert page.complaints == []


def test_the_pages_pass_axe_and_fit_a_phone(schedule):
    page, _practice, _template = schedule
    page.set_viewport_size({"width": 390, "height": 844})
    found = violations(page), wider_than_the_window(page)
    page.get_by_role("link", name="Schedules").first.click()
    expect(page.get_by_role("heading", name="Practice", level=1)).to_be_visible()

    assert found == ([], False)
    assert (violations(page), wider_than_the_window(page)) == ([], False)
