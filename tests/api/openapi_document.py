"""The OpenAPI document as it was last agreed on.

DEVELOPMENT=1 python manage.py shell -c "from tests.api.openapi_document import write; write()"
"""

import json
from pathlib import Path
from typing import Any

from embedhost.lib.api.endpoint import document

SNAPSHOT = Path(__file__).with_name("openapi.json")


def current() -> dict[str, Any]:
    """Return the document as the code makes it now, whatever the host is called."""
    return {**json.loads(document()), "servers": []}


def write() -> None:
    """Agree on the document as it is now."""
    SNAPSHOT.write_text(json.dumps(current(), indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
