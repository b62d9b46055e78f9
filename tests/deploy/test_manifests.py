"""The examples of deployments are what those who read them take, and start servers that run."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import kubernetes_validate
import pytest
from oslo_config import cfg

from deepaas import config
from tests.cmd.conftest import environment as environment
from tests.deploy.manifests import (
    COMPOSE,
    KSERVE,
    KUBERNETES,
    OSCAR,
    UNIT,
    documents,
    starts,
)
from tests.deploy.nginx import DEPLOY

BIN = Path(sys.executable).parent
# Seconds to end workers in, after --shutdown-grace.
MARGIN = 5


@pytest.mark.parametrize("example", starts())
def test_servers_take_the_options_and_variables_of_an_example(example, unset, monkeypatch):
    start = starts()[example]
    dests = {option.dest for option in config.opts}
    for name, value in start.environment.items():
        monkeypatch.setenv(name, value)
        if name.startswith("OS_"):
            assert name.removeprefix("OS_DEFAULT__").lower() in dests
    conf = cfg.ConfigOpts()
    config.register(conf)
    assert Path(start.argv[0]).name == "deepaas-run"
    config.parse(conf, start.argv[1:], "deepaas-run")
    assert start.patience >= conf.drain_delay + conf.shutdown_grace + MARGIN
    if "OS_DEFAULT__DATABASE_URL" in start.environment:
        assert conf.database_url.startswith("postgresql://")
        assert conf.state_dir == "/state"


def test_systemd_takes_the_unit(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("systemd must be installed here")
        pytest.skip("systemd is not installed")
    several = tmp_path / "deepaas@.service"
    text = UNIT.read_text().replace("/opt/deepaas/bin", str(BIN))
    several.write_text(text.replace("--listen-port 5000", "--listen-port %i"))
    assert "%i" in several.read_text()
    single = tmp_path / "deepaas.service"
    single.write_text(text)
    for one in (single, tmp_path / "deepaas@5001.service"):
        checked = subprocess.run(
            [program, "verify", "--man=no", one], capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")


def test_compose_takes_the_file():
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE]
    subprocess.run(command, check=True)


def test_the_files_that_compose_mounts_are_there_and_its_proxy_asks_the_replicas():
    (document,) = documents(COMPOSE)
    proxy = document["services"]["proxy"]
    for volume in proxy["volumes"]:
        assert (DEPLOY / volume.partition(":")[0]).is_file()
    (replicas,) = (one["content"] for one in document["configs"].values())
    asked = set(re.findall(r"server (\S+):(\d+)", replicas))
    command = document["services"]["model"]["command"]
    assert asked == {("model", command[command.index("--listen-port") + 1])}


@pytest.mark.parametrize("number", range(len(documents(KUBERNETES))))
def test_kubernetes_takes_each_document(number):
    validate(documents(KUBERNETES)[number])


def validate(document):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_kubernetes_takes_the_pods_of_the_inference_service():
    (service,) = documents(KSERVE)
    assert service["apiVersion"] == "serving.kserve.io/v1beta1"
    pod = {**service["spec"]["predictor"]}
    # What KServe adds to a pod's fields, of which the schema knows nothing.
    scaling = {name: pod.pop(name) for name in ("minReplicas", "maxReplicas", "timeout")}
    assert 0 < scaling["minReplicas"] <= scaling["maxReplicas"]
    (limit,) = re.findall(r"--predict-timeout=(\d+)", KSERVE.read_text())
    assert int(limit) < scaling["timeout"]
    validate({"apiVersion": "v1", "kind": "Pod", "metadata": service["metadata"], "spec": pod})
    (container,) = pod["containers"]
    # The names that KServe looks for.
    assert container["name"] == "kserve-container"
    assert {"name": "PROTOCOL", "value": "v2"} in container["env"]
    (port,) = container["ports"]
    assert port["name"] == "http1"
    assert f"--listen-port={port['containerPort']}" in container["args"]


@pytest.mark.parametrize("path", [KUBERNETES, KSERVE], ids=lambda path: path.stem)
def test_probes_ask_what_there_is_and_see_in_time_that_a_server_drains(path):
    shown = path.read_text()
    assert set(re.findall(r"path: (\S+),", shown)) == {"/v2/health/live", "/v2/health/ready"}
    readiness = shown[shown.index("readinessProbe") :]
    period, failures = (
        int(re.search(rf"{name}: (\d+)", readiness)[1])
        for name in ("periodSeconds", "failureThreshold")
    )
    assert int(re.search(r"--drain-delay=(\d+)", shown)[1]) > period * failures


MODEL = """
    from webargs import fields

    def get_predict_args():
        return {"data": fields.Field(type="file", location="form", required=True)}

    def predict(data):
        with open(data.filename) as file:
            return {"name": data.original_filename, "number": int(file.read())}
"""


@pytest.fixture
def oscar(environment, install, tmp_path):
    """Run the script as OSCAR does, for a file with some text."""
    (service,) = (one["oscar-cluster"] for one in documents(OSCAR)[0]["functions"]["oscar"])
    variables = service["environment"]["variables"]
    install(variables["DEEPAAS_V2_MODEL"], MODEL)
    output = tmp_path / "output"
    output.mkdir()

    def run(text):
        file = tmp_path / "a number.txt"
        file.write_text(text)
        ended = subprocess.run(
            ["bash", OSCAR.parent / service["script"]],
            env={
                **environment,
                **variables,
                "PATH": f"{BIN}:{os.environ['PATH']}",
                "INPUT_FILE_PATH": str(file),
                "TMP_OUTPUT_DIR": str(output),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        answers = {one.name: json.loads(one.read_text()) for one in output.iterdir()}
        return SimpleNamespace(code=ended.returncode, err=ended.stderr, answers=answers)

    return run


def test_the_service_of_oscar_answers_a_file_with_a_file(oscar):
    ended = oscar("7")
    assert ended.code == 0, ended.err
    assert ended.answers == {"a number.txt.json": {"name": "a number.txt", "number": 7}}


def test_the_service_of_oscar_fails_where_the_model_does(oscar):
    ended = oscar("seven")
    assert ended.code == 1
    assert "invalid literal for int()" in ended.err
    assert ended.answers == {}


def test_the_service_of_oscar_is_complete():
    (document,) = documents(OSCAR)
    (service,) = (one["oscar-cluster"] for one in document["functions"]["oscar"])
    assert {"name", "image", "cpu", "memory", "script", "input", "output"} <= {*service}
    for places in (service["input"], service["output"]):
        assert all({"storage_provider", "path"} <= {*one} for one in places)
    # What it writes would be what it reads.
    assert service["input"] != service["output"]
