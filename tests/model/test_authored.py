"""Models out of files of functions and classes, marked by decorators or not."""

from __future__ import annotations

import os
import textwrap

import pytest

from deepaas.authoring import mark_of, needs_of
from deepaas.exceptions import InvalidModel
from deepaas.model.describe import describe, stock_metadata
from deepaas.model.loaded import LoadedModel, load_models
from deepaas.model.source import Source

pytestmark = pytest.mark.usefixtures("only_site")


@pytest.fixture
def held(site):
    """Write a module; return the models that it holds, loaded as in a worker."""

    def load(code: str, reference: str = "held") -> dict[str, object]:
        (site / "held.py").write_text("import deepaas\n" + textwrap.dedent(code))
        return {one.name: one.load() for one in Source("held", reference).members()}

    return load


def arguments(name: str, model: object, function: str = "predict") -> list[str]:
    """Return the names of what a model takes."""
    return [one.name for one in getattr(describe(name, model), function)]


def test_three_lines_are_a_model(held):
    models = held(
        """
        def predict(text: str, times: int = 2) -> str:
            return text * times
        """
    )
    assert list(models) == ["held"]
    assert arguments("held", models["held"]) == ["text", "times"]


def test_marked_functions_may_be_called_anything(held):
    (model,) = held(
        """
        @deepaas.predict
        def classify(text: str): return text
        @deepaas.train
        def learn(epochs: int = 1): return epochs
        @deepaas.warm
        def get_ready(): ...
        @deepaas.metadata
        def about(): return {"author": "me"}
        """
    ).values()
    assert model.predict("a") == "a"
    assert model.train(2) == 2
    assert model.get_metadata() == {"author": "me"}
    assert model.warm() is None
    assert arguments("held", model, "train") == ["epochs"]


def test_what_is_not_marked_goes_with_what_is(held):
    (model,) = held(
        """
        @deepaas.predict
        def classify(text: str): return text
        def train(epochs: int): return epochs
        def predict(): raise AssertionError("the marked one is meant")
        """
    ).values()
    assert (model.predict("a"), model.train(1)) == ("a", 1)


def test_a_file_may_hold_several_models(held):
    models = held(
        """
        @deepaas.predict(model="up")
        def up(text: str): return text.upper()
        @deepaas.train(model="up")
        def learn(epochs: int): return epochs
        @deepaas.predict(model="down")
        def down(text: str): return text.lower()
        @deepaas.served()
        def title(text: str): return text.title()
        @deepaas.served("counting")
        class Counter:
            @deepaas.predict
            def count(self, by: int): return by
        class Unserved:
            def predict(self): ...
        """
    )
    assert list(models) == ["up", "down", "title", "counting"]
    assert models["up"].train(1) == 1
    assert not hasattr(models["down"], "train")
    assert [models[name].predict("aB") for name in ("up", "down", "title")] == ["AB", "ab", "Ab"]
    assert models["counting"].predict(2) == 2


def test_where_anything_is_marked_an_unmarked_predict_is_no_model(held):
    models = held(
        """
        def predict(text: str): return text
        @deepaas.predict(model="up")
        def up(text: str): return text.upper()
        """
    )
    assert {name: one.predict("a") for name, one in models.items()} == {"up": "A"}


def test_where_anything_is_served_an_unmarked_predict_is_no_model(held):
    assert list(held("def predict(): ...\n@deepaas.served('a')\ndef b(text: str): ...")) == ["a"]


def test_a_single_served_function_or_class_has_the_name_of_its_file(held):
    assert list(held("@deepaas.served()\ndef any(text: str): ...")) == ["held"]


@pytest.mark.parametrize("reference", ["held:two", "held:up"])
def test_one_of_several_is_named_by_its_model_or_its_function(held, reference):
    (model,) = held(
        """
        @deepaas.predict(model="one")
        def down(text: str): return text.lower()
        @deepaas.predict(model="two")
        def up(text: str): return text.upper()
        """,
        reference,
    ).values()
    assert model.predict("a") == "A"


def test_two_functions_that_do_the_same(held):
    with pytest.raises(
        InvalidModel, match=r"a and b are both marked as predict; .*@predict\(model='b'\)"
    ):
        held(
            """
            @deepaas.predict
            def a(): ...
            @deepaas.predict
            def b(): ...
            """
        )


