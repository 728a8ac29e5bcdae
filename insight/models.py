"""What this app keeps of its own: when the demo was loaded, and how it looked then."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class DemoLoad(models.Model):
    """The demo as it was loaded: which practices are its own, and the fingerprint of their rows at that moment."""

    loaded_at = models.DateTimeField()
    # The local day whose evening is the demo's *tonight*.
    day = models.DateField()
    practices = ArrayField(models.BigIntegerField())
    fingerprint = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
