"""The board in a real browser: the cursor that goes on, what is refused, the wifi that fails, two tablets."""

from datetime import timedelta
from time import perf_counter

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from checks.models import Measurement
from practices.models import Role
from practices.tenancy import practice_scope
from tests.factories import make_membership, make_practice
from tests.looking import (
    broken_words,
    complaints_of,
    violations,
    wider_than_the_window,
    words_of_twice_the_size,
)
from tests.values import BP, WEIGHT, address, keep, measuring_evening

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def evening():
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige")
        co = make_membership(practice, Role.CO_FACILITATOR, name="Aisha Assistente")
        evening = measuring_evening(first, co, people=12)
        evening.names = [place.participant.given_name for place in evening.places]
    return evening


@pytest.fixture
def tablet(browser, live_server, evening):
    """Opens the board on a tablet of its own, signed in as a member of staff; all are put away before the rows go."""
    contexts = []

    def open_board(membership, **options):
        client = Client()
        client.force_login(membership.user)
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(20_000)
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([session])
        page = context.new_page()
        page.complaints = complaints_of(page)
        page.goto(live_server.url + address("measure", evening))
        return page

    yield open_board
    for context in contexts:
        context.close()
    wait_until_nobody_asks()


def wait_until_nobody_asks():
    """A poll that is still being answered would hold the tables that are emptied after the test."""
    busy = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    deadline = timezone.now() + timedelta(seconds=20)
    with connection.cursor() as cursor:
        while timezone.now() < deadline:
            cursor.execute(f"{busy} and state <> 'idle'")
            if cursor.fetchone() == (0,):
                return
    raise AssertionError("a request did not end")


@pytest.fixture
def board(tablet, evening):
    return tablet(evening.co)


def pressure(page, name):
    return page.get_by_label(f"{name}, blood pressure, upper number", exact=True)


def cell(page, name, kind="blood pressure"):
    return page.get_by_role("row").filter(has_text=name).locator(".cell").nth(0 if kind == "blood pressure" else 1)


def kept(evening):
    with practice_scope(evening.practice):
        rows = Measurement.objects.standing().select_related("enrolment__participant")
        return {
            (row.enrolment.participant.given_name, row.kind, row.reading): (row.value, row.second_value) for row in rows
        }


def test_numbers_and_enter_are_enough_for_a_whole_group(board, evening, capsys):
    pressure(board, evening.names[0]).focus()
    started = perf_counter()

    for _name in evening.names:
        board.keyboard.type("12882")
        board.keyboard.type("72,4")
        board.keyboard.press("Enter")
    typed = perf_counter()

    expect(board.locator(".tick :first-child")).to_have_count(24)
    with capsys.disabled():
        print(
            f"\n12 people, blood pressure and weight: the page itself cost {perf_counter() - started:.1f} s, "
            f"{perf_counter() - typed:.1f} s of them after the last key"
        )
    assert kept(evening) == {
        key: value
        for name in evening.names
        for key, value in {(name, "blood_pressure", 1): (128, 82), (name, "weight", 1): (72_400, None)}.items()
    }
    assert board.complaints == []


def test_a_pasted_pressure_fills_both_fields_and_goes_on(board, evening):
    pressure(board, "Sanne").focus()
    board.evaluate("document.execCommand('insertText', false, '128/82')")

    expect(board.get_by_label("Sanne, weight")).to_be_focused()
    expect(cell(board, "Sanne").locator(".tick :first-child")).to_be_visible()
    assert kept(evening) == {("Sanne", "blood_pressure", 1): (128, 82)}


def test_a_pressure_that_is_typed_with_its_stroke_goes_on_by_itself(board, evening):
    pressure(board, evening.names[0]).focus()

    for _name in evening.names[:2]:
        board.keyboard.type("128/82")
        board.keyboard.type("72,4")
        board.keyboard.press("Enter")

    expect(board.locator(".tick :first-child")).to_have_count(4)
    assert {value for (_name, kind, _reading), value in kept(evening).items() if kind == BP} == {(128, 82)}


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_a_key_from_habit_after_each_number_skips_no_field(board, evening, key):
    pressure(board, evening.names[0]).focus()

    for _name in evening.names[:2]:
        for number in ("118", "72", "72,4"):
            board.keyboard.type(number)
            board.keyboard.press(key)

    expect(board.locator(".tick :first-child")).to_have_count(4)
    assert {value for (_name, kind, _reading), value in kept(evening).items() if kind == BP} == {(118, 72)}
    assert {value for (_name, kind, _reading), value in kept(evening).items() if kind == WEIGHT} == {(72_400, None)}


