"""The circle with its whole plan, and the library behind it, in a browser."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from sessions import evening as acts
from sessions.company import add_guest
from sessions.library import ActivityFormat, Moment
from sessions.library_defaults import PREGNANCY_THEMES
from sessions.models import ScheduleTemplate, TurnNote
from sessions.plan import add_topic, choose
from tests.cast import client_of
from tests.evenings import make_evening, url
from tests.factories import make_membership, make_practice
from tests.looking import violations, wider_than_the_window, words_of_twice_the_size

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def evening():
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        evening = make_evening(make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige"), people=4)
        by = {"by": evening.first, "now": timezone.now()}
        for title in PREGNANCY_THEMES[0].topics:
            add_topic(evening.session, title, **by)
        choose(evening.session, "opening", ActivityFormat.objects.get(name="Namen met een gebaar"), **by)
        acts.record_all_present(evening.session, **by)
        TurnNote.objects.create(
            practice=practice,
            session=evening.session,
            enrolment=evening.places[0],
            text="Hartje gehoord",
            written_at=by["now"],
            written_by=evening.first,
        )
        add_guest(evening.session, "Dr. Vos", "jeugdarts", **by)
        return evening


def test_an_evening_is_put_together_from_the_library(page, live_server, evening):
    slug = evening.practice.slug
    with practice_scope(evening.practice):
        cookie = client_of(evening.first).cookies[settings.SESSION_COOKIE_NAME]
        template = ScheduleTemplate.objects.get(name__startswith="9 + 1")
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.set_default_timeout(10_000)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    seen = []

    def look(where, ready):
        page.goto(live_server.url + where)
        expect(page.locator(ready).first).to_be_visible()
        page.set_viewport_size({"width": 320, "height": 640})
        if wider_than_the_window(page):
            seen.append((where, "wider than 320 pixels"))
        with words_of_twice_the_size(page):
            for width in (390, 1280, 820):
                page.set_viewport_size({"width": width, "height": 1180})
                if wider_than_the_window(page):
                    seen.append((where, f"wider than {width} pixels with words of twice the size"))
        page.set_viewport_size({"width": 820, "height": 1180})
        seen.extend((where, *violation) for violation in violations(page))

    look(reverse("sessions:library", args=[slug]), "details.fold")
    look(reverse("sessions:library", args=[slug]) + "?q=kring", "details[open] .row-link")
    look(reverse("sessions:schedule_session", args=[slug, template.pk, 1]), "#from_library")
    look(url("sessions:choose_topics", evening), "details.fold")
    look(url("sessions:choose_topics", evening) + "?q=bevalling", "details[open] .row-plain button")
    look(url("sessions:choose_activity", evening, Moment.CLOSING), ".row-plain button")
    page.locator(".row-plain button").first.click()
    expect(page.locator("#topics-title")).to_be_visible()
    look(url("sessions:note", evening, evening.places[0].pk), "textarea")
    look(url("sessions:circle", evening), "#babies-more")

    page.locator("#babies-more").click()
    expect(page.locator(".babies strong")).to_have_text("1")
    page.locator("#guest-add").press("Enter")
    page.locator("#guest-name").fill("Oma")
    page.keyboard.press("Enter")
    expect(page.locator("#company .row-title")).to_have_text(["Dr. Vos", "Oma"])
    expect(page.locator("#guest-name")).to_be_hidden()
    expect(page.locator("#guest-add")).to_be_focused()

    assert seen == []
