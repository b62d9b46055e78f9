"""A client that is made from the document alone, and tries whatever it allows and forbids.

One check is left out: ``use_after_free`` takes a training that runs for deleted, but DELETE cancels
it, and it stays to be read. And so are the streams of a training, which end when it has ended, and
files of trainings, whose names it cannot guess. Requests for inferences are tried by themselves:
which elements a tensor may have, and how many, depends on what else it says, for which Swagger has
no words. What loads and unloads models is not tried at all: others could not be called meanwhile.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from deepaas.model.loaded import LoadedModel
from deepaas.model.loading import choose
from tests.api.asking import get
from tests.doors.cli import TABLE

# Thousands of requests, on a machine that may have other things to do.
pytestmark = pytest.mark.timeout(600)
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
NO_STREAMS = (
    "--exclude-path-regex=/(events|log|artifacts/{name}|infer|generate|generate_stream"
    "|load|unload)$|:predict$"
)
CALLS = "--include-path-regex=/(infer|generate|generate_stream)$|:predict$"
OPTIONS = (
    "--seed=1",
    "--max-examples=20",
    "--no-color",
    "--no-shrink",
    "--continue-on-failure",
    "--generation-database=none",
    # A machine that is busy is no finding.
    "--suppress-health-check=all",
    # Versions that it makes up are not there, nor do tensors fit that it makes up.
    "--warnings=off",
    # No text has null bytes, which Swagger cannot say.
    "--generation-allow-x00=false",
)


async def try_everything(client, tmp_path, *options):
    """Run schemathesis against a server, and fail with all that it finds wrong.

    Args:
        client: a session of the fixture ``serve``.
        tmp_path: where it writes its own files.
        options: further options.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", *OPTIONS, *options),
        f"{(await get(client, '/')).url}swagger.json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        cwd=tmp_path,
    )
    said = (await process.communicate())[0].decode()
    if process.returncode or "No issues found" not in said:
        pytest.fail(said, pytrace=False)


async def test_the_server_does_what_its_document_says(serve, tmp_path):
    client = await serve("described")
    await try_everything(client, tmp_path, NO_STREAMS, "--exclude-checks=use_after_free")


async def test_a_server_asked_for_inferences_does_what_its_document_says(serve, tmp_path):
    client = await serve("described")
    excluded = "--exclude-checks=positive_data_acceptance,negative_data_rejection"
    await try_everything(client, tmp_path, CALLS, excluded)


async def test_a_server_with_uploads_does_what_its_document_says(serve, tmp_path):
    client = await serve("builtin")
    # Forms may be absent and may have more fields than those that are documented.
    excluded = "--exclude-checks=use_after_free,negative_data_rejection"
    await try_everything(client, tmp_path, NO_STREAMS, excluded)


async def test_a_server_that_shows_what_models_print_does_what_its_document_says(serve, tmp_path):
    client = await serve("bare", debug_endpoint=True)
    await try_everything(client, tmp_path, "--include-path=/v2/debug/")


async def test_a_server_of_typed_functions_does_what_its_document_says(serve_loaded, tmp_path):
    (source,) = choose([str(TABLE)])
    # Other functions take more than Swagger 2.0 can describe outside of a body.
    models = [LoadedModel.of(one) for one in source.members() if one.name in ("scalars", "choices")]
    client = await serve_loaded(*models, log_level="DEBUG")
    # What no function knows is let be, as ever; the table has what is refused.
    excluded = "--exclude-checks=negative_data_rejection"
    await try_everything(client, tmp_path, NO_STREAMS, excluded)
