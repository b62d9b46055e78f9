"""What the documentation shows is what happens."""

import asyncio
import filecmp
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import deepaas
from deepaas import config
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.opts import list_opts
from tests.conftest import importable

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "doc" / "source"
EXAMPLES = SOURCE / "examples"
README = (ROOT / "README.md").read_text()


@pytest.fixture
def example(monkeypatch):
    """Load a model of the documentation."""
    with importable(EXAMPLES, monkeypatch):
        yield lambda name: LoadedModel.of(Source(name, name))


def test_the_sample_configuration_is_up_to_date(tmp_path):
    made = tmp_path / "sample"
    config = ROOT / "etc" / "oslo-config-generator.conf"
    subprocess.run(
        [
            Path(sys.executable).with_name("oslo-config-generator"),
            f"--config-file={config}",
            f"--output-file={made}",
        ],
        check=True,
    )
    assert filecmp.cmp(made, ROOT / "etc" / "deepaas.conf.sample", shallow=False), (
        "run: make sample"
    )


@pytest.mark.parametrize("name", deepaas.__all__)
def test_public_names_are_documented(name):
    pages = "".join(page.read_text() for page in SOURCE.glob("*.rst"))
    assert re.search(rf"\b{name}\b", pages)


def test_options_are_documented():
    # The page lists what the package registers, each with its help.
    assert re.search(
        r"\.\. show-options::\n+ +deepaas\n", (SOURCE / "configuration.rst").read_text()
    )
    listed = dict(list_opts())
    assert list(listed) == ["DEFAULT", "flaat", "model:name"]
    assert [one.name for one in listed["DEFAULT"]] == [one.name for one in config.opts]
    assert [one.name for options in listed.values() for one in options if not one.help] == []


def test_links_and_paths_of_the_readme_exist():
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    paths = re.findall(r"examples/[\w/.]+", README)
    assert len(links) >= 5
    assert [one for one in (*links, *paths) if not (ROOT / one).exists()] == []


def test_the_readme_and_the_quickstart_show_the_same_model():
    code = re.search(r"```python\n# model.py\n(.*?)```", README, re.DOTALL)[1].strip()
    assert python_in(SOURCE / "quickstart.rst").strip() == code


async def test_the_model_that_takes_several_calls_at_once_answers_each(serve_loaded, example):
    client = await serve_loaded(example("scorer"))

    async def ask(values):
        async with client.post("/v2/models/scorer/predict/", json={"values": values}) as response:
            return response.status, await response.json()

    good, bad, wrong = await asyncio.gather(ask([1, 0, 0, 2]), ask([0] * 4), ask([1]))
    assert good == (200, {"status": "OK", "predictions": 1.0})
    assert bad[0] == 400
    assert bad[1]["error"] == "all values are 0"
    assert wrong[0] == 422


async def test_the_tensors_of_the_documentation_are_what_is_answered(serve_loaded, example):
    client = await serve_loaded(example("sums"))
    page = (SOURCE / "kserve-rest.rst").read_text()
    found = re.search(r"\$ curl -d '(.+)' \\\n +(\S+)\n +(\{.+\})\n", page)
    body, url, answer = found.groups()
    async with client.post(urlsplit(url).path, data=body) as response:
        assert await response.text() == answer


async def test_calls_of_the_coroutine_of_the_documentation_run_at_once(serve_loaded, example):
    client = await serve_loaded(example("waiting"))

    async def ask():
        async with client.post("/v2/models/waiting/predict/") as response:
            return (await response.json())["predictions"]

    async with asyncio.timeout(10):
        # One after the other, they would take 25 s.
        assert set(await asyncio.gather(*(ask() for _ in range(50)))) == {"HELLO"}


def python_in(page: Path) -> str:
    """Return the Python code that a page shows, as one script."""
    blocks = re.findall(
        r"\.\. code-block:: python\n(?: {3}:.*\n)*\n((?: {3}.*\n|\n)+)", page.read_text()
    )
    return "\n".join(map(textwrap.dedent, blocks))


async def test_the_result_of_a_training_of_the_documentation_is_put_into_service(
    serve_loaded, example
):
    client = await serve_loaded(example("learner"))
    model = "/v2/models/learner"

    async def prediction():
        async with client.post(f"{model}/predict/?x=8") as response:
            return (await response.json())["predictions"]

    assert await prediction() == 0
    async with client.post(f"{model}/train/?epochs=2") as response:
        training = f"{model}/train/{(await response.json())['uuid']}"
    async with client.get(f"{training}/events") as response:
        assert "event: metric" in await response.text()
    async with client.post(f"{training}/promote") as response:
        assert response.status == 200
    assert await prediction() == 6
