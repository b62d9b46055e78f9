"""What a call of gRPC is, to mypy."""

from __future__ import annotations

from typing import Any

from grpc.aio import ServicerContext

Context = ServicerContext[Any, Any]
