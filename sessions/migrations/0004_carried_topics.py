import django.db.models.deletion
from django.db import migrations, models

from practices.row_security import ProtectRows


class Migration(migrations.Migration):

    dependencies = [
        ('group_sessions', '0003_moment_of_arrival'),
    ]

    operations = [
        migrations.AddField(
            model_name='planitem',
            name='carried_from',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carried_to', to='group_sessions.planitem'),
        ),
        migrations.AddConstraint(
            model_name='planitem',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='topic_has_a_title'),
        ),
        ProtectRows("PlanItem"),
    ]
