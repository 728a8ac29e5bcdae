"""What a Celery worker and beat load. It starts no engine: `bin/run` has done that, or a deployment names its own."""

import os
from typing import Any

from celery import Celery, bootsteps

from centering import health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]
    """Says that this worker lives, as long as it is connected to the broker; `/healthz` looks at it."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    # On the consumer's own timer: losing the broker clears that, and connecting again starts this step again.
    def start(self, parent: Any) -> None:
        health.worker_beats()
        parent.timer.call_repeatedly(health.SECONDS_BETWEEN_BEATS, health.worker_beats)


app = Celery("centering")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Heartbeat)
# Nothing waits in the broker for its hour: each minute the database is asked what is due.
app.conf.beat_schedule = {
    "deliver what is due": {"task": "reminders.tasks.deliver_due", "schedule": 60.0, "options": {"expires": 55}},
}
