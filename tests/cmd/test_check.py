"""``deepaas-check``: all that is wrong with a model, and the mend."""

import re
import textwrap

import pytest

GOOD = """
    from typing import Annotated

    from annotated_types import Ge

    def get_metadata():
        return {"summary": "Shouts.", "version": "1", "author": "me"}

    def predict(text: str, times: Annotated[int, Ge(1)] = 2) -> str:
        '''Shout.

        Args:
            text: what to shout.
        '''
        return " ".join([text] * times)

    def train(epochs: int = 1) -> dict:
        return {}
"""


@pytest.fixture
def check(run, tmp_path):
    """Check a model; return what was told."""

    async def check_code(code, *argv):
        (tmp_path / "shouter.py").write_text(textwrap.dedent(code))
        return await run("check", "shouter.py", *argv)

    return check_code


async def test_what_is_fine_is_told_with_routes_arguments_and_answers(check):
    ended = await check(GOOD)
    assert (ended.code, ended.err) == (0, "")
    for line in (
        r"shouter  \(.*/shouter\.py\)",
        "  ok: GET  /v2/models/shouter/",
        "  ok: POST /v2/models/shouter/predict/",
        r"        text   string, required  what to shout\.",
        "        times  integer, default 2",
        "        answers application/json: string",
        "  ok: POST /v2/models/shouter/train/",
        "        epochs  integer, default 1",
        "  ok: gets ready in a worker",
        "1 model: 0 errors, 0 warnings",
    ):
        assert re.search(f"^{line}$", ended.out, re.MULTILINE), ended.out


async def test_a_prediction_is_tried_with_examples_where_that_is_wanted(check):
    ended = await check(GOOD, "--predict")
    assert 'predicts there: {"status":"OK","predictions":"text text"}' in ended.out
    assert ended.code == 0


async def test_all_problems_are_told_and_not_only_the_first(check):
    ended = await check(
        """
        from webargs import fields

        def get_metadata():
            raise KeyError("version")

        def get_predict_args():
            return {"text": fields.Str, "size": 3}

        def predict(**kwargs): ...

        def train(one: complex, two: type): ...

        schema = {}
        """
    )
    assert ended.code == 1
    for problem in (
        r"argument 'text' is the class String; write fields\.String\(\)",
        "argument 'size' must be a field",
        r"train\(\): argument 'one'",
        r"train\(\): argument 'two'",
        "schema is an empty dict",
        r"failed in get_metadata: KeyError: 'version' \(line 5 of shouter\.py\)",
    ):
        assert re.search(f"  error: .*{problem}", ended.out), ended.out
    assert ended.out.count("    mend: ") == 6
    assert ended.out.endswith("1 model: 6 errors, 0 warnings\n")


DECLARES = """
    from webargs import fields, validate

    def get_predict_args():
        return {{{declared}}}

    def predict({taken}): ...
"""


@pytest.mark.parametrize(
    ("declared", "taken", "problem"),
    [
        ('"a": fields.Str(load_default="")', "", "does not take the argument 'a'"),
        ("", "a", "needs 'a', which is not declared"),
        ('"a": fields.Str()', "a", "needs 'a', which callers may leave out"),
        ('"a": fields.Str(required=True)', "a, /", "takes 'a' by its place only"),
        (
            '"a": fields.Int(load_default=20, validate=validate.Range(1, 10))',
            "a",
            "the default 20 of 'a' does not fit .*less than or equal to 10",
        ),
        ('"a": fields.Str(load_default=5)', "a", "the default 5 of 'a' does not fit"),
    ],
)
async def test_what_is_declared_is_compared_with_what_is_taken(check, declared, taken, problem):
    ended = await check(DECLARES.format(declared=declared, taken=taken), "--no-warm")
    assert ended.code == 1
    assert re.search(f"  error: predict.*{problem}", ended.out), ended.out
    assert "1 model: 1 error, 0 warnings" in ended.out


@pytest.mark.parametrize(
    ("declared", "taken"),
    [
        ('"a": fields.Str(load_default="x"), "b": fields.List(fields.Int())', "a, b=None"),
        ('"a": fields.Date(load_default=__import__("datetime").date(2024, 1, 1))', "a"),
        ('"a": fields.Int(load_default=None)', "**kwargs"),
        ('"a": fields.Field(required=True, type="file", location="form")', "a"),
    ],
)
async def test_what_fits_is_no_problem(check, declared, taken):
    ended = await check(DECLARES.format(declared=declared, taken=taken), "--no-warm")
    assert "1 model: 0 errors, 0 warnings" in ended.out
    assert ended.code == 0


