"""What is said of passwords that do not fit."""

from deepaas.schema.secrets import WRONG, concealed


def test_what_quotes_a_value_is_not_told():
    messages = {0: ["Not a valid string."], 1: ["'hunter2' is too short."]}
    told = concealed(messages, ["hunter1", "hunter2"])
    assert told == {0: ["Not a valid string."], 1: [WRONG]}


def test_many_wrong_values_take_no_time_that_grows_with_the_square_of_their_number():
    # It would be minutes.
    many = range(100_000)
    told = concealed({one: ["Not a valid string."] for one in many}, list(many))
    assert told == {one: [WRONG] for one in many}
    told = concealed({one: ["Not a valid string."] for one in many}, [True] * len(many))
    assert told[0] == ["Not a valid string."]
