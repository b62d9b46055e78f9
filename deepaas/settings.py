"""The settings of a server, as plain frozen values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from typing import Any, NamedTuple

from deepaas import sections
from deepaas.authoring import Needs
from deepaas.options.browsers import checked_hosts, checked_origins
from deepaas.options.kinds import Rate, networks, rate, size
from deepaas.options.limits import LARGEST, MOST_ARGUMENTS
from deepaas.trust import Trust

UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0}
BOUND = re.compile("([0-9]{1,9})([wdhm]?)")


def kept(text: str) -> dict[str, Any]:
    """Return ``number`` and ``seconds`` out of a text such as ``100``, ``30d`` or ``100,30d``.

    Args:
        text: bounds of what is kept; empty for none.

    Raises:
        ValueError: it is something else; says what is right.
    """
    bounds: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = BOUND.fullmatch(part)
        name = "seconds" if match and match[2] else "number"
        if match is None or name in bounds:
            raise ValueError(
                f"--keep-trainings {text!r} is not understood: give a number of trainings "
                "such as 100, an age such as 30d (w for weeks, d for days, h for hours, m for "
                "minutes), or both: 100,30d"
            )
        bounds[name] = int(match[1]) * UNITS[match[2]] if match[2] else int(match[1])
    return bounds


def rate_limits(conf: Any) -> dict[str, Rate | None]:
    """Return how much each caller may ask for, by the names of the settings.

    Args:
        conf: an ``oslo_config.cfg.ConfigOpts`` that has been called.

    Raises:
        ValueError: an option is no rate; says what is right.
    """
    found = {}
    for what in ("requests", "uploads", "trainings"):
        name = f"rate_limit_{what}"
        try:
            found[name] = rate(conf[name] or "", sizes=what == "uploads")
        except ValueError as error:
            raise ValueError(f"--{name.replace('_', '-')} {error}") from None
    return found


class Bounds(NamedTuple):
    """What a request may hold.

    Args:
        body: bytes of its body; 0 for any number.
        text: bytes of a JSON document, or of the text of a form.
        arguments: fields of a query or a form.
    """

    body: int = 0
    text: int = size(LARGEST)
    arguments: int = MOST_ARGUMENTS


@dataclass(frozen=True)
class Settings:
    """How a server behaves.

    Args:
        listen_ip: address to listen on.
        listen_port: TCP port; 0 for any free one.
        grpc_port: TCP port of gRPC; 0 for any free one, None for no gRPC.
        tls_cert: file with the certificate to show; empty for no TLS.
        tls_key: file with its private key.
        listen_early: whether it listens before its models are ready.
        base_path: path under which all routes lie, such as ``/p``; empty for none.
        model_names: models to serve; empty for all that are installed.
        workers: worker processes for predictions, per model.
        lazy: whether models are loaded only when they are first asked.
        unload_after: seconds without a call after which a model is unloaded; 0 for never.
        memory_limit: bytes of memory over which models are unloaded; 0 for no limit.
        needs: what models need otherwise than others, by their names.
        train_workers: trainings that run at once, per model.
        shared_workers: whether trainings run in the workers of predictions.
        warm: whether workers warm their model before the server listens.
        predict_endpoint: whether predictions are offered.
        train_endpoint: whether trainings are offered.
        doc_endpoint: whether the Swagger UI is offered.
        metrics_endpoint: whether metrics are offered.
        debug_endpoint: whether what models print can be read over HTTP.
        client_max_size: largest request body in bytes; 0 for no limit.
        drain_delay: seconds in which it is not ready, but serves, before it stops.
        shutdown_grace: seconds that running calls are given when the server stops.
        stream_timeout: seconds for which a client may take nothing of an answer; 0 for any time.
        reload: whether models are served anew when their files are saved.
        reload_timeout: seconds that a server may take to get ready then; 0 for any time.
        stored_tokens: whether callers have to show a token of the database.
        tokens_file: file with tokens that callers have to show; empty for none.
        trust: whose access tokens of OpenID Connect count; None for nobody's.
        require_authentication: whether to refuse to listen where others can reach the server, and
            nobody has to say who they are.
        trusted_proxies: where proxies are whose word is taken for where requests come from.
        cors_origins: origins whose pages may ask, and read answers, in browsers; ``*`` for all.
        allowed_hosts: names under which the server can be asked; empty for any that can be right.
        max_arguments: fields of a query or a form, and instances, that a request may have.
        max_arguments_size: bytes of JSON, and of the text of a form, that a request may have.
        rate_limit_requests: requests that each caller may send; None for any number.
        rate_limit_uploads: bytes that each caller may send; None for any number.
        rate_limit_trainings: trainings that each caller may start; None for any number.
        audit_file: where it is written down who did what; empty for nowhere.
        config_files: files, and folders of files, that the configuration was read from.
        access_log: whether each request is logged.
        tracing: whether traces are sent by OpenTelemetry.
        log_level: name of the lowest level that workers log; empty leaves it to the models.
        log_format: how messages are logged, ``text`` or ``json``.
        log_file: where workers log, beside their output; empty for there alone.
        state_directory: where trainings are kept; empty for the user's usual place.
        database_url: the database of trainings, if it is not in the state directory.
        cancel_grace: seconds in which a training that asks may end by itself when cancelled.
        max_queued_trainings: trainings that may wait for their turn.
        max_queued_predictions: predictions that may wait for a worker, per model.
        predict_timeout: seconds that a prediction may take; 0 for any time.
        keep_trainings: finished trainings that are kept, per model; None for all.
        keep_trainings_seconds: for how long they are kept; None for ever.
        temporary_directory: where files of calls are kept; empty for the system's.
    """

    listen_ip: str = "127.0.0.1"
    listen_port: int = 5000
    grpc_port: int | None = None
    tls_cert: str = ""
    tls_key: str = ""
    listen_early: bool = False
    base_path: str = ""
    model_names: tuple[str, ...] = field(default_factory=tuple)
    workers: int = 1
    lazy: bool = False
    unload_after: float = 0.0
    memory_limit: int = 0
    needs: Mapping[str, Needs] = field(default_factory=dict)
    train_workers: int = 1
    shared_workers: bool = False
    warm: bool = True
    predict_endpoint: bool = True
    train_endpoint: bool = True
    doc_endpoint: bool = True
    metrics_endpoint: bool = True
    debug_endpoint: bool = False
    client_max_size: int = 0
    drain_delay: float = 0.0
    shutdown_grace: float = 8.0
    stream_timeout: float = 60.0
    reload: bool = False
    reload_timeout: float = 120.0
    stored_tokens: bool = False
    tokens_file: str = ""
    trust: Trust | None = None
    require_authentication: bool = False
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    max_arguments: int = MOST_ARGUMENTS
    max_arguments_size: int = size(LARGEST)
    rate_limit_requests: Rate | None = None
    rate_limit_uploads: Rate | None = None
    rate_limit_trainings: Rate | None = None
    audit_file: str = ""
    config_files: tuple[str, ...] = field(default_factory=tuple)
    access_log: bool = False
    tracing: bool = False
    log_level: str = "INFO"
    log_format: str = "text"
    log_file: str = ""
    state_directory: str = ""
    database_url: str = ""
    cancel_grace: float = 3.0
    max_queued_trainings: int = 1000
    max_queued_predictions: int = 1000
    predict_timeout: float = 0.0
    keep_trainings: int | None = None
    keep_trainings_seconds: float | None = None
    temporary_directory: str = ""

    @property
    def authentication(self) -> bool:
        """Whether callers have to show who they are."""
        return self.tokens or self.trust is not None

    @property
    def tokens(self) -> bool:
        """Whether tokens count that were made for this server, of whatever place."""
        return self.stored_tokens or bool(self.tokens_file)

    @cached_property
    def bounds(self) -> Bounds:
        """What a request may hold."""
        return Bounds(self.client_max_size, self.max_arguments_size, self.max_arguments)

    @property
    def rate_limited(self) -> bool:
        """Whether callers may ask for so much only in a time."""
        rates = (self.rate_limit_requests, self.rate_limit_uploads, self.rate_limit_trainings)
        return any(rates)

    @classmethod
    def from_conf(cls, conf: Any, model_names: Sequence[str]) -> Settings:
        """Take the settings out of an oslo.config object; the only reader of it.

        Args:
            conf: an ``oslo_config.cfg.ConfigOpts`` that has been called.
            model_names: models to serve; empty for all that are installed.
        """
        keep = kept(conf.keep_trainings or "")
        return cls(
            listen_ip=conf.listen_ip,
            listen_port=conf.listen_port,
            grpc_port=conf.grpc_port,
            tls_cert=conf.tls_cert or "",
            tls_key=conf.tls_key or "",
            listen_early=conf.listen_early,
            base_path=(conf.base_path or "").rstrip("/"),
            model_names=tuple(model_names),
            workers=conf.workers,
            lazy=conf.lazy,
            unload_after=conf.unload_after,
            memory_limit=size(conf.memory_limit or ""),
            needs=sections.needs(conf),
            train_workers=conf.train_workers,
            shared_workers=conf.shared_workers,
            warm=conf.warm,
            predict_endpoint=conf.predict_endpoint,
            train_endpoint=conf.train_endpoint and not conf.predict_only,
            doc_endpoint=conf.doc_endpoint,
            metrics_endpoint=conf.metrics_endpoint,
            debug_endpoint=conf.debug_endpoint,
            client_max_size=conf.client_max_size,
            drain_delay=conf.drain_delay,
            shutdown_grace=conf.shutdown_grace,
            stream_timeout=conf.stream_timeout,
            reload=conf.reload,
            reload_timeout=conf.reload_timeout,
            stored_tokens="tokens" in conf.auth,
            # The name by which images are told, beside that of the option.
            tokens_file=conf.tokens_file or os.environ.get("DEEPAAS_TOKENS_FILE", ""),
            trust=Trust.from_conf(conf) if "flaat" in conf.auth else None,
            require_authentication=conf.require_authentication,
            max_arguments=conf.max_arguments,
            max_arguments_size=size(conf.max_arguments_size),
            trusted_proxies=networks(conf.trusted_proxies),
            cors_origins=checked_origins(conf.cors_origins),
            allowed_hosts=checked_hosts(conf.allowed_hosts),
            **rate_limits(conf),
            audit_file=conf.audit_file or "",
            config_files=(*(conf.config_file or ()), *(conf.config_dir or ())),
            access_log=conf.access_log,
            tracing=conf.tracing,
            log_level="DEBUG" if conf.debug else conf.log_level,
            log_format=conf.log_format,
            log_file=conf.log_file or "",
            state_directory=conf.state_dir or "",
            database_url=conf.database_url or "",
            cancel_grace=conf.cancel_grace,
            max_queued_trainings=conf.max_queued_trainings,
            max_queued_predictions=conf.max_queued_predictions,
            predict_timeout=conf.predict_timeout,
            keep_trainings=keep.get("number"),
            keep_trainings_seconds=keep.get("seconds"),
            temporary_directory=conf.temporary_directory or "",
        )
