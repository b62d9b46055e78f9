"""``deepaas-cli``, as it is run."""

import asyncio
import json
import signal
import sys
from ast import literal_eval

import pytest

from tests.cmd.conftest import MODEL


@pytest.fixture(autouse=True)
def model(install):
    install("shout", MODEL)


def returned(ended) -> str:
    lines = [line for line in ended.out.splitlines() if line.startswith("return: ")]
    assert len(lines) == 1, ended
    return lines[0].removeprefix("return: ")


async def test_without_a_method_it_prints_the_metadata_as_json(run):
    ended = await run("cli")
    assert ended.code == 0
    assert json.loads(returned(ended))["name"] == "shout"


async def test_predict_prints_the_repr_of_the_result(run):
    ended = await run("cli", "predict", "--text", "hi", "--times", "3", anew=True)
    assert ended.code == 0
    assert returned(ended) == repr(
        {"text": "hi", "times": 3, "loud": True, "accept": "application/json"}
    )


@pytest.mark.parametrize(
    "given",
    [
        [
            (["--loud", "no"], "loud", False),
            (["--words", "['a', 'b']"], "words", ["a", "b"]),
            (["--weights", "[1, 2.5]"], "weights", [1.0, 2.5]),
            (["--settings", "{'a': 1}"], "settings", {"a": 1}),
            (["--d", "an argument like an option"], "d", "an argument like an option"),
            (["--bbox(N,W)", "1,2"], "bbox(N,W)", "1,2"),
        ],
        [
            (["--loud", "t"], "loud", True),
            (["--words", "a", "b"], "words", ["a", "b"]),
            (["--settings", '{"a": null}'], "settings", {"a": None}),
        ],
    ],
)
async def test_values_are_converted_as_over_http(run, given):
    ended = await run("cli", "predict", *(word for argv, _, _ in given for word in argv))
    assert ended.code == 0, ended
    values = literal_eval(returned(ended))
    for _, name, value in given:
        assert values[name] == value


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--times", "x"], "--times: Not a valid integer."),
        (["--times", "11"], "--times: Must be greater than or equal to 1"),
        (["--accept", "video/mp4"], "--accept: Must be one of"),
        (["--file", "absent.txt"], "--file: absent.txt: No such file"),
        (["--file", "absent/*.txt"], "--file: no file matches absent/*.txt"),
        (["--nothing", "1"], "--nothing"),
    ],
)
async def test_wrong_values_end_with_code_2_and_name_the_argument(run, argv, named):
    ended = await run("cli", "predict", *argv)
    assert ended.code == 2
    assert named in ended.err
    assert "Traceback" not in ended.err


async def test_a_file_reaches_the_model_as_a_private_copy(run, tmp_path, environment):
    (tmp_path / "in.txt").write_text("content")
    ended = await run("cli", "predict", "--file", "in.txt")
    assert literal_eval(returned(ended)) == {"file": "in.txt", "content": "content"}
    assert (tmp_path / "in.txt").read_text() == "content"
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_several_files_make_a_line_of_json_each_in_order(run, tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("bad" if number == 2 else str(number))
    ended = await run(
        "cli", "--workers", "2", "--output-format", "jsonl", "predict", "--file", "*.txt"
    )
    assert ended.code == 1
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["input"] for line in lines] == [f"{number}.txt" for number in range(5)]
    assert lines[0]["output"] == {"file": "0.txt", "content": "0"}
    assert "a bad file" in lines[2]["error"]
    assert "warming" in ended.err


async def test_bytes_stand_in_a_line_of_json_as_base64(run):
    ended = await run("cli", "--output-format", "jsonl", "predict", "--accept", "image/png")
    output = json.loads(ended.out)["output"]
    assert output == {"content_type": "image/png", "base64": "UE5H"}


async def test_the_result_is_written_with_an_ending_that_fits(run, tmp_path):
    ended = await run("cli", "--deepaas_method_output=new/out.txt", "predict")
    assert ended.code == 0
    assert json.loads((tmp_path / "new" / "out.txt.json").read_text())["text"] == "hello"


@pytest.mark.parametrize(
    ("target", "argv", "written"),
    [
        ("out.png", [], "out.png"),
        ("out.png", ["--accept", "application/json"], "out.png.json"),
        ("out.json", [], "out.json"),
        ("out.wav", [], "out.wav.json"),
    ],
)
async def test_the_ending_of_the_file_chooses_what_is_answered(
    run, tmp_path, target, argv, written
):
    ended = await run("cli", f"--deepaas_method_output={target}", "predict", *argv)
    assert ended.code == 0
    assert (tmp_path / written).read_bytes().startswith(b"PNG" if written == "out.png" else b"{")


async def test_bytes_are_written_as_they_are(run, tmp_path):
    await run("cli", "--deepaas_method_output=out.png", "predict", "--accept", "image/png")
    assert (tmp_path / "out.png").read_bytes() == b"PNG"


