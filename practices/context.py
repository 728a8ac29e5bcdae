from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from practices.places import places_for


def practice(request: HttpRequest) -> dict[str, Any]:
    """`practice`, `membership` and `places` for every page inside a practice; nothing elsewhere."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {}
    # A part of a page has no navigation.
    places = SimpleLazyObject(lambda: places_for(membership, request.path))
    return {"practice": membership.practice, "membership": membership, "places": places}
