from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('elements', '0002_protect_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='element',
            name='within_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
