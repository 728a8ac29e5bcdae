"""Copying into the record and the sheet to write on, in a real browser."""

import pytest
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import make_membership, make_practice
from tests.looking import violations, wider_than_the_window
from tests.values import address, keep, measuring_evening

pytestmark = pytest.mark.django_db(transaction=True)


def test_blocks_are_copied_and_ticked_and_the_sheet_is_printed(browser, live_server):
    practice = make_practice()
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR)
        evening = measuring_evening(first, people=2)
        keep(evening, "128/82")
        keep(evening, "118/76", place=1)
        names = [place.participant.given_name for place in evening.places]
    context = browser.new_context(
        permissions=["clipboard-read", "clipboard-write"], viewport={"width": 320, "height": 700}
    )
    cookie = client_of(first).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + address("afterwards", evening))

    page.get_by_role("button", name=f"Taken over {names[0]}", exact=True).focus()
    page.keyboard.press("Enter")
    # The tick that goes on where it was has the cursor still.
    expect(page.get_by_role("button", name=f"Not taken over {names[0]}")).to_be_focused()
    expect(page.get_by_text("1 of 2 is still to be taken over.")).to_be_visible()
    expect(page.locator("#said")).to_contain_text("Taken over.")
    page.get_by_role("button", name=f"Copy {names[1]}").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert "118/76 mmHg" in page.evaluate("navigator.clipboard.readText()")
    assert (violations(page), wider_than_the_window(page)) == ([], False)

    page.goto(live_server.url + address("paper", evening))
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert (violations(page), wider_than_the_window(page)) == ([], False)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("table")).to_contain_text(names[0])
    context.close()
