"""A client of DEEPaaS servers, for scripts and notebooks.

Example::

    from deepaas.client import Client

    with Client("http://127.0.0.1:5000") as client:
        print(client.predict("shout", text="hello").value)
"""

from deepaas.client.answers import Prediction
from deepaas.client.arguments import File
from deepaas.client.asynchronous import AsyncClient
from deepaas.client.errors import (
    AccessDenied,
    ClientError,
    InvalidArguments,
    NotFound,
    ServerUnreachable,
)
from deepaas.client.events import Event, LogEvent, MetricEvent, ProgressEvent, StatusEvent
from deepaas.client.handles import AsyncModel, AsyncTraining
from deepaas.client.records import Artifact, Metadata, MetricValue, Origin, SentFile
from deepaas.client.synchronous import Client, Model, Training

__all__ = [
    "AccessDenied",
    "Artifact",
    "AsyncClient",
    "AsyncModel",
    "AsyncTraining",
    "Client",
    "ClientError",
    "Event",
    "File",
    "InvalidArguments",
    "LogEvent",
    "Metadata",
    "MetricEvent",
    "MetricValue",
    "Model",
    "NotFound",
    "Origin",
    "Prediction",
    "ProgressEvent",
    "SentFile",
    "ServerUnreachable",
    "StatusEvent",
    "Training",
]