async def test_several_results_are_written_into_a_folder(run, tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.txt").write_text(str(number))
    ended = await run("cli", "--deepaas_method_output=out", "predict", "--file", "*.txt")
    assert ended.code == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["0.txt.json", "1.txt.json"]


async def test_train_prints_what_the_api_answers_for_a_finished_training(run):
    ended = await run("cli", "train", "--epochs", "3")
    training = json.loads(returned(ended))
    assert training["status"] == "done"
    assert training["args"] == {"epochs": 3}
    assert training["result"]["output"] == {"epochs": 3}


async def test_warm_only_warms(run):
    ended = await run("cli", "warm")
    assert ended.code == 0
    assert "warming" in ended.out


@pytest.mark.parametrize(
    "switch", ["--nodeepaas_with_multiprocessing", "--deepaas_with_multiprocessing=False"]
)
async def test_without_multiprocessing_the_model_runs_in_the_command(run, switch):
    ended = await run("cli", switch, "predict", "--words", "['a']")
    assert literal_eval(returned(ended))["words"] == ["a"]


async def test_help_of_a_method_shows_types_defaults_and_choices(run):
    ended = await run("cli", "predict", "--help")
    assert ended.code == 0
    text = " ".join(ended.out.split())
    assert "What to say 100% loud. Type: str Default: hello" in text
    assert "Choices: ['a', 'b']" in text
    assert "(filepath)" in text
    assert "*Required*" in (await run("cli", "train", "--help")).out


async def test_help_and_version_need_no_model(run):
    for option, shown in (("--help", "get_metadata"), ("--version", "2.7.0")):
        ended = await run("cli", option, DEEPAAS_V2_MODEL="absent")
        assert ended.code == 0
        assert shown in ended.out


async def test_a_method_that_does_not_exist_is_a_usage_error(run):
    ended = await run("cli", "predikt")
    assert ended.code == 2
    assert "'predikt'" in ended.err
    assert "predict" in ended.err


async def test_after_a_model_a_word_that_is_no_method_is_named(run, tmp_path):
    (tmp_path / "model.py").write_text("def predict(text: str): ...\n")
    ended = await run("cli", "model.py", "predikt")
    assert ended.code == 2
    assert "there is no method 'predikt'" in ended.err


async def test_an_installed_model_or_a_module_can_stand_where_a_file_can(run, tmp_path):
    (tmp_path / "plain.py").write_text("def predict(text: str): ...\n")
    for name in ("shout", "plain"):
        ended = await run("cli", name)
        assert json.loads(returned(ended))["id"] == name, ended


async def test_the_failure_of_a_model_ends_with_code_1(run, tmp_path):
    (tmp_path / "in.txt").write_text("bad")
    ended = await run("cli", "predict", "--file", "in.txt")
    assert ended.code == 1
    assert "model 'shout' failed in predict: ValueError: a bad file" in ended.err
    assert "Traceback" not in ended.err


async def test_metadata_that_cannot_be_made_are_one_line(run, install):
    install("silent", "def get_metadata():\n    raise OSError('no data')\n")
    ended = await run("cli", "--model-name", "silent")
    assert ended.code == 1
    assert ended.err == (
        "deepaas-cli: error: model 'silent' failed in get_metadata: OSError: no data\n"
    )


async def test_several_models_and_none_chosen_is_an_error_that_names_them(run, install):
    install("other", MODEL)
    ended = await run("cli", "predict")
    assert ended.code == 1
    for text in ("shout", "other", "DEEPAAS_V2_MODEL"):
        assert text in ended.err


async def test_a_model_is_chosen_by_option_environment_or_file(run, install, tmp_path):
    install("other", MODEL.replace('"name": "shout"', '"name": "other"'))
    (tmp_path / "deepaas.conf").write_text("[DEFAULT]\nmodel_name = other\n")
    for argv, variables in (
        (["--model-name", "other"], {}),
        (["--config-file", "deepaas.conf"], {}),
        ([], {"DEEPAAS_V2_MODEL": "other"}),
        ([], {"OS_DEFAULT__MODEL_NAME": "other"}),
    ):
        ended = await run("cli", *argv, "get_metadata", **variables)
        assert json.loads(returned(ended))["name"] == "other", ended


async def test_an_unknown_model_is_an_error_that_names_the_installed_ones(run):
    ended = await run("cli", "--model-name", "absent")
    assert ended.code == 1
    assert "'absent'" in ended.err
    assert "shout" in ended.err


async def test_a_model_without_train_can_still_predict(run, install):
    install("simple", "def predict():\n    return 1\n")
    assert returned(await run("cli", "--model-name", "simple", "predict")) == "1"
    ended = await run("cli", "--model-name", "simple", "train")
    assert ended.code == 1
    assert "train" in ended.err


UNTIDY = """
    import os, sys, time
    from webargs import fields

    def get_predict_args():
        return {"how": fields.Str(missing="print"), "seconds": fields.Float(missing=0)}

    def predict(how, seconds):
        if how == "exit":
            sys.exit(3)
        if how == "bytes":
            return b"\\x89PNG\\x00\\xff"
        print("no end", end="")
        os.write(1, b", none at all")
        sys.stderr.write("waiting\\n")
        sys.stderr.flush()
        time.sleep(seconds)
        return "größer 猫"
"""
INLINE = "--nodeepaas_with_multiprocessing"


@pytest.mark.parametrize("options", [[], [INLINE]])
async def test_a_result_begins_a_line_whatever_the_model_has_printed(run, install, options):
    install("untidy", UNTIDY)
    ended = await run("cli", "--model-name", "untidy", *options, "predict")
    assert ended.code == 0, ended
    assert ended.out == "no end, none at all\nreturn: 'größer 猫'\n"


@pytest.mark.parametrize("options", [[], [INLINE]])
async def test_nothing_comes_between_lines_of_json(run, install, options):
    install("untidy", UNTIDY)
    ended = await run(
        "cli", "--model-name", "untidy", "--output-format", "jsonl", *options, "predict"
    )
    assert ended.code == 0, ended
    assert json.loads(ended.out)["output"] == "größer 猫"
    assert "no end" in ended.err


async def test_a_result_that_the_terminal_cannot_show_is_shown_otherwise(run, install):
    install("untidy", UNTIDY)
    ended = await run("cli", "--model-name", "untidy", "predict", PYTHONIOENCODING="ascii")
    assert ended.code == 0, ended
    assert "gr\\xf6\\xdfer" in ended.out


@pytest.mark.parametrize("options", [[], [INLINE]])
async def test_a_model_that_exits_is_a_failure(run, install, options):
    install("untidy", UNTIDY)
    ended = await run("cli", "--model-name", "untidy", *options, "predict", "--how", "exit")
    assert ended.code == 1
    assert "SystemExit: 3" in ended.err


async def test_bytes_are_written_as_they_are_without_any_accept(run, install, tmp_path):
    install("untidy", UNTIDY)
    options = ["--model-name", "untidy", "--deepaas_method_output=out.png"]
    ended = await run("cli", *options, "predict", "--how", "bytes")
    assert ended.code == 0, ended
    assert (tmp_path / "out.png").read_bytes() == b"\x89PNG\x00\xff"


async def test_a_model_in_the_process_of_the_command_can_be_interrupted(install, launch):
    install("untidy", UNTIDY)
    chosen = ("--model-name", "untidy", INLINE)
    process = await launch("cli", *chosen, "predict", "--seconds", "60")
    while b"waiting" not in await process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 5)
    assert process.returncode == 130


