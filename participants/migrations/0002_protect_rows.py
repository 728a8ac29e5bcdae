from django.db import migrations

from practices.row_security import ProtectRows


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0001_initial"),
        ("practices", "0002_protect_rows"),
    ]

    operations = [
        ProtectRows("Participant"),
        ProtectRows("Pregnancy"),
        ProtectRows("Child"),
        ProtectRows("AccessRecord"),
        ProtectRows("ParticipantEvent"),
        ProtectRows("PregnancyEvent"),
        ProtectRows("ChildEvent"),
    ]
