from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("embed", "0005_refusals_left_out")]

    operations: ClassVar = [
        migrations.AddField(model_name="dayusage", name=name, field=models.BigIntegerField(db_default=0))
        for name in ("limited_customer", "limited_organization", "limited_source", "limited_breaker")
    ]
