import pytest
from django.test import Client
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from tests.factories import make_membership, make_participant, make_practice
from tests.looking import complaints_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(page, live_server):
    """The list of a practice with 31 people, as a facilitator sees it."""
    practice = make_practice("de-linde")
    with practice_scope(practice):
        member = make_membership(practice, Role.FACILITATOR)
        make_participant(practice, "Zoë", "Aalders", language="tr")
        for _ in range(30):
            make_participant(practice, "Anna", "Berg")
    browser = Client()
    browser.force_login(member.user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": browser.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.complaints = complaints_of(page)
    page.goto(f"{live_server.url}/de-linde/participants/")
    return page


def test_the_list_follows_what_is_typed_and_no_name_comes_into_the_address(people):
    address = people.url

    people.get_by_label("Name or client number").press_sequentially("zoe")
    expect(people.locator("#people tbody tr")).to_have_count(1)
    expect(people.get_by_label("Name or client number")).to_be_focused()
    people.get_by_label("Name or client number").fill("")
    expect(people.locator("#people tbody tr")).to_have_count(25)
    people.get_by_text("Filters").click()
    people.locator("#id_language").select_option("tr")
    expect(people.locator("#people tbody tr")).to_have_count(1)

    assert people.url == address
    assert people.complaints == []


def test_the_pages_of_a_search_keep_the_search(people):
    people.get_by_label("Name or client number").fill("berg")
    expect(people.get_by_role("status")).to_have_text("30 people")

    people.locator("#page-after").click()

    expect(people.locator("#people tbody tr")).to_have_count(5)
    people.locator("#page-before").click()
    expect(people.locator("#people tbody tr")).to_have_count(25)
    assert people.complaints == []