def test_who_takes_pressures_alone_goes_past_the_weight_with_a_key(board, evening):
    pressure(board, evening.names[0]).focus()

    for _name in evening.names[:2]:
        board.keyboard.type("11872")
        board.keyboard.press("Tab")

    expect(board.locator(".tick :first-child")).to_have_count(2)
    assert set(kept(evening)) == {(name, BP, 1) for name in evening.names[:2]}


@pytest.fixture
def slow_board(board):
    """Each save leaves a second late, as through the wifi of a community centre."""
    board.evaluate("""() => {
        const { open, send } = XMLHttpRequest.prototype;
        XMLHttpRequest.prototype.open = function (method, url, ...more) {
            this.isLate = String(url).includes("/save/");
            return open.call(this, method, url, ...more);
        };
        XMLHttpRequest.prototype.send = function (...more) {
            if (this.isLate) setTimeout(() => send.apply(this, more), 1000);
            else send.apply(this, more);
        };
    }""")
    return board


def test_what_is_mended_while_its_save_is_on_its_way_is_saved_too(slow_board, evening):
    weight = slow_board.get_by_label("Sanne, weight")
    for typed in ("72,4", "73,4"):
        weight.focus()
        weight.press("Control+a")
        slow_board.keyboard.type(typed)
        slow_board.get_by_label("Noor, weight").focus()
    pressure(slow_board, "Fatima").focus()
    slow_board.keyboard.type("12480")
    lower = slow_board.get_by_label("Fatima, blood pressure, lower number", exact=True)
    lower.focus()
    lower.press("Control+a")
    slow_board.keyboard.type("81")
    slow_board.get_by_label("Noor, weight").focus()

    wanted = {("Sanne", WEIGHT, 1): (73_400, None), ("Fatima", BP, 1): (124, 81)}
    expect(weight).to_have_js_property("defaultValue", "73.4")
    expect(lower).to_have_js_property("defaultValue", "81")
    assert kept(evening) == wanted


def test_keeping_their_value_stays_so_when_that_does_not_get_through_at_once(board, evening):
    board.route("**/measure/changes/**", lambda route: route.abort())
    with practice_scope(evening.practice):
        keep(evening, "128/82", place=evening.names.index("Sanne"), by=evening.first)
    pressure(board, "Sanne").focus()
    board.keyboard.type("12480")
    board.route("**/measure/save/", lambda route: route.abort(), times=1)

    board.get_by_role("button", name="Keep 128/82").click()
    board.get_by_label("Noor, weight").focus()

    expect(cell(board, "Sanne").locator(".not-saved")).to_be_visible()
    expect(pressure(board, "Sanne")).to_have_js_property("defaultValue", "128")
    assert kept(evening) == {("Sanne", BP, 1): (128, 82)}


def test_what_came_in_while_somebody_typed_shows_once_she_has_put_it_back(board, evening):
    pressure(board, "Sanne").focus()
    board.keyboard.type("1")
    with practice_scope(evening.practice):
        for name in ("Sanne", "Fatima"):
            keep(evening, "128/82", place=evening.names.index(name))
    expect(pressure(board, "Fatima")).to_have_value("128")

    board.keyboard.press("Backspace")
    board.get_by_label("Noor, weight").focus()

    expect(pressure(board, "Sanne")).to_have_value("128")


def test_a_refused_value_keeps_what_was_typed_and_leaves_the_cursor_where_it_is(board, evening):
    pressure(board, "Sanne").focus()
    board.keyboard.type("300")
    board.keyboard.type("20")
    board.keyboard.press("Enter")
    board.keyboard.type("7")

    expect(cell(board, "Sanne")).to_contain_text("is more than 260 mmHg")
    expect(pressure(board, "Sanne")).to_have_value("300")
    expect(board.get_by_label("Sanne, weight")).to_be_focused()
    expect(board.get_by_label("Sanne, weight")).to_have_value("7")
    assert kept(evening) == {}


