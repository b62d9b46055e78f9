"""The servers that are compared, one file each."""

from servers.bare import Bare, BareBatching
from servers.base import Launch, Server
from servers.bentoml import BentoML
from servers.deepaas import Deepaas, Deepaas26, DeepaasBatching
from servers.fastapi import FastAPI
from servers.kserve import KServe
from servers.litserve import LitServe
from servers.mlserver import MLServer, MLServerWorkers

SERVERS: dict[str, Server] = {
    server.name: server
    for server in (
        Bare(),
        BareBatching(),
        Deepaas(),
        DeepaasBatching(),
        Deepaas26(),
        MLServer(),
        MLServerWorkers(),
        KServe(),
        LitServe(),
        BentoML(),
        FastAPI(),
    )
}

__all__ = ["SERVERS", "Launch", "Server"]
