"""Commands with a configuration that says what single models need."""

import aiohttp
import pytest

NEEDY = """
    import os

    SIZE = os.environ.get("SIZE", "none")

    def get_predict_args():
        return {}

    def predict():
        return [SIZE, os.environ.get("CUDA_VISIBLE_DEVICES", "all")]
"""


@pytest.fixture
def configured(install, tmp_path):
    """Install models, and write a configuration; returns the option that names it."""
    install("needy", NEEDY)
    install("plain", NEEDY)

    def write(*lines):
        (tmp_path / "some.conf").write_text("\n".join([*lines, ""]))
        return ["--config-file", "some.conf"]

    return write


async def test_start_up_says_which_models_are_loaded_later_and_which_sections_are_for_none(
    start, configured
):
    option = configured(
        *("[DEFAULT]", "workers = 2"),
        *("[model:needy]", "lazy = true", "workers = 1", "environment = SIZE:large", "device = 3"),
        *("[model:absent]", "workers = 4"),
    )
    server = await start(*option)
    assert "[model:absent], but no such model is served (served: needy, plain)" in server.banner
    assert "Loading needy (1 worker, at its first call), plain (2 workers)" in server.banner
    assert "  Loaded later   needy, at the first call\n" in server.banner
    async with aiohttp.ClientSession() as client:
        for model, wanted in (("needy", ["large", "3"]), ("plain", ["none", "all"])):
            async with client.post(f"{server.url}/v2/models/{model}/predict/") as response:
                assert (await response.json())["predictions"] == wanted


async def test_a_model_that_is_not_lazy_is_not_said_to_be(start, configured):
    assert "Loaded later" not in (await start(*configured())).banner


@pytest.mark.parametrize("command", ["run", "cli"])
async def test_a_section_that_cannot_be_used_is_one_line_and_exit_code_2(run, configured, command):
    ended = await run(command, *configured("[model:needy]", "workers = many"))
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert f"deepaas-{command}: error: [model:needy] workers: invalid literal" in line


async def test_a_model_has_its_environment_on_the_command_line_too(run, configured):
    option = configured("[model:needy]", "environment = SIZE:large", "device = 0;1")
    ended = await run("cli", *option, "--model-name", "needy", "predict")
    assert (ended.code, ended.out) == (0, "return: ['large', '0']\n")
