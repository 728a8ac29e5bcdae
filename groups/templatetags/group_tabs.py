from django import template

from groups.models import CareGroup
from groups.tabs import Tab, tabs_for
from practices.models import Membership

register = template.Library()


@register.simple_tag
def group_tabs(membership: Membership, group: CareGroup, current: str) -> list[Tab]:
    return tabs_for(membership, group, current)
