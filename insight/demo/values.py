"""What the people of the demo measured: values with a course over the sessions, the same at every loading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from checks.reading import Values

# Blood pressures of one person over the sessions. Where there are two at one session the second is the repetition.
STORIES: dict[str, Sequence[Sequence[tuple[int, int]]]] = {
    "climbs": [[(112, 70)], [(118, 74)], [(127, 81)], [(136, 88)]],
    "waits": [[(114, 72)], [(118, 75)], [(122, 78)], [(127, 82)], [(133, 86)], [(144, 92), (141, 91)]],
    "reviewed": [
        [(121, 76)],
        [(119, 78)],
        [(124, 80)],
        [(128, 82)],
        [(131, 85)],
        [(142, 89), (136, 86)],
        [(130, 84)],
        [(132, 84)],
    ],
}
REVIEW_NOTE = "Herhaald in rust. Over twee dagen controle op de praktijk."

# A baby that loses weight between two sessions and finds her line again, in grams at each session.
DIP = [4780, 5620, 5410, 6190, 7240, 8150]

# Days of age, weight in grams, length and head circumference in millimetres: about the middle of the WHO curves.
GROWTH = [
    (28, 4200, 537, 365),
    (49, 4950, 565, 380),
    (91, 6000, 605, 400),
    (122, 6700, 630, 412),
    (152, 7200, 648, 422),
    (198, 7750, 670, 432),
    (274, 8500, 709, 445),
    (365, 9300, 750, 456),
    (426, 9750, 776, 462),
]


def pressures(seed: str, number: int, story: str) -> list[Values]:
    """The readings of one person at session `number`: of the story, or of an ordinary course."""
    if story in STORIES:
        course = STORIES[story]
        return [Values(*reading) for reading in course[min(number, len(course)) - 1]]
    person = Random(f"{seed} pressure")  # noqa: S311
    upper, lower = person.randint(104, 122), person.randint(62, 76)
    today = Random(f"{seed} pressure {number}")  # noqa: S311
    return [Values(upper + number // 2 + today.randint(-4, 5), lower + number // 3 + today.randint(-3, 4))]


def weight(seed: str, number: int) -> Values:
    """Grams, to the hundred that a bathroom scale shows, never 3 kg from one session to the next."""
    person = Random(f"{seed} weight")  # noqa: S311
    start, gain = person.randint(54_000, 86_000), person.randint(900, 1_600)
    today = Random(f"{seed} weight {number}")  # noqa: S311
    return Values((start + gain * number + today.randint(-300, 300)) // 100 * 100)


def baby(seed: str, number: int, *, born_on: date, day: date, story: str) -> tuple[Values, Values, Values]:
    """Weight, length and head circumference on that day."""
    middle, length, head = _grown((day - born_on).days)
    share = Random(f"{seed} growth").uniform(0.93, 1.08)  # noqa: S311
    grams = DIP[min(number, len(DIP)) - 1] if story == "dips" else int(middle * share) // 10 * 10
    return Values(grams), Values(int(length * (share + 2) / 3)), Values(int(head * (share + 3) / 4))


def _grown(age: int) -> tuple[float, float, float]:
    """The middle of the curves at an age in days, straight between the known points."""
    age = max(GROWTH[0][0], min(age, GROWTH[-1][0]))
    after = next(index for index, point in enumerate(GROWTH) if point[0] >= age)
    if after == 0:
        return GROWTH[0][1], GROWTH[0][2], GROWTH[0][3]
    before, behind = GROWTH[after - 1], GROWTH[after]
    way = (age - before[0]) / (behind[0] - before[0])
    between = [a + way * (b - a) for a, b in zip(before[1:], behind[1:], strict=True)]
    return between[0], between[1], between[2]
