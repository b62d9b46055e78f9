"""Files of typed functions, as authors run them."""

import asyncio
import json
import textwrap

import psutil
import pytest

THREE_LINES = """
def predict(text: str, times: int = 2) -> str:
    return text * times
"""
WITH_ALL = """
    import dataclasses
    from typing import Annotated, Literal

    import numpy as np
    import pandas as pd
    from annotated_types import Ge, MinLen
    from PIL import Image

    from deepaas.types import Audio

    @dataclasses.dataclass
    class Point:
        x: float
        y: Annotated[float, Ge(3)]

    def predict(
        name: Annotated[str, MinLen(7)],
        color: Literal["red", "blue"],
        point: Point,
        sizes: Annotated[list[int], MinLen(2)],
        vector: np.ndarray,
        picture: Image.Image,
        table: pd.DataFrame,
        sound: Audio,
    ) -> list:
        '''Take all.'''
        return [name, color, point, sizes, vector, picture.size, table.size, sound.content_type]
"""


@pytest.fixture
def model(tmp_path):
    """Write the file of a model, where the commands run."""

    def write(code: str, name: str = "model.py") -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(code))

    return write


async def answer_of(banner: str) -> object:
    """Run the line of curl that a banner shows."""
    (line,) = (line.strip() for line in banner.splitlines() if line.strip().startswith("curl "))
    process = await asyncio.create_subprocess_shell(
        f"{line} -s", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return json.loads(out)


async def test_three_lines_are_served_and_nothing_is_printed_but_the_banner(start, model):
    model(THREE_LINES)
    server = await start("model.py", PYTHONWARNINGS="error")
    loading, banner = server.banner.split("\n", 1)
    assert loading.endswith("Loading model (1 worker)")
    assert banner.startswith("DEEPaaS 2.7.0 serves model\n")
    assert await answer_of(server.banner) == {"status": "OK", "predictions": "texttext"}


async def test_the_line_of_curl_works_whatever_a_function_takes(start, model):
    model(WITH_ALL)
    server = await start("model.py")
    predictions = (await answer_of(server.banner))["predictions"]
    assert predictions[:4] == ["texttexttexttexttexttexttext", "red", {"x": 1.0, "y": 3.0}, [1, 1]]
    assert predictions[4:] == [[1], [96, 96], 4, "audio/wav"]


async def test_a_typed_file_starts_as_fast_as_an_installed_model(start, model, install):
    model(THREE_LINES)
    install(
        "old",
        """
        from webargs import fields
        def get_predict_args(): return {"text": fields.Str(required=True)}
        def predict(text): return text
        """,
    )

    def used(server):
        # Time of a processor, for others may be busy on it.
        process = psutil.Process(server.process.pid)
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    typed = [used(await start("model.py", anew=True)) for _ in range(2)]
    old = [used(await start("--model-name", "old", anew=True)) for _ in range(2)]
    assert min(typed) < 1.5 * min(old)


async def test_files_modules_and_installed_models_are_served_together(start, model, install):
    install("installed", "def predict(): return 1")
    model(THREE_LINES)
    model(THREE_LINES, "package/inner.py")
    model("", "package/__init__.py")
    server = await start("model.py", "package.inner", "--model-name", "installed")
    assert "serves model, inner, installed" in server.banner


async def test_a_class_is_made_in_each_worker_and_not_in_the_server(start, model, tmp_path):
    model(
        """
        import os
        import deepaas

        class Model:
            def __init__(self):
                with open("made", "a") as file:
                    print(os.getppid(), os.getpid(), file=file)

            @deepaas.predict
            def run(self, text: str) -> str: return text
        """
    )
    server = await start("model.py", "--workers", "2")
    assert (await answer_of(server.banner))["predictions"] == "text"
    made = [line.split() for line in (tmp_path / "made").read_text().splitlines()]
    assert len(made) == len({process for _, process in made}) == 2
    assert str(server.process.pid) not in {process for _, process in made}


async def test_a_model_may_start_processes_of_its_own(start, model):
    model(
        """
        import multiprocessing

        def square(number: int) -> int:
            return number * number

        def predict(number: int) -> list[int]:
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                return pool.map(square, [number, 3])
        """
    )
    server = await start("model.py")
    assert (await answer_of(server.banner))["predictions"] == [1, 9]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def predict(:\n", "SyntaxError: invalid syntax (model.py, line 1)"),
        ("import json\nraise ValueError('bad')\n", "ValueError: bad (line 2 of {folder}/model.py)"),
        ("def predict(text: int | str): ...\n", "argument 'text': int | str cannot be sent"),
    ],
)
@pytest.mark.parametrize("command", ["run", "cli"])
async def test_a_file_that_cannot_be_served_is_told_in_one_line(
    run, model, tmp_path, command, code, words
):
    model(code)
    ended = await run(command, "model.py")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert words.format(folder=tmp_path) in ended.err


async def test_the_command_line_calls_a_file(run, model):
    model(THREE_LINES)
    ended = await run("cli", "model.py", "predict", "--text", "hello")
    assert (ended.code, ended.out) == (0, "return: 'hellohello'\n")
    ended = await run("cli", "model.py", "predict", "--times", "x")
    assert ended.code == 2
    assert "--text: Missing data for required field.; --times: Not a valid integer" in ended.err


async def test_the_command_line_asks_which_of_several_models(run, model):
    model(
        """
        import deepaas

        @deepaas.predict(model="one")
        def first(text: str) -> str: return text

        @deepaas.predict(model="two")
        def second(text: str) -> str: return text.upper()
        """
    )
    ended = await run("cli", "model.py", "predict", "--text", "a")
    assert ended.code == 1
    assert "model.py holds several models: one, two; choose one, such as model.py:one" in ended.err
    ended = await run("cli", "model.py:two", "predict", "--text", "a")
    assert ended.out == "return: 'A'\n"
    ended = await run("cli", "model.py", "model.py:two", "predict", "--text", "a")
    assert "several models are named: model.py, model.py:two; name one, such as" in ended.err


async def test_the_command_line_finds_the_model_that_has_the_name_of_its_file(run, model):
    model(
        """
        import deepaas

        STATE = "cold "

        @deepaas.warm
        def load():
            global STATE
            STATE = "warm "

        @deepaas.predict
        def first(text: str) -> str: return STATE + text

        @deepaas.predict(model="two")
        def second(text: str) -> str: return text.upper()
        """
    )
    ended = await run("cli", "model.py", "predict", "--text", "a")
    assert "choose one, such as model.py:model" in ended.err
    ended = await run("cli", "model.py:model", "predict", "--text", "a")
    assert ended.out == "return: 'warm a'\n"
