import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_token_and_revocation_instants"),
        ("secrets_admin", "0005_api_keys_with_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExploCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("emails", models.JSONField(default=list)),
                ("group_tags", models.JSONField(default=list)),
                ("is_demo", models.BooleanField(default=False)),
                ("schemas", models.JSONField(default=list)),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="explo_card",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GroupTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_tags",
                        to="secrets_admin.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("workspace", "name"), name="one_group_tag_per_name")]
            },
        ),
    ]
