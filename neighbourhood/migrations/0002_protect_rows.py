from django.db import migrations

from practices.row_security import ProtectRows


class Migration(migrations.Migration):
    dependencies = [
        ("neighbourhood", "0001_initial"),
        ("practices", "0002_protect_rows"),
        ("participants", "0002_protect_rows"),
        ("groups", "0002_protect_rows"),
        ("group_sessions", "0002_protect_rows"),
        ("checks", "0002_protect_rows"),
        ("elements", "0002_protect_rows"),
        ("reminders", "0002_protect_rows"),
    ]

    operations = [
        ProtectRows("Partner"),
        ProtectRows("Activity"),
        ProtectRows("Meeting"),
        ProtectRows("PartnerEvent"),
        ProtectRows("ActivityEvent"),
        ProtectRows("MeetingEvent"),
    ]
