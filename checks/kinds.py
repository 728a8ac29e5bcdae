"""What participants measure. Values are integers in base units: mmHg, g, mm."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CheckKind(models.TextChoices):
    BLOOD_PRESSURE = "blood_pressure", _("blood pressure")
    WEIGHT = "weight", _("weight")
    BABY_WEIGHT = "baby_weight", _("weight of the baby")
    BABY_LENGTH = "baby_length", _("length of the baby")
    BABY_HEAD = "baby_head", _("head circumference")


class Quantity(models.TextChoices):
    """A number that has limits of its own; a blood pressure has three."""

    SYSTOLIC = "systolic", _("systolic")
    DIASTOLIC = "diastolic", _("diastolic")
    PULSE = "pulse", _("systolic less diastolic")
    WEIGHT = "weight", _("weight")
    BABY_WEIGHT = "baby_weight", _("weight of the baby")
    BABY_LENGTH = "baby_length", _("length of the baby")
    BABY_HEAD = "baby_head", _("head circumference")


# The numbers of each kind.
QUANTITIES = {kind: (Quantity(kind.value),) for kind in CheckKind if kind != CheckKind.BLOOD_PRESSURE} | {
    CheckKind.BLOOD_PRESSURE: (Quantity.SYSTOLIC, Quantity.DIASTOLIC, Quantity.PULSE)
}
OF_THE_CHILD = frozenset({CheckKind.BABY_WEIGHT, CheckKind.BABY_LENGTH, CheckKind.BABY_HEAD})

# The head of a column: what is measured there, short enough for a telephone.
COLUMNS = {
    CheckKind.BLOOD_PRESSURE: _("Blood pressure"),
    CheckKind.WEIGHT: _("Weight"),
    CheckKind.BABY_WEIGHT: _("Weight"),
    CheckKind.BABY_LENGTH: _("Length"),
    CheckKind.BABY_HEAD: _("Head"),
}
