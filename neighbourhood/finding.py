"""Finding a partner by a few words. A practice has tens of partners, so they are compared here, accents aside."""

from collections.abc import Iterable

from neighbourhood.models import Partner
from participants.names import fold


def matching(partners: Iterable[Partner], words: str) -> list[Partner]:
    """Partners whose name, town, postcode or activities hold each of the words, sorted as a reader expects.

    Contact persons are left out: what is looked for stands in the address of the page.
    """
    asked = fold(words).split()
    found = [partner for partner in partners if all(word in _text_of(partner) for word in asked)]
    return sorted(found, key=lambda partner: (fold(partner.name), partner.pk))


def _text_of(partner: Partner) -> str:
    titles = (activity.title for activity in partner.activities.all())
    return fold(" ".join((partner.name, partner.town, partner.postcode, *titles)))
