from django.db import migrations

from practices.row_security import ProtectRows


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0001_initial"),
        ("practices", "0002_protect_rows"),
        ("participants", "0002_protect_rows"),
    ]

    operations = [
        ProtectRows("CareGroup"),
        ProtectRows("Facilitation"),
        ProtectRows("Enrolment"),
        ProtectRows("EnrolledChild"),
        ProtectRows("CareGroupEvent"),
        ProtectRows("FacilitationEvent"),
        ProtectRows("EnrolmentEvent"),
    ]
