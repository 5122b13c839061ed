from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("embed", "0004_usage")]

    operations: ClassVar = [
        migrations.AddField(model_name="refusalcount", name="left_out", field=models.BigIntegerField(default=0)),
    ]
