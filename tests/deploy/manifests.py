"""What the examples of deployments have servers started with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.deploy.nginx import DEPLOY

UNIT = DEPLOY / "systemd" / "deepaas.service"
COMPOSE = DEPLOY / "docker-compose.yml"
KUBERNETES = DEPLOY / "kubernetes.yaml"
KSERVE = DEPLOY / "kserve.yaml"
OSCAR = DEPLOY / "oscar" / "service.yaml"


@dataclass(frozen=True)
class Start:
    """How a server is started.

    Args:
        argv: the command and its arguments.
        environment: its variables.
        patience: seconds after which it is killed, from the moment when it is told to stop.
    """

    argv: list[str]
    environment: Mapping[str, str]
    patience: float


def starts() -> dict[str, Start]:
    """Return how each of the examples starts a server."""
    (pod,) = [one["spec"]["template"]["spec"] for one in documents(KUBERNETES, "Deployment")]
    (service,) = documents(KSERVE, "InferenceService")
    return {
        "systemd": _of_unit(),
        "compose": _of_compose(),
        "kubernetes": _of_pod(pod),
        "kserve": _of_pod(service["spec"]["predictor"]),
    }


def documents(path: Any, kind: str = "") -> list[Any]:
    """Return the documents of a YAML file, those of a kind if one is given."""
    found = list(yaml.safe_load_all(path.read_text()))
    return [one for one in found if not kind or one["kind"] == kind]


def unit() -> Iterator[tuple[str, str]]:
    """Yield the settings of the systemd unit; a name can come several times."""
    for line in UNIT.read_text().splitlines():
        if line and line[0] not in "[#":
            name, _, value = line.partition("=")
            yield name, value


def _of_unit() -> Start:
    given = dict(unit())
    pairs = (value.partition("=") for name, value in unit() if name == "Environment")
    environment = {name: value.replace("%S", "/var/lib") for name, _, value in pairs}
    return Start(shlex.split(given["ExecStart"]), environment, float(given["TimeoutStopSec"]))


def _of_compose() -> Start:
    (document,) = documents(COMPOSE)
    model = document["services"]["model"]
    environment = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", r"\1", value)
        for name, value in model["environment"].items()
    }
    return Start(model["command"], environment, float(model["stop_grace_period"].rstrip("s")))


def _of_pod(pod: Any) -> Start:
    (container,) = pod["containers"]
    # What comes from a Secret is the URL in it.
    (secret,) = documents(KUBERNETES, "Secret")
    environment = {
        one["name"]: one.get("value", secret["stringData"]["url"]) for one in container["env"]
    }
    argv = container["command"] + container["args"]
    return Start(argv, environment, pod["terminationGracePeriodSeconds"])
