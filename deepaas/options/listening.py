"""Where the server listens, and how it ends."""

from __future__ import annotations

from oslo_config import cfg

server_opts = [
    cfg.HostAddressOpt("listen-ip", default="127.0.0.1", help="Address to listen on."),
    cfg.PortOpt("listen-port", default=5000, help="Port to listen on; 0 takes any free one."),
    cfg.PortOpt(
        "grpc-port",
        metavar="PORT",
        help="Port to serve the Open Inference Protocol over gRPC on, at the same address; 0 takes "
        "any free one. Without it there is no gRPC. Needs the extra deepaas[grpc].",
    ),
    cfg.StrOpt(
        "tls-cert",
        default="",
        metavar="PATH",
        help="Serve over TLS, gRPC too, with the certificate in this file and those between it and "
        "a known one, in PEM. It is read again when it changes.",
    ),
    cfg.StrOpt(
        "tls-key",
        default="",
        metavar="PATH",
        help="File with the certificate's private key in PEM, which must not be encrypted.",
    ),
    cfg.BoolOpt(
        "listen-early",
        default=False,
        help="Listen before the models are ready: until then, the server says that it is not, and "
        "predictions are refused with 503.",
    ),
    cfg.StrOpt(
        "base-path",
        default="",
        metavar="PATH",
        help="Path under which all routes lie, such as /models.",
    ),
    cfg.IntOpt(
        "client-max-size",
        default=0,
        min=0,
        metavar="BYTES",
        help="Largest request body; 0 sets no limit.",
    ),
    cfg.FloatOpt(
        "drain-delay",
        default=0.0,
        min=0,
        metavar="SECONDS",
        help="How long a server that is told to stop says that it is not ready, but serves as "
        "before, so that load balancers turn away from it.",
    ),
    cfg.FloatOpt(
        "shutdown-grace",
        default=8.0,
        min=0,
        metavar="SECONDS",
        help="How long running calls may go on when the server is told to stop.",
    ),
    cfg.FloatOpt(
        "stream-timeout",
        default=60.0,
        min=0,
        metavar="SECONDS",
        help="How long a client may take nothing of an answer that is sent to it, before it is "
        "hung up on and a model that streams is stopped; 0 for as long as it likes.",
    ),
    cfg.BoolOpt(
        "reload",
        default=False,
        help="For authors, not for production: when a file of a model is saved, serve it anew. "
        "Requests wait meanwhile; a file with an error is reported, and the old code serves on.",
    ),
    cfg.FloatOpt(
        "reload-timeout",
        default=120.0,
        min=0,
        metavar="SECONDS",
        help="With --reload: how long what was saved may take to get ready, before it is given up "
        "and the old code goes on; 0 for as long as it likes.",
    ),
    cfg.BoolOpt(
        "access-log",
        default=False,
        help="Log a line for each request: who asked for what, the status, and how long it took.",
    ),
    cfg.StrOpt(
        "temporary-directory",
        default="",
        metavar="PATH",
        help="Where uploads and large answers are kept during a call; the system's temporary "
        "folder if not given.",
    ),
]
