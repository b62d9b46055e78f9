"""Docstrings describe arguments; return hints offer content types."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from PIL import Image

from deepaas.schema.hints.returns import Returned
from deepaas.types import Media
from tests.schema.hints.calling import call, described


def google(text: str, times: int = 2) -> str:
    """Say it again.

    Args:
        text: what to say,
            on two lines.
        times (int): how often.

    Returns:
        All of it.
    """


def numpy(text: str, times: int = 2, *, more: int = 2) -> str:
    """Say it again.

    Parameters
    ----------
    text : str
        what to say,
        on two lines.
    times, more : int, optional
        how often.

    Returns
    -------
    str
        All of it.
    """


def sphinx(text: str, times: int = 2) -> str:
    """Say it again.

    :param text: what to say,
        on two lines.
    :param int times: how often.
    :return: All of it.
    """


@pytest.mark.parametrize("function", [google, numpy, sphinx])
def test_docstrings_of_all_styles_describe_arguments(function):
    signature = described(function)
    assert signature.arguments.summary == "Say it again."
    words = {one.name: one.description for one in signature.arguments}
    assert words.pop("text") == "what to say, on two lines."
    assert set(words.values()) == {"how often."}


def test_words_beside_a_hint_go_before_the_docstring():
    def function(text: Annotated[str, "From the hint."]) -> str:
        """Say it.

        Args:
            text: from the docstring.
        """

    assert described(function).arguments[0].description == "From the hint."


def test_a_docstring_that_follows_no_style_is_let_be():
    def function(text: str) -> str:
        """:param: ??? ["""

    assert described(function).arguments[0].description == ""


def test_a_method_is_described_by_its_own_docstring():
    class Model:
        def predict(self, text: str) -> str:
            """Say it.

            Args:
                text: what to say.
            """

    assert described(Model().predict).arguments[0].description == "what to say."


def test_an_array_says_what_it_holds_where_its_author_says_nothing():
    import numpy as np
    from numpy.typing import NDArray

    def function(image):
        """Look."""

    function.__annotations__ = {"image": NDArray[np.float32]}
    assert described(function).arguments[0].description == "An array of float32."


def test_arguments_are_in_the_order_of_the_function():
    def function(b: int, a: int = 1, *, c: int, **more: Any) -> None: ...

    assert [one.name for one in described(function).arguments] == ["b", "a", "c"]


def test_postponed_hints_are_read():
    assert described(google).returned.field is not None
    assert [type(one.field).__name__ for one in described(google).arguments] == [
        "String",
        "WholeNumber",
    ]


def picture(degrees: float = 0) -> Image.Image:
    return degrees


def test_callers_choose_the_content_type_though_the_function_does_not_ask():
    arguments = described(picture).arguments
    assert arguments.accept.places == ("headers",)
    assert arguments.accept.choices == ("image/png", "image/jpeg", "image/webp")
    assert not arguments.accept.passed
    assert call(picture, degrees=1) == 1.0


def test_a_function_that_asks_for_the_content_type_is_told():
    def function(accept: str = "image/jpeg") -> Image.Image:
        return accept

    accept = described(function).arguments.accept
    assert (accept.default, accept.passed) == ("image/jpeg", True)
    assert accept.choices == ("image/png", "image/jpeg", "image/webp")
    assert call(function, accept="image/webp") == "image/webp"


def test_a_default_that_is_not_offered_gives_way_to_the_first_that_is():
    def function(accept: str = "") -> Annotated[str, Media("text/csv", "text/html")]:
        return accept

    assert call(function) == "text/csv"


def test_a_batched_function_is_described_as_for_one_caller():
    def function(texts: list[str], sizes: Annotated[list[int], "Big."]) -> list[float]: ...

    signature = described(function, batched=True)
    assert [type(one.field).__name__ for one in signature.arguments] == ["String", "WholeNumber"]
    assert signature.arguments[1].description == "Big."
    assert type(signature.returned.field).__name__ == "Float"


def test_a_function_without_hints_answers_anything():
    def function(a, b=1): ...

    assert described(function).returned == Returned()


def test_a_function_without_arguments_answers_as_its_hint_says():
    def function() -> Image.Image: ...

    signature = described(function)
    assert signature.returned.types == ("image/png", "image/jpeg", "image/webp")
    assert signature.arguments.accept.default == "image/png"
