"""The evening on a tablet: a whole one by touch and by keyboard alone, and answers that overtake each other."""

import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from elements.models import Debrief
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions import evening as acts
from sessions.company import count_babies
from sessions.models import GroupSession
from tests.cast import client_of
from tests.evenings import make_evening, make_topic, outcomes, url
from tests.factories import make_membership, make_practice
from tests.looking import complaints_of, violations, wider_than_the_window, words_of_twice_the_size

pytestmark = pytest.mark.django_db(transaction=True)

IS_POLL = re.compile(r"[?&]version=")
IS_CALL = re.compile(r"/called/\?")

# The milliseconds between two questions for news.
EVERY = 5000


@pytest.fixture
def evening(request):
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige")
        co = make_membership(practice, Role.CO_FACILITATOR, profession=Profession.ASSISTANT, name="Aisha Assistente")
        return make_evening(first, co, people=getattr(request, "param", 12))


@pytest.fixture
def tablet(page, live_server, evening):
    with practice_scope(evening.practice):
        cookie = client_of(evening.first).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.set_default_timeout(10_000)
    page.set_viewport_size({"width": 820, "height": 1180})
    page.complaints = complaints_of(page)
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


def test_everybody_who_was_checked_in_at_once_is_taken_back_at_once(tablet, evening):
    tablet.open("sessions:arrivals")
    tablet.locator("#all-present").click()
    expect(count(tablet)).to_have_text("12/12")

    tablet.locator("#said").get_by_role("button").click()

    expect(count(tablet)).to_have_text("0/12")
    assert recorded(evening) == {}
    assert tablet.complaints == []


def test_the_babies_beside_the_register_are_those_that_are_counted_now(tablet, evening):
    tablet.open("sessions:arrivals")
    expect(tablet.locator("#company .number")).to_have_text("0")
    with practice_scope(evening.practice):
        count_babies(evening.session, 3, now=timezone.now())

    tablet.locator("#all-present").click()

    expect(tablet.locator("#company .number")).to_have_text("3")
    assert tablet.complaints == []


def test_a_touch_without_a_network_is_told_and_can_be_done_again(tablet, evening):
    tablet.open("sessions:arrivals")
    everybody, trouble = tablet.locator("#all-present"), tablet.locator("#trouble")
    tablet.context.set_offline(True)

    everybody.click()

    expect(trouble).to_contain_text("what you only touched was not kept")
    # Nothing is waiting to be sent, and the button is what it was.
    expect(tablet.locator(".unsaved")).to_have_count(0)
    expect(everybody).to_have_text("Everybody expected is here")
    expect(everybody.locator(".icon")).to_have_count(1)
    tablet.context.set_offline(False)
    everybody.click()
    expect(count(tablet)).to_have_text("12/12")
    expect(trouble).to_be_hidden()


def test_a_touch_that_was_lost_is_told_until_one_gets_through(tablet, evening):
    tablet.open("sessions:arrivals")
    everybody, trouble = tablet.locator("#all-present"), tablet.locator("#trouble")
    everybody.evaluate("button => button.form.setAttribute('hx-post', '/no/such/page/')")
    everybody.evaluate("button => htmx.process(button.form)")
    everybody.click()
    expect(trouble).to_be_visible()

    # A question for news that is answered says nothing of the touch.
    tablet.evaluate("() => htmx.ajax('GET', location.href + '?version=', {target: '#said', swap: 'none'})")
    tablet.wait_for_load_state("networkidle")
    expect(trouble).to_be_visible()
    seat(tablet, evening.places[0]).click()

    expect(count(tablet)).to_have_text("1/12")
    expect(trouble).to_be_hidden()


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


def scrolled(page):
    return page.evaluate("Math.round(scrollY)")


def test_nothing_moves_while_nothing_waits(tablet, evening):
    tablet.set_viewport_size({"width": 390, "height": 700})
    with tablet.expect_response(IS_CALL):
        tablet.open("sessions:circle")
    tablet.wait_for_load_state("networkidle")

    assert scrolled(tablet) == 0


def test_the_page_stays_where_it_is_while_somebody_works_in_its_lists(tablet, evening):
    with practice_scope(evening.practice):
        topics = [make_topic(evening, f"Topic {number}") for number in range(8)]
        acts.record_all_present(evening.session, by=evening.co, now=timezone.now())
    tablet.set_viewport_size({"width": 390, "height": 700})
    tablet.open("sessions:circle")
    for button in (f"#done-{topics[3].pk}", f"#undo-{topics[3].pk}", f"#seen-{evening.places[4].pk}"):
        tablet.locator(button).scroll_into_view_if_needed()
        before = scrolled(tablet)

        tablet.locator(button).click()

        expect(tablet.locator(button)).to_have_count(0)
        assert before > 100
        assert abs(scrolled(tablet) - before) < 8, button


