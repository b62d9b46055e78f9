"""The composition root: settings and models become an application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from aiohttp import web

from deepaas.api.access import Need, needs_of
from deepaas.api.auditing import auditing
from deepaas.api.browsers import protecting, screening
from deepaas.api.console import Console
from deepaas.api.document import build_document
from deepaas.api.forwarding import Proxies
from deepaas.api.guard import guarding
from deepaas.api.hosts import hosts_of
from deepaas.api.keys import (
    AUDIT,
    AUTHENTICATOR,
    CERTIFICATE,
    CONSOLE,
    DOCUMENT,
    PROXIES,
    RATE_LIMITS,
    REQUESTS,
    SCRATCH,
    SETTINGS,
    TRAININGS,
)
from deepaas.api.kserve.rpc.opening import load_rpc
from deepaas.api.limiting import limiting
from deepaas.api.middlewares import errors
from deepaas.api.observing import observing
from deepaas.api.origins import Origins
from deepaas.api.requests import Requests
from deepaas.api.routes import add_routes, documented
from deepaas.api.starting import Serving
from deepaas.audit import open_audit
from deepaas.auth.opening import authenticator
from deepaas.auth.rates import RateLimits
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.settings import Settings
from deepaas.tls.certificate import certificate_of

if TYPE_CHECKING:
    from deepaas.tracing import ServerTracing


def build_app(
    settings: Settings,
    models: Sequence[LoadedModel],
    version_root: str = "/v2",
    grpc_port: Callable[[], int] | None = None,
) -> web.Application:
    """Make an application that serves models once it is started.

    Args:
        settings: how it behaves.
        models: what it serves.
        version_root: path of version 2 of the API.
        grpc_port: gives the port of gRPC when it is time to listen; that of the settings without
            it.

    Raises:
        ConfigurationError: gRPC is wanted, and not installed; the certificate cannot be served; or
            the audit file cannot be written to.
    """
    names = {model.source.name for model in models}
    tracing = _tracing(settings)
    requests = Requests(names, tracing)
    needs: dict[web.AbstractRoute, Need] = {}
    origins = Origins(settings.cors_origins)
    audit, limits = open_audit(settings.audit_file), RateLimits(settings)
    # From the outermost to the innermost.
    middlewares = [
        tracing.middleware() if tracing else None,
        observing(requests, settings.base_path),
        auditing(audit, needs, settings.authentication) if settings.audit_file else None,
        errors,
        screening(hosts_of(settings), origins),
        guarding(needs),
        limiting(limits, needs) if settings.rate_limited else None,
    ]
    # Bodies are counted where they are read; aiohttp's own limit is off.
    app = web.Application(middlewares=filter(None, middlewares), client_max_size=0)
    app.on_response_prepare.append(protecting(origins))
    app[REQUESTS] = requests
    app[SETTINGS] = settings
    app[PROXIES] = Proxies(settings.trusted_proxies)
    app[RATE_LIMITS] = limits
    app[AUDIT] = audit
    app[CONSOLE] = Console(form=settings.log_format)
    descriptions = [model.description for model in models]
    app[DOCUMENT] = build_document(settings, descriptions, documented(settings))
    add_routes(app, settings, version_root)
    needs.update(needs_of(app, settings.base_path))
    if tracing:
        app.on_cleanup.append(tracing.close)
    if certificate := certificate_of(settings):
        app[CERTIFICATE] = certificate
        app.cleanup_ctx.append(_renewal)
    app.cleanup_ctx.append(_audit)
    app.cleanup_ctx.append(_console)
    app.cleanup_ctx.append(_scratch)
    app.cleanup_ctx.append(_authenticator)
    app.cleanup_ctx.append(Serving(models))
    app.on_shutdown.append(_stop_trainings)
    if settings.grpc_port is not None:
        port = settings.grpc_port
        load_rpc()(grpc_port or (lambda: port)).attach(app)
    return app


def _tracing(settings: Settings) -> ServerTracing | None:
    if not settings.tracing:
        return None
    # It takes long to import, and may not be installed.
    from deepaas.tracing import ServerTracing

    return ServerTracing()


async def _console(app: web.Application) -> AsyncIterator[None]:
    if not app[SETTINGS].debug_endpoint:
        yield
        return
    handler = app[CONSOLE].handler
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)


async def _audit(app: web.Application) -> AsyncIterator[None]:
    yield
    app[AUDIT].close()


async def _scratch(app: web.Application) -> AsyncIterator[None]:
    app[SCRATCH] = Scratch(app[SETTINGS].temporary_directory or None)
    yield
    app[SCRATCH].close()


async def _renewal(app: web.Application) -> AsyncIterator[None]:
    keeping = asyncio.create_task(app[CERTIFICATE].keep())
    yield
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def _authenticator(app: web.Application) -> AsyncIterator[None]:
    async with authenticator(app[SETTINGS], app[AUDIT].refused) as app[AUTHENTICATOR]:
        yield


async def _stop_trainings(app: web.Application) -> None:
    if TRAININGS in app:
        await app[TRAININGS].stop()
