from datetime import datetime

from celery import shared_task
from django.utils import timezone

from reminders import delivery


@shared_task(name="reminders.tasks.deliver_due", ignore_result=True)  # type: ignore[untyped-decorator]
def deliver_due(now: datetime | None = None) -> None:
    """Send what is due; beat asks for this each minute."""
    delivery.deliver(now or timezone.now())