async def test_inputs_of_the_same_name_have_results_of_their_own(run, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "a.txt").write_text(folder)
    options = ["--output-format", "jsonl", "--deepaas_method_output=out"]
    ended = await run("cli", *options, "predict", "--file", "in/*/a.txt")
    assert ended.code == 0, ended
    written = [json.loads(line)["written"] for line in ended.out.splitlines()]
    assert written == ["out/one/a.txt.json", "out/two/a.txt.json"]
    assert [json.loads((tmp_path / one).read_text())["content"] for one in written] == [
        "one",
        "two",
    ]


async def test_a_place_where_nothing_can_be_written_is_told_before_the_work(run):
    ended = await run("cli", "--deepaas_method_output=/proc/absent/out", "predict")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert "/proc/absent" in ended.err
    assert ended.out == ""


async def test_a_reader_that_leaves_is_no_failure_to_talk_about(environment, tmp_path):
    (tmp_path / "in.txt").write_text("good")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deepaas.cmd.cli", "predict", "--file", *["in.txt"] * 50),
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await process.stdout.readline()
    process.stdout._transport.close()
    err = await process.stderr.read()
    assert b"Traceback" not in err
    await process.wait()


BATCHED = """
from webargs import fields

import deepaas


def get_predict_args():
    return {"text": fields.Str(required=True)}


@deepaas.predict(largest_batch=8)
def predict(text):
    if "bad" in text:
        return [ValueError("no such text")]
    return [one.upper() for one in text]
"""


async def test_a_call_of_a_model_that_takes_batches_is_a_batch_of_one(run, install):
    install("batched", BATCHED)
    chosen = ("--model-name", "batched", "predict", "--text")
    assert returned(await run("cli", *chosen, "a")) == "'A'"
    ended = await run("cli", *chosen, "bad")
    assert ended.code == 1
    assert "model 'batched' failed in predict: ValueError: no such text" in ended.err
    ended = await run("cli", "--nodeepaas_with_multiprocessing", *chosen, "a")
    assert returned(ended) == "'A'"


COUNTED = """
from webargs import fields

import deepaas


def get_predict_args():
    return {"data": fields.Raw(required=True, type="file", location="form")}


@deepaas.predict(largest_batch=4)
def predict(data):
    return [(one.original_filename, len(data)) for one in data]
"""


async def test_many_inputs_of_a_model_that_takes_batches_share_its_calls(run, install, tmp_path):
    install("counted", COUNTED)
    for name in "abcd":
        (tmp_path / f"{name}.txt").touch()
    ended = await run("cli", "--model-name", "counted", "predict", "--data", "*.txt")
    shown = [f"return: {(f'{name}.txt', 4)!r}" for name in "abcd"]
    assert ended.out.splitlines() == shown, ended
