"""The nine essential elements, as reference data that every database has (domain.md, 2)."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed_apps

HEALTH, LEARNING, COMMUNITY = "health_assessment", "interactive_learning", "community_building"

# A version that is in use is never reworded: a new wording is a new version, and old answers keep theirs.
VERSION = 1
# (code, component, asked of the raters, days within which it must be so, Dutch, English), in order.
NINE: list[tuple[str, str, bool, int | None, str, str]] = [
    (
        "E1",
        HEALTH,
        True,
        None,
        "De controle vindt plaats in de groepsruimte",
        "Health assessment happens in the group space",
    ),
    ("E2", HEALTH, False, None, "Deelnemers meten zelf", "Participants engage in self-care activities"),
    ("E3", LEARNING, True, None, "De begeleiders maken het interactief", "Groups are facilitated to be interactive"),
    (
        "E4",
        LEARNING,
        False,
        None,
        "Er is een plan, met ruimte voor de groep",
        "Each session has a plan, but emphasis may vary",
    ),
    ("E5", LEARNING, True, None, "De groep zit in een kring", "The group sits in a circle"),
    ("E6", COMMUNITY, True, None, "Er is tijd voor ontmoeting", "There is time for socialising"),
    (
        "E7",
        COMMUNITY,
        False,
        None,
        "Vaste groep en vaste begeleiders",
        "Members, facilitators and support people are consistent",
    ),
    ("E8", COMMUNITY, False, None, "De groepsgrootte past", "Group size is optimal for interaction"),
    ("E9", COMMUNITY, False, 3, "Er wordt doorlopend geëvalueerd", "There is ongoing evaluation"),
]


def provide_elements(*, apps: Any = installed_apps, **kwargs: Any) -> None:
    """Put the nine in place where they are not. Called after every migrate and flush; changes nothing that is there."""
    try:
        element = apps.get_model("elements", "Element")
    except LookupError:
        return
    # A migrate may stop half way: the table then lacks what this writes.
    if "within_days" not in {field.name for field in element._meta.get_fields()}:
        return
    element.objects.bulk_create(
        [
            element(
                code=code,
                version=VERSION,
                position=position,
                component=component,
                is_asked=is_asked,
                within_days=within_days,
                labels={"nl": dutch, "en": english},
            )
            for position, (code, component, is_asked, within_days, dutch, english) in enumerate(NINE, start=1)
        ],
        ignore_conflicts=True,
    )
