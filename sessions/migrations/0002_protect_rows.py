from django.db import migrations

from practices.row_security import ProtectRows


class Migration(migrations.Migration):
    dependencies = [
        ("group_sessions", "0001_initial"),
        ("practices", "0002_protect_rows"),
        ("participants", "0002_protect_rows"),
        ("groups", "0002_protect_rows"),
    ]

    operations = [
        ProtectRows("ScheduleTemplate"),
        ProtectRows("TemplateStep"),
        ProtectRows("Series"),
        ProtectRows("GroupSession"),
        ProtectRows("SessionLead"),
        ProtectRows("Attendance"),
        ProtectRows("Answer"),
        ProtectRows("PlanItem"),
        ProtectRows("SeriesEvent"),
        ProtectRows("GroupSessionEvent"),
        ProtectRows("SessionLeadEvent"),
        ProtectRows("AttendanceEvent"),
    ]
