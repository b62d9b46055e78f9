"""The servers that are compared, one file each."""

from servers.bare import Bare
from servers.base import Launch, Server
from servers.bentoml import BentoML
from servers.deepaas import Deepaas, Deepaas26
from servers.kserve import KServe
from servers.litserve import LitServe
from servers.mlserver import MLServer, MLServerWorkers

SERVERS: dict[str, Server] = {
    server.name: server
    for server in (
        Bare(),
        Deepaas(),
        Deepaas26(),
        MLServer(),
        MLServerWorkers(),
        KServe(),
        LitServe(),
        BentoML(),
    )
}

__all__ = ["SERVERS", "Launch", "Server"]