@pytest.mark.parametrize(
    ("code", "problem", "mend"),
    [
        ("def predict(:\n", r"SyntaxError: .*line 1", "mend that line"),
        ("import nothing_like_it\n", "nothing_like_it", "pip install nothing_like_it"),
        ("from json import nothing\n", "cannot import name 'nothing'", "whether that name exists"),
        ("open('weights')\n", "FileNotFoundError.*line 1", r"Path\(__file__\)\.parent"),
        ("raise SystemExit\n", r"calls sys\.exit", "__main__"),
        ("x = 1\n", "offers none of", "write a function predict"),
    ],
)
async def test_a_module_that_cannot_be_used_is_told_with_its_line_and_the_mend(
    check, code, problem, mend
):
    ended = await check(code)
    assert ended.code == 1
    assert re.search(f"  error: .*{problem}.*\n    mend: .*{mend}", ended.out), ended.out


async def test_a_warm_that_raises_is_told_unless_it_is_left_out(check):
    code = GOOD + "\n    def warm():\n        print('loading')\n        open('weights.bin')\n"
    ended = await check(code)
    assert ended.code == 1
    assert re.search(
        r"error: it does not get ready in a worker: FileNotFoundError: .*weights\.bin.*line \d+",
        ended.out,
    )
    assert "it has printed: loading" in ended.out
    assert (await check(code, "--no-warm")).code == 0


async def test_a_class_that_cannot_be_made_is_told_without_a_line_of_others(check):
    code = """
        import deepaas

        class Model:
            def __init__(self, weights): ...
            @deepaas.predict
            def run(self, text: str): ...
    """
    ended = await check(code)
    assert ended.code == 1
    assert re.search(r"error: .*argument: 'weights'\n    mend: change the model", ended.out), (
        ended.out
    )


@pytest.mark.parametrize(
    ("answer", "problem"),
    [("object()", "cannot be sent"), ("1 / 0", r"ZeroDivisionError.*\(line 2 of shouter\.py\)")],
)
async def test_answers_that_cannot_be_sent_are_found_by_a_prediction(check, answer, problem):
    code = f"def predict():\n    return {answer}\n"
    assert (await check(code)).code == 0
    ended = await check(code, "--predict")
    assert ended.code == 1
    assert re.search(f"error: .*failed in predict.*{problem}", ended.out), ended.out


async def test_warnings_leave_the_exit_code_as_it_is(check):
    ended = await check(
        """
        import warnings

        print("I am here")
        warnings.warn("old ways", DeprecationWarning)

        def get_metadata():
            return {"summary": "Shouts."}
        """
    )
    assert ended.code == 0
    for problem in (
        "it prints when it is imported: I am here",
        "it warns when it is imported: DeprecationWarning: old ways",
        "it has neither predict nor train",
        "get_metadata tells no version, author",
    ):
        assert f"  warning: {problem}" in ended.out
    assert "1 model: 0 errors, 4 warnings" in ended.out


async def test_all_that_is_installed_is_checked_where_nothing_is_named(run, install):
    install("shout", GOOD)
    install("broken", "import nothing_like_it")
    install("several", GOOD, **{"a b": "several"})
    ended = await run("check")
    assert ended.code == 1
    assert "shout  (shout)\n" in ended.out
    assert re.search(r"^broken\n  error: .*nothing_like_it", ended.out, re.MULTILINE)
    assert "  warning: the name 'a b' stands in URLs as a%20b" in ended.out


async def test_requirements_that_are_not_installed_are_told(run, install, site):
    install("shout", GOOD)
    with (site / "shout-1.0.dist-info" / "METADATA").open("a") as file:
        file.write("Requires-Dist: nothing-like-it>=2\nRequires-Dist: aiohttp\n")
    ended = await run("check", "shout", "--no-warm")
    assert ended.code == 0
    assert "warning: shout declares to need nothing-like-it>=2, which is not installed" in ended.out
    assert "1 model: 0 errors, 1 warning\n" in ended.out


async def test_a_name_that_is_not_found_is_an_error_beside_others(check, run, tmp_path):
    await check(GOOD)
    ended = await run("check", "shouter.py", "missing.py", "nobody", "--no-warm")
    assert ended.code == 1
    assert "error: there is no file missing.py" in ended.out
    assert re.search("error: .*'nobody'", ended.out)
    assert "1 model: 2 errors, 0 warnings" in ended.out


