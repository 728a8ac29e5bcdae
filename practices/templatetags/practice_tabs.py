from django import template

from practices.models import Membership
from practices.tabs import Tab, tabs_for

register = template.Library()


@register.simple_tag
def practice_tabs(membership: Membership, current: str) -> list[Tab]:
    """`{% practice_tabs membership "rooms" as tabs %}`: for templates/practices/tabs.html."""
    return tabs_for(membership, current)
