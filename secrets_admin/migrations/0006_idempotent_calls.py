from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("secrets_admin", "0005_api_keys_with_limits")]

    operations = [
        migrations.CreateModel(
            name="IdempotentCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_id", models.CharField(max_length=32)),
                ("digest", models.CharField(max_length=64)),
                ("asked", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("subject", models.CharField(blank=True, max_length=255)),
                ("at", models.DateTimeField(db_default=Now(), db_index=True)),
            ],
        ),
        migrations.AddConstraint(
            "idempotentcall",
            models.UniqueConstraint(fields=("key_id", "digest"), name="one_call_per_idempotency_key"),
        ),
    ]