def test_a_value_outside_the_limits_asks_again_and_is_reviewed_on_the_other_screen(board, tablet, evening):
    other = tablet(evening.first)
    pressure(board, "Sanne").focus()
    board.keyboard.type("16511")
    board.keyboard.type("2")

    expect(cell(board, "Sanne")).to_contain_text("Call the midwife now")
    expect(board.get_by_role("heading", name="Waits for Mila Verloskundige")).to_be_visible()

    review = other.get_by_role("button", name="Seen Sanne")
    expect(review).to_be_visible(timeout=6_000)
    other.get_by_label("Note about Sanne, if wanted").fill("Gebeld")
    review.click()
    expect(other.get_by_role("heading", name="Waiting for your review")).to_be_hidden()
    expect(cell(other, "Sanne")).to_contain_text("Seen by Mila Verloskundige")
    expect(cell(board, "Sanne")).to_contain_text("Seen by Mila Verloskundige", timeout=6_000)
    assert board.complaints == other.complaints == []


@pytest.mark.parametrize("late", ["changes", "review"])
def test_of_two_answers_that_cross_neither_loses_a_value(tablet, evening, late):
    others = evening.names[3]
    with practice_scope(evening.practice):
        keep(evening, "165/112", place=evening.names.index("Sanne"))
    board, held = tablet(evening.first), []
    board.route(f"**/{late}/**", lambda route: route.continue_() if held else held.append(route))
    seen = board.get_by_role("button", name="Seen Sanne")

    with board.expect_request(f"**/{late}/**"):
        if late == "review":
            seen.click()
    with practice_scope(evening.practice):
        keep(evening, "128/82", place=3, by=evening.co)
    if late == "changes":
        seen.click()
        expect(cell(board, "Sanne")).to_contain_text("Seen by")
    else:
        with board.expect_response("**/changes/**"):
            pass
    held[0].continue_()
    # Once the one after it has been answered, that one has been shown.
    for _answer in range(2):
        with board.expect_response("**/changes/**"):
            pass

    expect(cell(board, "Sanne")).to_contain_text("Seen by", timeout=6_000)
    expect(pressure(board, others)).to_have_value("128", timeout=6_000)
    expect(seen).to_have_count(0)
    assert board.complaints == []


def test_a_note_that_is_being_typed_survives_what_comes_in(board, tablet, evening):
    with practice_scope(evening.practice):
        keep(evening, "144/92", place=3)
    other = tablet(evening.first)
    note = other.get_by_label(f"Note about {evening.names[3]}, if wanted")
    note.press_sequentially("Rus")

    pressure(board, "Sanne").focus()
    board.keyboard.type("16511")
    board.keyboard.type("2")

    expect(other.get_by_role("button", name="Seen Sanne")).to_be_visible(timeout=6_000)
    expect(note).to_have_value("Rus")


def test_a_save_that_does_not_get_through_stays_and_is_tried_again(board, evening):
    board.context.set_offline(True)
    pressure(board, "Sanne").focus()
    board.keyboard.type("12882")

    expect(cell(board, "Sanne")).to_contain_text("Not saved yet. It is tried again by itself.")
    expect(pressure(board, "Sanne")).to_have_value("128")
    assert kept(evening) == {}

    board.context.set_offline(False)
    expect(cell(board, "Sanne").locator(".tick :first-child")).to_be_visible()
    expect(board.locator("#trouble")).to_be_hidden()
    assert kept(evening) == {("Sanne", "blood_pressure", 1): (128, 82)}


def test_who_is_signed_out_keeps_what_she_typed_and_it_is_saved_once_she_signed_in_again(board, evening):
    cookies = board.context.cookies()
    session = [cookie for cookie in cookies if cookie["name"] == "sessionid"]
    board.context.clear_cookies(name="sessionid")
    pressure(board, "Sanne").focus()
    board.keyboard.type("12882")

    expect(board.get_by_role("link", name="Sign in")).to_be_visible()
    expect(cell(board, "Sanne")).to_contain_text("Not saved yet. It is tried again by itself.")
    expect(pressure(board, "Sanne")).to_have_value("128")

    board.context.add_cookies(session)
    expect(cell(board, "Sanne").locator(".tick :first-child")).to_be_visible()
    expect(board.get_by_role("link", name="Sign in")).to_be_hidden()
    assert kept(evening) == {("Sanne", "blood_pressure", 1): (128, 82)}


