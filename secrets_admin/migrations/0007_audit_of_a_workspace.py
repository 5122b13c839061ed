from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("secrets_admin", "0006_idempotent_calls")]

    operations = [
        migrations.AddField(
            model_name="auditrecord",
            name="workspace",
            field=models.CharField(blank=True, default="", max_length=32),
            preserve_default=False,
        ),
    ]
