"""What a training prints, as lines."""

import pytest

from deepaas.trainings.lines import LONGEST, Lines


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ([b"one\n", b"two\n"], "one\ntwo\n"),
        ([b"o", b"n", b"e\nt", b"wo"], "one\ntwo\n"),
        ([b"\n\n"], "\n\n"),
        ([b""], ""),
        (["größer 猫\n".encode()[:4], "größer 猫\n".encode()[4:]], "größer 猫\n"),
        ([b"\xff\n"], "\N{REPLACEMENT CHARACTER}\n"),
        ([b"windows\r\n"], "windows\n"),
        # A progress bar writes its line anew each time.
        ([b"\r 0%", b"\r 50%", b"\r100%\n", b"done\n"], "100%\ndone\n"),
        ([b"\r 0%|", b"\r 50%|"], " 50%|\n"),
    ],
)
def test_lines_are_put_together_whatever_pieces_they_come_in(printed, seen):
    lines = Lines()
    assert "".join(map(lines.feed, printed)) + lines.finish() == seen


def test_a_line_without_end_is_cut_and_a_bar_without_end_is_no_line():
    lines = Lines()
    assert lines.feed(b"a" * (LONGEST + 1)) == "a" * (LONGEST + 1)
    for number in range(100_000):
        assert lines.feed(b"\r%d" % number) == ""
    assert lines.finish() == "99999\n"
