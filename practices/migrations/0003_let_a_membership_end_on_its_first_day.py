from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("practices", "0002_protect_rows"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="membership", name="membership_ends_after_it_starts"),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                name="membership_does_not_end_before_it_starts",
                violation_error_message="The end must not come before the start.",
            ),
        ),
    ]
