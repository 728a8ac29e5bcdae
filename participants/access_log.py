"""Who looked at whose data. Views that show a person's data call this; the rows are never changed."""

from collections.abc import Iterable
from datetime import datetime

from participants.models import AccessRecord, Participant
from practices.models import Membership


def record_access(people: Iterable[Participant], *, by: Membership, page: str, now: datetime) -> None:
    """Note that `by` saw these people on `page` (a URL name), in one query however many they are."""
    AccessRecord.objects.bulk_create(
        AccessRecord(practice_id=by.practice_id, participant=person, membership=by, page=page, at=now)
        for person in people
    )