def test_of_two_tablets_in_one_cell_the_second_sees_both_and_chooses(board, tablet, evening):
    other = tablet(evening.first)
    pressure(board, "Sanne").focus()
    board.keyboard.type("12")
    other_field = pressure(other, "Sanne")
    other_field.focus()
    other.keyboard.type("13190")
    expect(cell(other, "Sanne")).to_contain_text("Measure again")

    board.keyboard.type("8")
    board.keyboard.type("82")

    expect(cell(board, "Sanne")).to_contain_text("Mila Verloskundige typed another value here.")
    cell(board, "Sanne").get_by_role("button", name="Use 128/82").click()
    expect(cell(board, "Sanne").locator(".tick :first-child")).to_be_visible()
    assert kept(evening) == {("Sanne", "blood_pressure", 1): (128, 82)}
    expect(pressure(other, "Sanne")).to_have_value("128", timeout=6_000)


def test_who_comes_in_appears_without_a_touch(board, evening):
    with practice_scope(evening.practice):
        late = evening.session.attendances.get(enrolment=evening.places[0])
        late.delete()
    board.reload()
    expect(board.get_by_role("row").filter(has_text=evening.names[0])).to_have_count(0)

    with practice_scope(evening.practice):
        late.pk, late.arrived_at, late.recorded_at = None, timezone.now(), timezone.now()
        late.save(force_insert=True)

    expect(board.get_by_role("row").filter(has_text=evening.names[0])).to_have_count(1, timeout=6_000)


def test_the_board_with_every_kind_of_trouble_is_accessible_and_fits_in_the_dark(tablet, evening):
    with practice_scope(evening.practice):
        keep(evening, "144/92")
        keep(evening, "165/112", place=1, taken_by=evening.first)
    board = tablet(evening.first, color_scheme="dark")
    pressure(board, evening.names[2]).fill("80/120")
    board.keyboard.press("Enter")
    expect(cell(board, evening.names[2])).to_contain_text("Were they swapped?")

    for width, height in [(320, 640), (390, 844), (820, 1180), (1180, 820)]:
        board.set_viewport_size({"width": width, "height": height})
        assert violations(board) == []
        assert not wider_than_the_window(board), width
    assert [line for line in board.complaints if "422" not in line] == []


@pytest.fixture
def board_of_all(tablet, evening):
    """With values typed by a participant and values that wait for review."""
    with practice_scope(evening.practice):
        keep(evening, "128/82")
        keep(evening, "72,4", kind=WEIGHT)
        Measurement.objects.update(entered_by=None)
        keep(evening, "165/112", place=1)
    return tablet(evening.first)


def test_nothing_breaks_or_scrolls_sideways_with_words_of_twice_the_size(board_of_all):
    with words_of_twice_the_size(board_of_all):
        for width, height in [(390, 844), (820, 1180), (1280, 800)]:
            board_of_all.set_viewport_size({"width": width, "height": height})
            assert not wider_than_the_window(board_of_all), width
            assert broken_words(board_of_all, "nav.steps, .waiting-panel, .board-room") == [], width


def test_the_words_of_the_steps_stay_whole_at_every_width(board_of_all):
    for width in [320, 360, 390, 640, 768, 820, 1100, 1280]:
        board_of_all.set_viewport_size({"width": width, "height": 800})
        assert not wider_than_the_window(board_of_all), width
        assert broken_words(board_of_all, "nav.steps") == [], width


def test_what_she_typed_herself_is_confirmed_beside_it_on_a_phone(board_of_all, evening):
    board_of_all.set_viewport_size({"width": 390, "height": 844})
    confirm = board_of_all.get_by_role("button", name=f"Confirm {evening.names[0]}, blood pressure")
    button, field = confirm.bounding_box(), pressure(board_of_all, evening.names[0]).bounding_box()

    assert (button["y"], button["height"]) == (field["y"], field["height"])
    assert min(button["width"], button["height"]) >= 48
    assert violations(board_of_all) == []
    confirm.click()
    expect(cell(board_of_all, evening.names[0])).to_contain_text("entered by participant, confirmed")


def test_the_board_works_without_javascript(tablet, evening):
    board = tablet(evening.co, java_script_enabled=False)

    row = board.get_by_role("row").filter(has_text="Sanne")
    pressure(board, "Sanne").fill("144/92")
    row.get_by_role("button", name="Save").first.click()

    expect(row).to_contain_text("Measure again")
    assert kept(evening) == {("Sanne", "blood_pressure", 1): (144, 92)}