def test_two_models_of_the_same_name_in_a_file(held):
    with pytest.raises(InvalidModel, match="held: two models are called 'same'; rename one"):
        held(
            """
            @deepaas.served("same")
            def a(): ...
            @deepaas.served("same")
            def b(): ...
            """
        )


def test_two_models_of_the_same_name_in_two_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.py").write_text("def predict(a: int): ...")
    with pytest.raises(InvalidModel, match=r"two models are called 'model'.*@deepaas\.served"):
        load_models(["one/model.py", "two/model.py"])


def test_an_imported_decorator_is_no_function_of_the_model(held):
    (model,) = held(
        """
        from deepaas import metadata, predict, train, warm

        def get_predict_args(): return {}
        """
    ).values()
    assert not any(hasattr(model, one) for one in ("predict", "train", "warm"))


def test_an_old_module_is_itself(held):
    import sys

    (model,) = held("def predict(**kwargs): ...").values()
    assert model is sys.modules["held"]


def test_fields_of_an_old_module_are_all_that_counts(held):
    (model,) = held(
        """
        from webargs import fields
        def get_predict_args(): return {"a": fields.Int()}
        def predict(a: str, b: str = ""): ...
        """
    ).values()
    assert arguments("held", model) == ["a"]


def test_fields_beside_a_marked_function_go_before_its_hints(held):
    (model,) = held(
        """
        from webargs import fields
        def get_predict_args(): return {"a": fields.Int()}
        @deepaas.predict
        def predict(a: str, b: str = ""): ...
        """
    ).values()
    kinds = [(one.name, type(one.field).__name__) for one in describe("held", model).predict]
    assert kinds == [("a", "Integer"), ("b", "String")]


CLASS = """
    import os

    class Model:
        '''Counts.

        More about it.
        '''
        def __init__(self):
            with open(os.environ["INITIALISED"], "a") as file:
                print(os.getpid(), file=file)
            self.total = 0
        @deepaas.predict(largest_batch=0, concurrency=3)
        def count(self, by: int = 1) -> int:
            self.total += by
            return self.total
        @staticmethod
        @deepaas.warm
        def get_ready(): ...
"""


def test_a_class_keeps_its_state(held, tmp_path, monkeypatch):
    monkeypatch.setenv("INITIALISED", str(tmp_path / "pids"))
    (model,) = held(CLASS).values()
    assert (model.predict(1), model.predict(2)) == (1, 3)
    assert mark_of(model.predict).concurrency == 3
    assert stock_metadata("held", model)["description"] == "Counts."
    assert (tmp_path / "pids").read_text() == f"{os.getpid()}\n"


def test_a_class_is_described_without_being_made(held, tmp_path, monkeypatch):
    monkeypatch.setenv("INITIALISED", str(tmp_path / "pids"))
    held(CLASS)
    (tmp_path / "pids").unlink()
    (source,) = Source("held", "held").members()
    assert [one.name for one in LoadedModel.of(source).description.predict] == ["by"]
    assert not (tmp_path / "pids").exists()


@pytest.mark.parametrize(
    "method",
    ["@deepaas.metadata\n    def about(self): return {}", "def get_train_args(self): return {}"],
)
def test_a_class_is_made_where_the_server_itself_asks_it(site, tmp_path, monkeypatch, method):
    (site / "asked.py").write_text(
        "import deepaas\n"
        "class Model:\n"
        "    def __init__(self): open('made', 'w').close()\n"
        "    @deepaas.predict\n"
        "    def count(self, by: int): ...\n"
        f"    {method}\n"
    )
    monkeypatch.chdir(tmp_path)
    LoadedModel.of(Source("asked", "asked"))
    assert (tmp_path / "made").exists()


def test_methods_of_all_kinds_can_be_marked(held):
    models = held(
        """
        @deepaas.served()
        class Static:
            @deepaas.predict
            @staticmethod
            def run(text: str): return text
        @deepaas.served()
        class Upper:
            @staticmethod
            @deepaas.predict
            def run(text: str): return text
        @deepaas.served()
        class OfClass:
            @deepaas.predict(concurrency=2)
            @classmethod
            def run(cls, text: str): return text
        @deepaas.served()
        class Callable:
            @deepaas.predict
            def __call__(self, text: str): return text
        """
    )
    assert [one.predict("a") for one in models.values()] == ["a"] * 4
    assert [arguments(*one) for one in models.items()] == [["text"]] * 4
    assert mark_of(models["OfClass"].predict).concurrency == 2