def test_the_second_tap_of_a_hasty_finger_does_not_fall_on_somebody_else(tablet, evening):
    with practice_scope(evening.practice):
        acts.record_all_present(evening.session, by=evening.co, now=timezone.now())
    tablet.open("sessions:circle")
    tablet.evaluate("""() => {
        window.posted = 0;
        document.addEventListener("htmx:beforeRequest", ({ detail }) => {
            if (detail.requestConfig.verb === "post") window.posted += 1;
        });
    }""")
    # The queue moves up under the finger, and so the next one is tapped at the same place.
    tap = """which => {
        const tap = { detail: 1, clientX: 300, clientY: 300, bubbles: true, cancelable: true };
        document.querySelectorAll("#queue .topic-do")[which].dispatchEvent(new MouseEvent("click", tap));
        return window.posted;
    }"""

    assert tablet.evaluate(f"() => [({tap})(0), ({tap})(1)]") == [1, 1]
    expect(tablet.locator(".queue-seen li")).to_have_count(1)


def test_the_focus_stays_at_its_place_when_what_had_it_is_gone(tablet, evening):
    with practice_scope(evening.practice):
        topics = [make_topic(evening, f"Topic {number}") for number in range(3)]
        acts.record_all_present(evening.session, by=evening.co, now=timezone.now())
    tablet.open("sessions:circle")

    tablet.locator(f"#done-{topics[1].pk}").press("Enter")
    expect(tablet.locator(f"#undo-{topics[1].pk}")).to_be_focused()
    tablet.locator("#queue .topic-do").first.press("Enter")
    expect(tablet.locator(".queue-seen li")).to_have_count(1)
    expect(tablet.locator("#queue .topic-do").first).to_be_focused()


def test_what_was_sent_while_signed_out_is_sent_again_once_she_signed_in(tablet, live_server, evening):
    with practice_scope(evening.practice):
        acts.record_all_present(evening.session, by=evening.co, now=timezone.now())
    tablet.open("elements:closing")
    tablet.locator("textarea").first.fill("Iedereen praatte mee.")
    tablet.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    tablet.get_by_role("button", name="Keep my answers").click()
    assert violations(tablet) == []
    # Too early is as good as never.
    tablet.get_by_role("button", name="Send again").click()

    evening.first.user.set_password("centering")
    evening.first.user.save()
    with tablet.expect_popup() as opened:
        tablet.get_by_role("link", name="Sign in").click()
    opened.value.locator("[name=login]").fill(evening.first.user.email)
    opened.value.locator("[name=password]").fill("centering")
    opened.value.get_by_role("button", name="Sign in").click()
    expect(opened.value.get_by_role("heading", level=1)).not_to_have_text("Sign in")
    tablet.get_by_role("button", name="Send again").click()

    expect(tablet.locator("textarea").first).to_have_value("Iedereen praatte mee.")
    with practice_scope(evening.practice):
        assert Debrief.objects.get().went_well == "Iedereen praatte mee."


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


class Touch:
    """Fingers on the glass; letters come from the keyboard that the tablet shows."""

    def __init__(self, page):
        self.page = page

    def press(self, thing):
        thing.tap()

    def choose(self, radio):
        radio.tap()

    def write(self, field, *words):
        self.press(field)
        for part in words:
            self.page.keyboard.type(part)


class Keys(Touch):
    """Tab, Enter, Space and letters, and nothing else."""

    WHERE = """thing => thing === document.activeElement ? "" :
        document.activeElement.compareDocumentPosition(thing) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab"
    """

    def reach(self, thing):
        for _step in range(150):
            key = thing.evaluate(self.WHERE)
            if not key:
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"no way by keyboard to {thing}")

    def press(self, thing):
        self.reach(thing)
        self.page.keyboard.press("Enter")

    def choose(self, radio):
        self.reach(radio)
        self.page.keyboard.press("Space")

    def write(self, field, *words):
        self.reach(field)
        for part in words:
            self.page.keyboard.type(part)


def look(page, where):
    """Nothing is against it, and neither at 320 px nor with words of twice the size it scrolls sideways."""
    page.wait_for_load_state()
    page.set_viewport_size({"width": 320, "height": 640})
    assert not wider_than_the_window(page), where
    with words_of_twice_the_size(page):
        for width, height in [(390, 844), (1280, 800), (820, 1180)]:
            page.set_viewport_size({"width": width, "height": height})
            assert not wider_than_the_window(page), (where, width)
    page.set_viewport_size({"width": 820, "height": 1180})
    assert violations(page) == [], where


