from django.db import migrations

from practices.row_security import DROP_SCOPE_FUNCTION, SCOPE_FUNCTION, ProtectRows


class Migration(migrations.Migration):
    dependencies = [
        ("practices", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(SCOPE_FUNCTION, DROP_SCOPE_FUNCTION),
        ProtectRows("Membership"),
        ProtectRows("Room"),
        ProtectRows("ClosedDays"),
        ProtectRows("MembershipEvent"),
        ProtectRows("RoomEvent"),
    ]
