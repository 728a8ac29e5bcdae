from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from participants.phone import readable

register = template.Library()


@register.filter
def readable_phone(number: str) -> str:
    """`{{ person.phone|readable_phone }}`: 06 12345678."""
    return readable(number)


@register.filter
def readable_email(address: str) -> SafeString:
    """`{{ person.email|readable_email }}`: one that is too long for its line breaks before the @, and there first."""
    return format_html("{}<wbr>{}{}", *address.rpartition("@"))
