"""The settings of a server, as plain frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0}


def kept(text: str) -> dict[str, Any]:
    """Return ``number`` and ``seconds`` out of a text such as ``100``, ``30d`` or ``100,30d``.

    Args:
        text: bounds of what is kept; empty for none.

    Raises:
        ValueError: it is something else.
    """
    bounds: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        if part.isdecimal():
            bounds["number"] = int(part)
        elif part[:-1].isdecimal() and part[-1] in UNITS:
            bounds["seconds"] = int(part[:-1]) * UNITS[part[-1]]
        else:
            raise ValueError(f"{part!r} is neither a number such as 100 nor an age such as 30d")
    return bounds


@dataclass(frozen=True)
class Settings:
    """How a server behaves.

    Args:
        listen_ip: address to listen on.
        listen_port: TCP port; 0 for any free one.
        base_path: path under which all routes lie, such as ``/p``; empty for none.
        model_names: models to serve; empty for all that are installed.
        workers: worker processes for predictions, per model.
        train_workers: trainings that run at once, per model.
        shared_workers: whether trainings run in the workers of predictions.
        warm: whether workers warm their model before the server listens.
        predict_endpoint: whether predictions are offered.
        train_endpoint: whether trainings are offered.
        doc_endpoint: whether the Swagger UI is offered.
        debug_endpoint: whether what models print can be read over HTTP.
        client_max_size: largest request body in bytes; 0 for no limit.
        shutdown_grace: seconds that running calls are given when the server stops.
        reload: whether models are served anew when their files are saved.
        access_log: whether each request is logged.
        log_level: name of the lowest level that workers log; empty leaves it to the models.
        log_file: where workers log, beside their output; empty for there alone.
        state_directory: where trainings are kept; empty for the user's usual place.
        database_url: the database of trainings, if it is not in the state directory.
        cancel_grace: seconds in which a training that asks may end by itself when cancelled.
        max_queued_trainings: trainings that may wait for their turn.
        max_queued_predictions: predictions that may wait for a worker, per model.
        keep_trainings: finished trainings that are kept, per model; None for all.
        keep_trainings_seconds: for how long they are kept; None for ever.
        temporary_directory: where files of calls are kept; empty for the system's.
    """

    listen_ip: str = "127.0.0.1"
    listen_port: int = 5000
    base_path: str = ""
    model_names: tuple[str, ...] = field(default_factory=tuple)
    workers: int = 1
    train_workers: int = 1
    shared_workers: bool = False
    warm: bool = True
    predict_endpoint: bool = True
    train_endpoint: bool = True
    doc_endpoint: bool = True
    debug_endpoint: bool = False
    client_max_size: int = 0
    shutdown_grace: float = 8.0
    reload: bool = False
    access_log: bool = False
    log_level: str = "INFO"
    log_file: str = ""
    state_directory: str = ""
    database_url: str = ""
    cancel_grace: float = 3.0
    max_queued_trainings: int = 1000
    max_queued_predictions: int = 1000
    keep_trainings: int | None = None
    keep_trainings_seconds: float | None = None
    temporary_directory: str = ""

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
            base_path=(conf.base_path or "").rstrip("/"),
            model_names=tuple(model_names),
            workers=conf.workers,
            train_workers=conf.train_workers,
            shared_workers=conf.shared_workers,
            warm=conf.warm,
            predict_endpoint=conf.predict_endpoint,
            train_endpoint=conf.train_endpoint and not conf.predict_only,
            doc_endpoint=conf.doc_endpoint,
            debug_endpoint=conf.debug_endpoint,
            client_max_size=conf.client_max_size,
            shutdown_grace=conf.shutdown_grace,
            reload=conf.reload,
            access_log=conf.access_log,
            log_level="DEBUG" if conf.debug else conf.log_level,
            log_file=conf.log_file or "",
            state_directory=conf.state_dir or "",
            database_url=conf.database_url or "",
            cancel_grace=conf.cancel_grace,
            max_queued_trainings=conf.max_queued_trainings,
            max_queued_predictions=conf.max_queued_predictions,
            keep_trainings=keep.get("number"),
            keep_trainings_seconds=keep.get("seconds"),
            temporary_directory=conf.temporary_directory or "",
        )
