from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F
from django.db.models.functions import Now


def tokens_are_as_old_as_their_customers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """No token of an existing customer is known to be younger than its customer."""
    apps.get_model("customers", "Customer").objects.update(token_made_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_initial")]

    operations = [
        migrations.AddField("customer", "revoked_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("customer", "token_made_at", models.DateTimeField(db_default=Now())),
        migrations.RunPython(tokens_are_as_old_as_their_customers, migrations.RunPython.noop),
    ]