async def test_two_models_of_one_name_are_told(run, install, site):
    install("shout", GOOD)
    install("other", GOOD, shout="other")
    ended = await run("check")
    assert ended.code == 1
    assert "'shout' is offered by two installed packages" in ended.out


async def test_two_files_of_one_name_are_told(check, run, tmp_path):
    await check(GOOD)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "shouter.py").write_text(textwrap.dedent(GOOD))
    ended = await run("check", "shouter.py", "other/shouter.py", "--no-warm")
    assert ended.code == 1
    assert re.search("error: two models are called 'shouter': .*@deepaas.served", ended.out, re.S)
    assert "2 models: 1 error, 0 warnings" in ended.out


async def test_two_functions_that_do_the_same_for_one_model_are_told(check):
    ended = await check(
        """
        import deepaas

        @deepaas.predict(model="a")
        def one(x: int) -> int: ...

        @deepaas.predict(model="a")
        def two(x: int) -> int: ...
        """
    )
    assert ended.code == 1
    assert "error: shouter: one and two are both marked as predict" in ended.out
    assert "    mend: " in ended.out


async def test_each_pair_of_functions_that_do_the_same_is_told(check):
    ended = await check(
        """
        import deepaas

        @deepaas.predict
        def one(x: int) -> int: ...

        @deepaas.predict
        def two(x: int) -> int: ...

        @deepaas.train
        def fit(x: int) -> int: ...

        @deepaas.train
        def learn(x: int) -> int: ...

        @deepaas.served("same")
        def three(x: int) -> int: ...

        @deepaas.served("same")
        def four(x: int) -> int: ...
        """
    )
    assert "error: shouter: one and two are both marked as predict" in ended.out
    assert "error: shouter: fit and learn are both marked as train" in ended.out
    assert "error: shouter: two models are called 'same'" in ended.out
    assert "0 models: 3 errors, 0 warnings" in ended.out


async def test_one_hint_that_cannot_be_resolved_hides_neither_others_nor_warm(check):
    ended = await check(
        """
        import json

        def warm():
            raise RuntimeError("no weights")

        def predict(
            a: "Missing", b: complex, c: "json.Table", d: "1 +", e: int = "x"
        ) -> "Gone": ...
        """
    )
    for problem in (
        r"argument 'a': its type hint cannot be resolved: name 'Missing' is not defined",
        r"argument 'b': complex cannot be sent",
        r"argument 'c': its type hint cannot be read: module 'json' has no attribute 'Table'",
        r"argument 'd': its type hint cannot be read: Forward reference must be an expression",
        r"argument 'e': its default 'x' does not fit",
        r"what it returns: its type hint cannot be resolved: name 'Gone'",
        r"it does not get ready in a worker: .*no weights",
    ):
        assert re.search(f"  error: .*{problem}", ended.out), ended.out
    assert ended.out.endswith("1 model: 7 errors, 0 warnings\n")


async def test_what_is_not_in_a_module_is_told_as_it_was_asked_for(check, run):
    await check(GOOD)
    ended = await run("check", "shouter.py:missing")
    assert ended.code == 1
    assert "'missing': it is to be 'shouter:missing', but module 'shouter' has no attr" in ended.out
    assert "    mend: look at the name after the colon" in ended.out


async def test_a_parameter_without_a_hint_is_warned_of(check):
    ended = await check("def predict(text: str): ...\n\ndef train(epochs, rate=0.5, **kw): ...\n")
    assert ended.code == 0
    assert "warning: train: 'epochs' has no type hint: callers may send anything" in ended.out
    assert "    mend: write one, such as epochs: str" in ended.out
    assert "1 model: 0 errors, 1 warning" in ended.out


async def test_an_accept_that_is_no_text_is_told(check):
    ended = await check("def predict(text: str, accept: int): ...\n", "--no-warm")
    assert ended.code == 1
    assert "error: predict: 'accept' is no text" in ended.out
    assert "    mend: write accept: str" in ended.out


async def test_metadata_that_are_no_dict_are_told_in_their_own_words(check):
    ended = await check(
        "def get_metadata(): return []\n\ndef predict(text: str): ...\n", "--no-warm"
    )
    assert ended.code == 1
    assert "error: model 'shouter': get_metadata() must return a dict, not list" in ended.out
