from django.db import migrations

from practices.row_security import ProtectRows


class Migration(migrations.Migration):
    dependencies = [
        ("elements", "0001_initial"),
        ("practices", "0002_protect_rows"),
        ("participants", "0002_protect_rows"),
        ("groups", "0002_protect_rows"),
        ("group_sessions", "0002_protect_rows"),
        ("checks", "0002_protect_rows"),
    ]

    operations = [
        ProtectRows("ElementAnswer"),
        ProtectRows("Debrief"),
        ProtectRows("ElementAnswerEvent"),
        ProtectRows("DebriefEvent"),
    ]