@pytest.mark.browser_context_args(has_touch=True, reduced_motion="reduce")
@pytest.mark.parametrize("evening", [5], indirect=True)
@pytest.mark.parametrize(("by", "colours"), [(Touch, "light"), (Keys, "dark")], ids=["touch", "keyboard"])
def test_a_whole_evening(tablet, evening, by, colours):
    hand = by(tablet)
    sanne = next(place for place in evening.places if place.participant.given_name == "Sanne")
    tablet.emulate_media(color_scheme=colours)
    with practice_scope(evening.practice):
        make_topic(evening, "Slaap")
    tablet.open("sessions:arrivals")

    come_in(tablet, hand, evening)
    go_to(tablet, hand, "Measure")
    measure_and_review(tablet, hand)
    go_to(tablet, hand, "Circle")
    talk(tablet, hand, sanne)
    go_to(tablet, hand, "Closing")
    close(tablet, hand)
    put_right(tablet, hand)

    with practice_scope(evening.practice):
        session = GroupSession.objects.get(pk=evening.session.pk)
        assert session.closed_by == evening.first
        assert sorted(outcomes(evening).values()) == ["late"] + ["present"] * 4
        row = session.measurements.standing().get(kind="blood_pressure", enrolment=sanne)
        assert (row.value, row.replaces.reviewed_by, row.correction_reason) == (128, evening.first, "Verkeerde rij")
    assert tablet.complaints == []


def go_to(page, hand, step):
    hand.press(page.locator("nav.steps a", has_text=step))
    expect(page.locator("nav.steps [aria-current]")).to_contain_text(step)
    page.wait_for_load_state()


def come_in(page, hand, evening):
    first, second = (seat(page, place) for place in evening.places[:2])
    look(page, "arrivals")
    hand.press(first)
    expect(count(page)).to_have_text("1/5")
    hand.press(page.locator("#said button"))
    expect(count(page)).to_have_text("0/5")
    hand.press(second)
    expect(count(page)).to_have_text("1/5")
    hand.press(second)
    sheet = page.locator(".sheet:popover-open")
    expect(sheet).to_have_count(1)
    look(page, "the sheet of a seat")
    hand.press(sheet.get_by_role("button", name="came late", exact=True))
    expect(page.locator(".register-state .icon-clock")).to_have_count(1)
    expect(sheet).to_have_count(0)
    hand.press(page.locator("#all-present"))
    expect(count(page)).to_have_text("5/5")


def measure_and_review(page, hand):
    # Three figures go on by themselves to the lower number, and three there to the next field.
    hand.write(page.get_by_label("Sanne, blood pressure, upper number", exact=True), "16511", "2")
    seen = page.get_by_role("button", name="Seen Sanne")
    expect(seen).to_be_visible()
    hand.write(page.get_by_label("Sanne, weight"), "72,4")
    page.keyboard.press("Enter")
    expect(page.locator(".tick :first-child")).to_have_count(2)
    look(page, "measure")
    hand.press(seen)
    expect(seen).to_have_count(0)


def talk(page, hand, place):
    hand.press(page.locator(".topic button[value=done]").first)
    expect(page.locator(".topic-done")).to_have_count(1)
    hand.write(page.locator("#id_title"), "Terug naar het werk")
    hand.press(page.locator("#plan .topic-add button"))
    expect(page.locator(".topic-title", has_text="Terug naar het werk")).to_be_visible()
    hand.press(page.locator(f"#seen-{place.pk}"))
    expect(page.locator(".queue-seen li")).to_have_count(1)
    look(page, "circle")


def close(page, hand):
    look(page, "closing")
    for question in page.locator("fieldset.question").all():
        hand.choose(question.locator("[type=radio]").first)
    hand.write(page.locator("textarea").first, "Iedereen praatte mee.")
    hand.press(page.locator("button[value=close]"))
    expect(page.locator("main .notice .alert-success")).to_contain_text("closed this session")
    look(page, "closed")


def put_right(page, hand):
    hand.press(page.get_by_role("link", name="Correct a value"))
    hand.press(page.get_by_role("link", name="Correct Sanne, blood pressure"))
    hand.write(page.get_by_label("Upper number"), "128")
    hand.write(page.get_by_label("Lower number"), "82")
    hand.write(page.get_by_label("Why is it corrected?"), "Verkeerde rij")
    look(page, "a correction")
    hand.press(page.get_by_role("button", name="Keep the correction"))
    expect(page.get_by_text("165/112 became 128/82")).to_be_visible()
