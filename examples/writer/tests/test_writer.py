"""The models asked directly."""

from random import Random

import pytest

import writer

LINES = [
    "Functions are called with arguments.",
    "Der Mond ist aufgegangen.",
    "zqxjv",
    "é",
    "a" * 999,
]


@pytest.mark.parametrize("memory", [1, 3, 7, 20])
def test_each_letter_follows_somewhere_in_the_book(memory):
    start = "The statement "
    text = start + "".join(writer.write(start, 60, memory, seed=1))
    assert len(text) == len(start) + 60
    assert all(text[end - 2 : end] in writer.book() for end in range(len(start), len(text)))
    if memory == 20:
        assert text[-21:] in writer.book()


def test_the_same_seed_writes_the_same():
    first, again, other = ("".join(writer.write(letters=40, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_letters_are_written_only_when_they_are_asked_for():
    letters = writer.write(letters=10_000)
    assert len(next(letters)) == 1


@pytest.mark.parametrize("start", ["žluťoučký", writer.book()[-5:], writer.book()])
def test_a_beginning_that_the_book_does_not_go_on_from_is_gone_on_from(start):
    assert len(list(writer.write(start, 5, seed=3))) == 5


def test_after_the_end_of_a_text_any_letter_follows():
    assert writer.following("abc", "bc", Random(1)) in "abc"
    assert writer.following("abc", "ab", Random(1)) == "c"


def test_texts_are_worth_the_less_the_more_they_are_like_the_book():
    english, german, nonsense, *_ = writer.score(LINES)
    assert english < german < nonsense


def test_a_text_is_worth_the_same_alone_and_among_others():
    assert writer.score(LINES) == [writer.score([line])[0] for line in LINES]


def test_probabilities_of_what_follows_sum_to_one():
    sums = (2.0 ** -writer.surprises()).sum(-1)
    assert sums == pytest.approx(1, abs=1e-4)
