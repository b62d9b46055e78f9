"""The options, as oslo.config's generator of sample files lists them."""

from __future__ import annotations

from oslo_config import cfg

from deepaas import options, sections


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return groups of options with their names."""
    return [
        ("DEFAULT", list(options.opts)),
        (options.flaat.GROUP, list(options.flaat_opts)),
        (f"{sections.PREFIX}name", list(options.section_opts)),
    ]
