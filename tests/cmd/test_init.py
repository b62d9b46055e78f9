"""``deepaas-init``: a project that works as it is made."""

import asyncio
import os
import re
import sys
import tomllib
from datetime import date
from importlib import resources

import pytest
import yaml

import deepaas
from deepaas.cmd.init import TEMPLATES
from tests.bare import BARE

# Of version 2.3.0 of the metadata of AI4EOSC.
REQUIRED = {
    "metadata_version",
    "title",
    "summary",
    "description",
    "links",
    "libraries",
    "tasks",
    "categories",
    "tags",
}


async def test_a_new_project_passes_its_own_tests(run, environment, tmp_path):
    made = await run("init", "my-model")
    assert (made.code, made.err) == (0, "")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
        cwd=tmp_path / "my-model",
        env={**environment, **BARE},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert re.search(r"4 passed", out.decode()), out.decode()
    assert process.returncode == 0


async def test_it_says_what_to_do_next(run):
    made = await run("init", "my-model", "--directory", "somewhere/else")
    assert made.out.startswith("somewhere/else holds the model my-model")
    for command in ("cd somewhere/else", "deepaas-check my-model", "pytest"):
        assert f"  {command}" in made.out


async def test_the_project_declares_its_model_and_what_it_needs(run, tmp_path):
    await run("init", "my-model")
    folder = tmp_path / "my-model"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my-model"
    assert project["entry-points"]["deepaas.v2.model"] == {"my-model": "my_model.model"}
    major, minor, _ = deepaas.__version__.split(".")
    assert f"deepaas>={major}.{minor}" in project["dependencies"]
    assert {os.path.relpath(file, folder) for file in folder.rglob("*") if file.is_file()} == {
        path.replace("$package", "my_model") for path in TEMPLATES
    }
    assert not any(
        re.search(r"\$(name|package|today)\b|\$\{", file.read_text())
        for file in folder.rglob("*")
        if file.is_file()
    )


async def test_the_container_listens_to_all_and_runs_as_nobody_special(run, tmp_path):
    await run("init", "my-model")
    lines = (tmp_path / "my-model" / "Dockerfile").read_text().splitlines()
    assert lines[0] == "FROM python:3.12-slim"
    assert "EXPOSE 5000" in lines
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)
    (command,) = (line for line in lines if line.startswith("CMD"))
    assert command.startswith('CMD ["deepaas-run", "--listen-ip", "0.0.0.0"')


async def test_its_metadata_are_those_of_version_2_3_0(run, tmp_path):
    await run("init", "my-model")
    metadata = yaml.safe_load((tmp_path / "my-model" / "ai4-metadata.yml").read_text())
    assert metadata["metadata_version"] == "2.3.0"
    assert metadata.keys() >= REQUIRED
    assert metadata["links"]["source_code"].startswith("https://")
    assert date.fromisoformat(metadata["dates"]["created"]) <= date.today()  # noqa: DTZ011
    assert metadata["data-type"] == ["Text"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("My Model", "small letters"),
        ("1st", "small letters"),
        ("a/b", "small letters"),
        ("../up", "small letters"),
        ("class", "word of Python"),
        ("json", "hide the module json"),
        ("deepaas", "hide the module deepaas"),
        ("x" * 61, "longer than 60"),
    ],
)
async def test_a_bad_name_is_refused_in_one_line(run, tmp_path, name, why):
    refused = await run("init", name)
    assert refused.code == 2
    assert re.fullmatch(f"deepaas-init: error: .*{why}.*\n", refused.err)
    assert not (tmp_path / name).exists()


async def test_a_folder_with_something_in_it_is_left_alone(run, tmp_path):
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model" / "notes.txt").write_text("mine")
    refused = await run("init", "my-model")
    assert refused.code == 2
    assert refused.err == "deepaas-init: error: my-model is there already, and is no empty folder\n"
    assert [one.name for one in (tmp_path / "my-model").iterdir()] == ["notes.txt"]


async def test_an_empty_folder_is_used(run, tmp_path):
    (tmp_path / "here").mkdir()
    assert (await run("init", "my-model", "--directory", "here")).code == 0
    assert (tmp_path / "here" / "pyproject.toml").is_file()


def test_each_template_is_used():
    folder = resources.files("deepaas") / "templates"
    assert {one.name for one in folder.iterdir()} == set(TEMPLATES.values())