def test_marks_are_inherited(held):
    models = held(
        """
        class Base:
            @deepaas.predict
            def run(self, text: str): return text
        class Heir(Base): ...
        class Overriding(Base):
            def run(self, number: int): return number
        """
    )
    assert {name: arguments(name, one) for name, one in models.items()} == {
        "Base": ["text"],
        "Heir": ["text"],
        "Overriding": ["number"],
    }


@pytest.mark.parametrize("reference", ["held:Loud", "held:loud", "held:partial", "held:cached"])
def test_whatever_can_be_called_can_be_named(held, reference):
    (model,) = held(
        """
        import functools
        class Loud:
            def __call__(self, text: str) -> str: return text.upper()
        loud = Loud()
        def shout(text: str, mark: str) -> str: return text.upper() + mark
        partial = functools.partial(shout, mark="")
        cached = functools.cache(loud.__call__)
        """,
        reference,
    ).values()
    assert model.predict("a") == "A"
    assert arguments("held", model)[0] == "text"


def test_needs_are_known_of_the_model(held):
    (model,) = held(
        """
        @deepaas.served("busy", workers=3, device="0;1", environment={"A": "b"}, lazy=True)
        class Model:
            @deepaas.predict
            def run(self, text: str): ...
        """
    ).values()
    needs = needs_of(model)
    assert (needs.name, needs.workers, needs.device, needs.lazy) == ("busy", 3, "0;1", True)
    assert needs.environment == {"A": "b"}


def test_what_is_imported_is_no_model_of_the_file_unless_it_is_named(site, held):
    (site / "elsewhere.py").write_text(
        "import deepaas\n@deepaas.predict\ndef run(text: str): return text\n"
    )
    code = """
        from elsewhere import run
        @deepaas.predict
        def own(text: str): return run(text).upper()
        """
    (model,) = held(code).values()
    assert model.predict("a") == "A"
    (model,) = held(code, "held:run").values()
    assert model.predict("a") == "a"


def test_what_is_imported_as_predict_is_a_model(site, held):
    (site / "elsewhere.py").write_text(
        "import deepaas\n@deepaas.predict\ndef run(text: str): return text\n"
    )
    (model,) = held("from elsewhere import run as predict").values()
    assert model.predict("a") == "a"


def test_a_package_offers_what_is_marked_in_it(site):
    package = site / "packed"
    package.mkdir()
    (package / "__init__.py").write_text("from packed.inner import run\n")
    (package / "inner.py").write_text(
        "import deepaas\n@deepaas.predict\ndef run(text: str): return text\n"
    )
    (member,) = Source("packed", "packed").members()
    assert member.load().predict("a") == "a"


def test_a_class_that_cannot_be_made_is_refused_in_the_worker(held):
    with pytest.raises(InvalidModel, match="cannot be instantiated without arguments"):
        held(
            """
            class Model:
                def __init__(self, weights): ...
                @deepaas.predict
                def run(self, text: str): ...
            """
        )


@pytest.mark.parametrize(
    "code",
    [
        "@deepaas.predict(largest_batch=-1)\ndef a(): ...",
        "@deepaas.predict(concurrency=0)\ndef a(): ...",
        "@deepaas.served(workers=0)\ndef a(): ...",
        "@deepaas.served(unload_after=-1)\ndef a(): ...",
    ],
)
def test_decorators_refuse_numbers_that_make_no_sense(held, code):
    with pytest.raises(InvalidModel, match=r"ValueError: @.* \(line 2 of .*held.py\)"):
        held(code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("@deepaas.predict('up')\ndef a(): ...", "a function, not 'up'; a model: @predict(model="),
        ("@deepaas.metadata('up')\ndef a(): ...", "a function, not 'up'; a model: @metadata(mode"),
        ("@deepaas.served\nclass Up: ...", "is written with parentheses, @served(), to mark <"),
    ],
)
def test_decorators_say_how_they_are_written(held, code, said):
    with pytest.raises(InvalidModel, match=r"\(line 2 of .*held.py\)") as refused:
        held(code)
    assert said in str(refused.value)
