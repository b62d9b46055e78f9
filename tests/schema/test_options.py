"""The description as options of a command line."""

import pytest
from webargs import fields, validate

from deepaas.files import UploadedFile
from deepaas.schema.legacy import describe_arguments
from deepaas.schema.options import OptionsParser, help_text, raw_value, uploaded


def described(**declared):
    return describe_arguments(declared, "model 'shout', get_predict_args()")


def parse(arguments, *argv):
    return OptionsParser("deepaas-cli predict", "Predict.", arguments).parse(argv)


def values(argv, **declared):
    """Return what the model gets for a command line."""
    arguments = described(**declared)
    given = parse(arguments, *argv)
    raw = {
        argument.key: raw_value(argument, given[argument.key], lambda path: f"copy of {path}")
        for argument in arguments
        if argument.key in given
    }
    return arguments.load(raw)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((text, True) for text in ("true", "True", "yes", "t", "1", "on")),
        *((text, False) for text in ("false", "False", "no", "f", "0", "off")),
    ],
)
def test_booleans_are_words(text, wanted):
    assert values(["--it", text], it=fields.Bool()) == {"it": wanted}


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["[1, 2]"], [1, 2]),
        (["(1, 2)"], [1, 2]),
        (["1", "2"], [1, 2]),
        (["1"], [1]),
        (["[]"], []),
    ],
)
def test_lists_are_a_literal_or_several_values(argv, wanted):
    assert values(["--it", *argv], it=fields.List(fields.Int())) == {"it": wanted}


@pytest.mark.parametrize("text", ["[1, 2]", "[draft]", "(a)"])
def test_what_is_no_list_of_texts_is_one_text(text):
    assert values(["--it", text], it=fields.List(fields.Str())) == {"it": [text]}


def test_a_list_may_be_given_bit_by_bit():
    assert values(["--it", "a", "--it", "b"], it=fields.List(fields.Str())) == {"it": ["a", "b"]}


@pytest.mark.parametrize("text", ['{"a": [1, null]}', "{'a': [1, None]}"])
def test_dicts_are_literals_of_json_or_python(text):
    assert values(["--it", text], it=fields.Dict()) == {"it": {"a": [1, None]}}


def test_lists_of_dicts_are_a_literal_or_several():
    for argv in (["[{'a': 1}, {}]"], ["{'a': 1}", "{}"]):
        assert values(["--it", *argv], it=fields.List(fields.Dict())) == {"it": [{"a": 1}, {}]}


def test_text_stays_text_whatever_it_looks_like():
    assert values(["--it", "[1]"], it=fields.Str()) == {"it": "[1]"}


def test_files_are_copied():
    declared = {
        "one": fields.Raw(metadata={"type": "file"}),
        "more": fields.List(fields.Raw(), metadata={"type": "file"}),
    }
    assert values(["--one", "a.png", "--more", "b", "c"], **declared) == {
        "one": "copy of a.png",
        "more": ["copy of b", "copy of c"],
    }


def test_a_file_of_the_command_line_looks_like_an_upload():
    assert uploaded("data", "in/a.png", "/copy", "a.png") == UploadedFile(
        "data", "/copy", "image/png", "a.png"
    )
    assert uploaded("data", "in/a", "/copy", "a").content_type == "application/octet-stream"


def test_what_is_not_given_is_left_out():
    assert parse(described(a=fields.Int(load_default=1), b=fields.Int()), "--b", "2") == {"b": "2"}


@pytest.mark.parametrize("name", ["demo-str", "bbox(N,W,S,E)", "d", "help", "config-file", "10%"])
def test_arguments_may_be_called_anything(name):
    assert values([f"--{name}", "a"], **{name: fields.Str()}) == {name: "a"}


def test_an_argument_answers_to_its_name_and_to_its_key():
    arguments = described(scale=fields.Int(data_key="scale-factor"))
    assert parse(arguments, "--scale", "1") == parse(arguments, "--scale-factor", "1")


@pytest.mark.parametrize("argv", [["--unknown", "1"], ["word"], ["--number"], ["--num", "1"]])
def test_options_that_the_function_does_not_have_end_with_2(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(described(number=fields.Int()), *argv)
    assert ended.value.code == 2
    assert "deepaas-cli predict: error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "lines"),
    [
        (
            fields.Int(load_default=3, metadata={"description": "How often"}),
            ["How often", "Type: int", "Default: 3"],
        ),
        (fields.Float(required=True), ["Type: float", "*Required*"]),
        (fields.Bool(), ["Type: bool"]),
        (fields.Str(validate=validate.OneOf(["a"])), ["Type: str", "Choices: ['a']"]),
        (fields.List(fields.Int()), ['Type: list, enclosed as string: "[...]"']),
        (fields.Dict(), ['Type: dict, enclosed as string: "{...}"']),
        (fields.Nested({}), ['Type: dict, enclosed as string: "{...}"']),
        (fields.Raw(metadata={"type": "file"}), ["Type: str (filepath)"]),
        (
            fields.List(fields.Raw(), metadata={"type": "file"}),
            ["Type: list of str (filepath)"],
        ),
    ],
)
def test_help_says_what_to_write(field, lines):
    assert help_text(described(it=field)[0]).splitlines() == lines


def test_help_with_percent_signs_is_shown(capsys):
    arguments = described(it=fields.Str(metadata={"description": "100% of it"}))
    with pytest.raises(SystemExit) as ended:
        parse(arguments, "--help")
    assert ended.value.code == 0
    assert "100% of it" in capsys.readouterr().out
