"""Under which keys an application keeps its resources."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

from deepaas.api.console import Console
from deepaas.api.forwarding import Proxies
from deepaas.api.requests import Requests
from deepaas.audit import Audit
from deepaas.auth.authenticator import Authenticator
from deepaas.auth.rates import RateLimits
from deepaas.files import Scratch
from deepaas.serving.registry import Registry
from deepaas.settings import Settings
from deepaas.tls.certificate import Certificate

if TYPE_CHECKING:
    from deepaas.trainings.service import TrainingService

SETTINGS = web.AppKey("settings", Settings)
PROXIES = web.AppKey("proxies", Proxies)
AUDIT: web.AppKey[Audit] = web.AppKey("audit")
AUTHENTICATOR: web.AppKey[Authenticator] = web.AppKey("authenticator")
RATE_LIMITS = web.AppKey("rate_limits", RateLimits)
REGISTRY = web.AppKey("registry", Registry)
# Its database takes longer to import than all the rest: see ``deepaas.trainings.opening``.
TRAININGS: web.AppKey[TrainingService] = web.AppKey("trainings")
# Done when the workers of all models that are not lazy have been set up.
STARTING: web.AppKey[asyncio.Future[list[None]]] = web.AppKey("starting")
SCRATCH = web.AppKey("scratch", Scratch)
CONSOLE = web.AppKey("console", Console)
# Only where TLS is spoken.
CERTIFICATE = web.AppKey("certificate", Certificate)
# Where gRPC is served: host and port.
RPC_ADDRESS = web.AppKey("rpc_address", str)
DOCUMENT = web.AppKey("document", bytes)
REQUESTS = web.AppKey("requests", Requests)

# Makes keys of what belongs to a request. aiohttp before 3.14 takes any key for it, and has none of
# its own.
request_key: Any = getattr(web, "RequestKey", web.AppKey)
