"""Metrics in the formats of Prometheus; its library takes a while to import."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from deepaas import __version__
from deepaas.api.requests import Requests
from deepaas.executors.base import State
from deepaas.serving.measures import SIZES, Histogram
from deepaas.serving.served import ServedModel
from deepaas.trainings.record import Status

# How many trainings of which model are in which state.
Trainings = Mapping[tuple[str, str], int]
KIND = ("method", "route", "model", "status")
MODEL = ("model",)


def exposition(
    accept: str,
    requests: Requests,
    models: Iterable[ServedModel],
    trainings: Trainings | None = None,
    expires: float | None = None,
) -> tuple[bytes, str]:
    """Return all metrics as text, and its content type.

    Args:
        accept: the header of that name, which chooses between the formats of Prometheus and
            OpenMetrics.
        requests: what has been asked.
        models: what is in service.
        trainings: how many there are; None if that is not known.
        expires: when the certificate does, in seconds since 1970; None without TLS.
    """
    registry = CollectorRegistry()
    registry.register(_Collected(_families(requests, list(models), trainings, expires)))
    ProcessCollector(registry=registry)
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):
        # A version that is none.
        encode, content_type = choose_encoder("")
    return encode(registry), content_type


class _Collected(Collector):
    """Metrics that have been collected."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _families(
    requests: Requests,
    models: list[ServedModel],
    trainings: Trainings | None,
    expires: float | None,
) -> Iterator[Metric]:
    build = GaugeMetricFamily(
        "deepaas_build_info", "1, for the versions of this server", labels=("version", "python")
    )
    build.add_metric((__version__, platform.python_version()), 1)
    yield build
    yield from _of_requests(requests)
    yield from _of_models(models)
    if trainings is not None:
        yield _of_trainings([model.name for model in models if model.trains], trainings)
    if expires is not None:
        yield GaugeMetricFamily(
            "deepaas_tls_certificate_expires_timestamp_seconds",
            "When the certificate that is shown expires",
            value=expires,
        )


def _of_requests(requests: Requests) -> Iterator[Metric]:
    total = CounterMetricFamily("deepaas_requests", "Requests that were answered", labels=KIND)
    seconds = HistogramMetricFamily(
        "deepaas_request_seconds", "From a request's head to its answer", labels=KIND
    )
    for kind, durations in requests:
        total.add_metric(kind, durations.count)
        _add(seconds, kind, durations)
    yield from (total, seconds)


def _of_models(models: Iterable[ServedModel]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "deepaas_model_state", "1 for the state that its workers are in", labels=("model", "state")
    )
    workers = GaugeMetricFamily("deepaas_workers", "Workers that predict", labels=MODEL)
    restarts = CounterMetricFamily(
        "deepaas_worker_restarts", "Workers that have ended and were replaced", labels=MODEL
    )
    running = GaugeMetricFamily(
        "deepaas_predictions_running", "Predictions that workers are at", labels=MODEL
    )
    waiting = GaugeMetricFamily(
        "deepaas_predictions_waiting", "Predictions that wait for a worker", labels=MODEL
    )
    batches = HistogramMetricFamily(
        "deepaas_batch_size", "Predictions that a worker was given together", labels=MODEL
    )
    for model in models:
        name = (model.name,)
        for one in State:
            state.add_metric((model.name, one.value), int(model.condition.state is one))
        workers.add_metric(name, len(model.predictor.processes))
        restarts.add_metric(name, model.restarts)
        running.add_metric(name, model.load.under_way - model.waiting)
        waiting.add_metric(name, model.waiting)
        if model.batcher:
            sizes = model.batcher.statistics.sizes.items()
            _add(batches, name, Histogram.of(sizes, SIZES))
    yield from (state, workers, restarts, running, waiting, batches)


def _of_trainings(models: Iterable[str], trainings: Trainings) -> Metric:
    family = GaugeMetricFamily(
        "deepaas_trainings",
        "Trainings in the database, which servers may share",
        labels=("model", "state"),
    )
    for model in models:
        for state in Status:
            family.add_metric((model, state.value), trainings.get((model, state.value), 0))
    return family


def _add(family: HistogramMetricFamily, labels: Iterable[str], histogram: Histogram) -> None:
    family.add_metric(tuple(labels), histogram.cumulative(), histogram.total)
