from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("secrets_admin", "0004_revocations")]

    operations = [
        migrations.AddField("apikey", "customers", models.JSONField(blank=True, null=True)),
        migrations.AddField("apikey", "expires_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("apikey", "last_used_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "apikey", "prefix", models.CharField(db_index=True, editable=False, max_length=12)
        ),
    ]
