"""This server, with callers who have to say who they are."""

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from servers.base import Launch
from servers.deepaas import Deepaas
from wire import Request
from workloads import Workload


class Open(Deepaas):
    name = "deepaas-open"
    title = "nobody has to"
    workloads = frozenset({"tiny"})


class Guarded(Open):
    name = "deepaas-tokens"
    title = "by tokens of the database"
    token = ""

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        state = tempfile.mkdtemp(prefix="deepaas-benchmark-")
        kept = ("--state-dir", state)
        command = (str(binaries / "deepaas-token"), "create", "me", "--scopes", "predict", *kept)
        made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        self.token = made.stdout.strip()
        launch = super().launch(binaries, workload, port, workers)
        return Launch([*launch.command, "--auth", "tokens", *kept])

    def request(self, workload: Workload) -> Request:
        headers = {"Authorization": f"Bearer {self.token}"}
        return replace(super().request(workload), headers=headers)


class Limited(Guarded):
    name = "deepaas-limited"
    title = "and rates are limited"
    options = ("--rate-limit-requests", "100000000/second")


GUARDED = (Open(), Guarded(), Limited())
