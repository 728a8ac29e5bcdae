"""What a Celery worker and beat load. It starts no engine: `bin/run` has done that, or a deployment names its own."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")

app = Celery("centering")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Nothing waits in the broker for its hour: each minute the database is asked what is due.
app.conf.beat_schedule = {
    "deliver what is due": {"task": "reminders.tasks.deliver_due", "schedule": 60.0, "options": {"expires": 55}},
}
