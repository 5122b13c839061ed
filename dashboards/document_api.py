"""A dashboard's document as a body of the REST API: JSON or YAML, with the line of whatever is refused."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import IO, Any, Final

from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.settings import api_settings

from dashboards import document_schema
from dashboards.document_text import Sent, Unreadable, read_json, read_yaml
from dashboards.reader import Problem
from dashboards.services import Accepted, accept
from dashboards.spec import SpecError
from embedhost.lib.api.fields import Fields
from embedhost.lib.api.problems import FieldError, RequestInvalid
from secrets_admin.api_view import read_bytes
from secrets_admin.models import Workspace

#: Errors that one answer tells.
_MOST_TOLD: Final = 100


class DocumentInvalid(RequestInvalid):
    """A document that cannot be a dashboard: 400 when its JSON Schema says so, 422 for what only we can know."""

    code = "dashboard_invalid"
    message = "The document cannot be a dashboard. `errors` says where and why."

    def __init__(self, sent: Sent, found: Iterable[Problem]) -> None:
        super().__init__([_error(sent, problem) for problem in islice(found, _MOST_TOLD)])
        self.status = 422 if document_schema.fits(sent.document) else 400


def _error(sent: Sent, problem: Problem) -> FieldError:
    return FieldError(problem.place, problem.text, position=sent.position(problem.place, problem.offset))


class DashboardDocument(Fields):
    """A dashboard as code."""

    sent = serializers.JSONField()

    @classmethod
    def json_schema(cls) -> Mapping[str, Any]:
        return document_schema.schema()

    def run_validation(self, data: Any = None) -> dict[str, Sent]:
        # Everything else about it is checked by what saves it, which knows the lines.
        if not isinstance(data, Sent):
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: ["Send the dashboard's document."]})
        return {"sent": data}


class _Document(BaseParser, ABC):
    """Reads a document from a body."""

    @abstractmethod
    def read(self, data: bytes) -> Sent:
        """Return the document. Raises Unreadable."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return self.read(read_bytes(stream, parser_context))
        except Unreadable as problem:
            raise RequestInvalid([FieldError((), str(problem), position=problem.position)]) from None


class DocumentJson(_Document):
    media_type = "application/json"

    def read(self, data: bytes) -> Sent:
        return read_json(data)


class DocumentYaml(_Document):
    media_type = "application/yaml"

    def read(self, data: bytes) -> Sent:
        return read_yaml(data)


PARSERS: Final = (DocumentJson, DocumentYaml)


def accepted(workspace: Workspace, sent: Sent) -> Accepted:
    """Return what was sent as a document that may be saved; the workspace saves it.

    No transaction is open meanwhile. Raises DocumentInvalid with the lines of what is wrong.
    """
    try:
        return accept(workspace.organization, sent.document, workspace_id=workspace.id)
    except SpecError as error:
        raise DocumentInvalid(sent, error.found) from None
