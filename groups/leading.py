"""Who leads a group, and what is still missing there."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from groups.models import Facilitation
from participants.models import Language
from practices.models import DOCTORS, Membership, Profession

# (role, who)
Lead = tuple[str, Membership]


def interprets(role: str, member: Membership) -> bool:
    """An interpreter may sit there as such, or be the co-facilitator herself."""
    return role == Facilitation.Role.INTERPRETER or member.profession == Profession.INTERPRETER


def is_doctor(role: str, profession: str) -> bool:
    """A doctor who leads as something else is there too."""
    return role == Facilitation.Role.DOCTOR or profession in DOCTORS


def missing_interpreter(language: str, *, usual: str, leads: Iterable[Lead]) -> str:
    """What a group in another language than the practice's own lacks; empty when nothing does."""
    who = [member for role, member in leads if interprets(role, member)]
    if language == usual or any(member.is_trained for member in who):
        return ""
    if who:
        return _("%(name)s interprets and is not trained as co-facilitator yet.") % {"name": who[0].user.name}
    told = {"language": Language(language).label}
    return _("A group in %(language)s needs an interpreter who is trained as co-facilitator.") % told


def worries(language: str, *, usual: str, leads: Iterable[Lead]) -> list[str]:
    """A sentence for each thing to worry about in those who lead: no interpreter, or somebody who is not trained."""
    leads = list(leads)
    missing = missing_interpreter(language, usual=usual, leads=leads)
    told = {member.pk for role, member in leads if missing and interprets(role, member)}
    untrained = {member.pk: member.user.name for _role, member in leads if not member.is_trained}
    names = [name for pk, name in untrained.items() if pk not in told]
    return [*([missing] if missing else []), *(_("%(name)s is not trained yet.") % {"name": name} for name in names)]
