import django.db.models.deletion
from django.db import migrations, models

from practices.row_security import ProtectRows


class Migration(migrations.Migration):

    dependencies = [
        ('elements', '0003_deadline_of_an_element'),
        ('group_sessions', '0002_protect_rows'),
        ('practices', '0002_protect_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reopening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reopened_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('was_closed_at', models.DateTimeField()),
                ('practice', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practices.practice')),
                ('reopened_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practices.membership')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reopenings', to='group_sessions.groupsession')),
                ('was_closed_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practices.membership')),
            ],
            options={
                'verbose_name': 'reopening of a session',
                'ordering': ['reopened_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('practice', 'session', 'was_closed_at'), name='a_closing_is_undone_once'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='reopening_has_a_reason', violation_error_message='Say why.')],
            },
        ),
        ProtectRows("Reopening"),
    ]
