"""Every URL of a host, as its route and a sample address."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse


@dataclass(frozen=True)
class Route:
    """One URL pattern: its whole route text, its name, and the names of its arguments."""

    text: str
    name: str
    arguments: frozenset[str]

    def address(self, urlconf: str, values: Mapping[str, str]) -> str:
        """Return an address that this route answers."""
        return reverse(self.name, urlconf, kwargs={name: values[name] for name in self.arguments})


def routes(urlconf: str) -> list[Route]:
    """Return every route of a URL conf, includes followed."""
    return list(_below("", get_resolver(urlconf).url_patterns))


def _below(prefix: str, patterns: "list[URLPattern | URLResolver]", space: str = "") -> Iterator[Route]:
    for pattern in patterns:
        text = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _below(text, pattern.url_patterns, inner)
        else:
            yield Route(text, f"{space}{pattern.name or ''}", frozenset(re.findall(r"<(?:\w+:)?(\w+)>", text)))
