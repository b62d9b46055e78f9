"""Under which names models are served."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from deepaas.cmd.checks.findings import Finding, Findings
from deepaas.model.source import Source


def url(source: Source) -> Findings:
    """Find what keeps a name from standing in a URL as it is."""
    if source.name in (".", "..") or "/" in source.name:
        yield Finding(
            f"the name {source.name!r} cannot stand in a URL",
            "rename the entry point, or name it by @deepaas.served(name='…')",
        )
    elif (quoted := quote(source.name, safe="")) != source.name:
        yield Finding(
            f"the name {source.name!r} stands in URLs as {quoted}",
            "use letters, digits and -._~ only: rename the entry point",
            harmless=True,
        )


def clashes(sources: Sequence[Source]) -> Findings:
    """Find models that have the same name."""
    seen: dict[str, str] = {}
    for source in sources:
        if source.name in seen:
            yield Finding(
                f"two models are called {source.name!r}: one of {seen[source.name]}, one of "
                f"{source.value}",
                "rename an entry point, or name one by @deepaas.served(name='…')",
            )
        seen[source.name] = source.value
