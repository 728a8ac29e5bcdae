import pytest
from playwright.sync_api import expect

from tests.looking import complaints_of, violations, wider_than_the_window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kit(page, live_server, settings):
    settings.ROOT_URLCONF = "tests.kit_pages"
    page.set_default_timeout(10_000)
    page.complaints = complaints_of(page)
    page.goto(f"{live_server.url}/kit/")
    return page


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "dark"), (1280, 800, "light"), (820, 1180, "dark")])
def test_the_kit_with_every_kind_of_field_and_error_is_accessible(kit, width, height, scheme):
    kit.set_viewport_size({"width": width, "height": height})
    kit.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    kit.get_by_role("button", name="Save").click()
    expect(kit.locator("#id_name")).to_be_focused()

    assert violations(kit) == []
    assert kit.complaints == []


def test_the_kit_fits_every_width_without_scrolling_sideways(kit):
    for width in [320, 390, 640, 820, 1100, 1280]:
        kit.set_viewport_size({"width": width, "height": 800})

        assert not wider_than_the_window(kit), width


def test_the_sign_in_page_is_accessible_and_fits(kit, live_server):
    kit.set_viewport_size({"width": 320, "height": 640})
    kit.goto(f"{live_server.url}/accounts/login/")

    assert violations(kit) == []
    assert not wider_than_the_window(kit)
    assert kit.complaints == []
    assert kit.locator("a[href*=signup]").count() == 0


def test_seats_are_48_pixels_on_a_phone(kit):
    kit.set_viewport_size({"width": 390, "height": 844})

    sizes = [kit.locator(f"#seat-{number} .seat-disc").bounding_box() for number in range(1, 13)]

    assert min(min(size["width"], size["height"]) for size in sizes) >= 48


def test_a_seat_is_touched_in_place_and_keeps_the_focus(kit):
    before = kit.url
    kit.locator("#seat-7").focus()

    kit.keyboard.press("Enter")

    expect(kit.locator("#seat-7.seat-present")).to_be_focused()
    assert kit.url == before


def test_a_request_that_failed_is_told_and_what_was_typed_stays(kit):
    kit.get_by_label("Value").fill("503")
    kit.get_by_label("Value").blur()

    expect(kit.get_by_role("alert").filter(has_text="here")).to_be_visible()
    assert kit.get_by_label("Value").input_value() == "503"
    assert "unsaved" in kit.locator("#cell").get_attribute("class")


def test_a_connection_that_is_away_is_told_until_it_works_again(kit):
    kit.context.set_offline(True)
    kit.get_by_label("Value").fill("1")
    kit.get_by_label("Value").blur()
    expect(kit.locator("#trouble")).to_be_visible()
    kit.context.set_offline(False)
    kit.locator("#cell").evaluate("cell => cell.setAttribute('hx-swap', 'none')")

    kit.get_by_label("Value").fill("2")
    kit.get_by_label("Value").blur()

    expect(kit.locator("#trouble")).to_be_hidden()


def test_a_form_goes_once_and_says_so(kit):
    sent = []
    kit.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    said = kit.evaluate("""() => {
        const button = document.querySelector("#large .btn-primary");
        button.click();
        button.click();
        return [button.textContent, button.getAttribute("aria-disabled")];
    }""")
    expect(kit.locator("#id_name")).to_be_focused()

    assert said == [kit.locator("body").get_attribute("data-sending-words"), "true"]
    assert len(sent) == 1


def test_the_button_is_itself_again_after_going_back(kit):
    kit.get_by_role("button", name="Save").click()
    expect(kit.locator("#id_name")).to_be_focused()

    kit.go_back()

    expect(kit.get_by_role("button", name="Save")).not_to_have_attribute("aria-disabled", "true")


def test_a_link_opens_its_dialog(kit):
    kit.get_by_role("link", name="Open").click()
    expect(kit.get_by_role("dialog")).to_be_visible()

    kit.get_by_role("button", name="Yes").click()

    expect(kit.get_by_role("dialog")).to_be_hidden()
