import math
import re
from pathlib import Path

import pytest
from django.template import Context, engines

from groups.templatetags.circle import STATES, fitted, places_around, width_of
from practices.templatetags.seats import fill

ROOT = Path(__file__).resolve().parent.parent
INLINE = re.compile(r"<[^>]*\s(style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE)


def templates():
    folders = [ROOT / "templates", *ROOT.glob("*/templates")]
    return sorted(
        path for folder in folders for path in folder.rglob("*.html") if not {".venv", "var"} & set(path.parts)
    )


def circle(seats, **options):
    source = "{% load circle %}{% circle seats label=label centre=centre note=note %}"
    context = {"seats": seats, "label": "The circle", "centre": "", "note": "", **options}
    return engines["django"].engine.from_string(source).render(Context(context))


@pytest.mark.parametrize("seats", range(1, 21))
def test_seats_never_touch_each_other_or_the_edge(seats):
    places = places_around(seats)

    assert len(places) == seats
    for index, place in enumerate(places):
        assert min(place.x, place.y, 400 - place.x, 400 - place.y) - place.radius >= 5
        for other in places[index + 1 :]:
            assert math.dist((place.x, place.y), (other.x, other.y)) > place.radius + other.radius


@pytest.mark.parametrize("seats", range(1, 15))
def test_a_seat_is_large_enough_to_touch_on_a_phone(seats):
    shown_at = 338 / 400

    assert places_around(seats)[0].radius * 2 * shown_at >= 48


@pytest.mark.parametrize("seats", range(1, 15))
def test_badges_leave_each_other_and_the_middle_free(seats):
    places = places_around(seats)

    for index, place in enumerate(places):
        assert math.dist((place.badge_x, place.badge_y), (200, 200)) > 60
        for other in places[index + 1 :]:
            assert math.dist((place.badge_x, place.badge_y), (other.badge_x, other.badge_y)) > 24


def test_a_circle_of_nobody_has_no_places():
    assert places_around(0) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bo", ("Bo", False)),
        ("Sanne", ("Sanne", False)),
        ("Aleksan", ("Aleksan", True)),
        ("Wilhelmina", ("Wilhel…", True)),
        ("Anne-Marijn", ("Anne…", True)),
        ("  Jo  Ann ", ("Jo Ann", False)),
        ("", ("", False)),
    ],
)
def test_a_name_fits_its_seat_or_is_shortened(name, shown):
    assert fitted(name, 64) == shown


def test_a_shortened_name_is_as_narrow_as_asked():
    for width in range(30, 100):
        shown, small = fitted("Maximiliana Wilhelmina", width)

        assert width_of(shown, 13.5 if small else 16) <= width


def test_an_accent_is_not_cut_from_its_letter():
    assert fitted("Zoe\u0308lla Abigaille", 40)[0] == "Zoe\u0308…"


def test_a_seat_with_a_url_is_a_link_with_its_spoken_label_and_attributes():
    seat = {
        "label": "Sanne",
        "state": "expected",
        "url": "/seat/1/",
        "spoken": "Sanne, expected. Check in",
        "attrs": {"hx-post": "/seat/1/", "hx-target": "#register"},
    }

    html = circle([seat])

    assert 'id="seat-1" href="/seat/1/" aria-label="Sanne, expected. Check in"' in html
    assert 'hx-post="/seat/1/" hx-target="#register"' in html


def test_a_seat_without_a_url_is_a_picture_with_a_label():
    html = circle([{"label": "Sanne", "state": "seen"}])

    assert "<a " not in html
    assert 'role="img" aria-label="Sanne"' in html


def test_a_name_cannot_write_into_the_drawing():
    html = circle([{"label": '"><b>', "state": "seen", "url": "/", "attrs": {"data-x": '"><b>'}}])

    assert "<b>" not in html


@pytest.mark.parametrize("language", ["nl", "en"])
def test_lengths_are_written_with_a_point_in_every_language(language, settings):
    settings.LANGUAGE_CODE = language

    html = circle([{"label": "A", "state": "present"}] * 7)

    assert not re.search(r'\b(?:c?[xy]|r)="[^"]*,', html)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_own_class(state):
    assert f'class="seat seat-{state}"' in circle([{"label": "A", "state": state}])


def test_a_state_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="no state"):
        circle([{"label": "A", "state": "asleep"}])


def test_the_fill_shows_each_seat_and_says_it():
    html = fill(3, 5)

    assert html.count("fill-seat taken") == 3
    assert html.count('class="fill-seat') == 5 + 1


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_an_inline_style_script_or_handler(path):
    assert not INLINE.search(path.read_text())


@pytest.mark.parametrize(
    "evasion",
    [
        '<p style="color: red">',
        '<p class="a"\n   STYLE = "x">',
        "<style>p { color: red }</style>",
        "<script>alert(1)</script>",
        '<button onclick="go()">',
        '<a href="javascript:go()">',
    ],
)
def test_the_walk_over_templates_sees_every_kind_of_inline_code(evasion):
    assert INLINE.search(evasion)


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([a-z]+)"', (ROOT / "static/img/icons.svg").read_text()))
    named = {
        name
        for path in templates()
        for tag in re.findall(r"{% (?:include|firstof) [^%]*%}", path.read_text())
        if "components/icon.html" in tag or "icon=" in tag or "firstof icon" in tag
        for name in re.findall(r'(?:(?<=icon\.html" with name=)|(?<=icon=)|(?<=firstof icon ))"([a-z-]+)"', tag)
    }

    assert named <= sprite
