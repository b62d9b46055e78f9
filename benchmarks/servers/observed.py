"""This server, with more or less of it observed."""

from pathlib import Path

from servers.base import Launch
from servers.deepaas import Deepaas
from workloads import Workload


class Unobserved(Deepaas):
    name = "deepaas-unobserved"
    title = "nothing"
    workloads = frozenset({"tiny"})

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        _, *options = super().launch(binaries, workload, port, workers).command
        module = [str(binaries / "python"), "-m", "bench_models.apps.unobserved_app"]
        return Launch([*module, *options])


class Observed(Deepaas):
    name = "deepaas-observed"
    title = "ids and metrics, as it comes"


class AccessLog(Observed):
    name = "deepaas-access-log"
    title = "and an access log"
    options = ("--access-log",)


class AccessLogJson(Observed):
    name = "deepaas-access-log-json"
    title = "and an access log in JSON"
    options = ("--access-log", "--log-format", "json")


OBSERVED = (Unobserved(), Observed(), AccessLog(), AccessLogJson())
