"""The header in which callers show a token."""

import pytest

from deepaas.auth.bearer import token_in


@pytest.mark.parametrize("header", ["Bearer dp_a-b_c", "bearer dp_a-b_c", " BEARER  dp_a-b_c "])
def test_a_token_is_found(header):
    assert token_in([header]) == "dp_a-b_c"


def test_without_a_header_there_is_no_token():
    assert token_in([]) is None


@pytest.mark.parametrize(
    "headers",
    [
        [""],
        ["Bearer"],
        ["Bearer "],
        ["dp_abc"],
        ["Basic dXNlcjpwYXNz"],
        ["Bearer dp_a dp_b"],
        ["Bearer dp_a,Bearer dp_b"],
        ["Bearer dp_a\tb"],
        ["Bearer \N{SNOWMAN}"],
        ["Bearer dp_a", "Bearer dp_a"],
    ],
)
def test_what_is_of_another_form_is_no_token(headers):
    assert token_in(headers) == ""
