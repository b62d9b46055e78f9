"""A page becomes blocks of code, and a console becomes commands with what they print."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "doc" / "source"
DEPLOY = ROOT / "deploy"
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (
        *sorted(SOURCE.rglob("*.rst")),
        ROOT / "README.md",
        *sorted(ROOT.glob("examples/*/README.md")),
    )
}
ANYTHING = "…"
# A directive, or the two colons of a paragraph, with what is indented below it.
RST = re.compile(
    r"^(?P<indent> *)(?:"
    r"\.\. (?P<directive>code-block|sourcecode|code|literalinclude|parsed-literal|doctest)::"
    r" *(?P<argument>.*)\n(?P<options>(?:(?P=indent) {3}:.*\n)*)"
    r"|(?!\.\. )\S.*::\n)(?P<code>(?:(?P=indent) +\S.*\n| *\n)*)",
    re.MULTILINE,
)
# Between fences, or indented after an empty line.
MARKDOWN = re.compile(
    r"^(?P<indent> *)```(?P<argument>.*)\n(?P<code>(?:.*\n)*?) *```$"
    r"|(?<=\n\n)(?P<bare>(?: {4}.*\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """Code on a page.

    Args:
        page: path of the page.
        line: number of its first line there, or of the directive that includes it.
        kind: its language; empty where the page tells none; ``deployment`` for files of deploy/.
        caption: the name of the file that it is; empty if it is none.
        text: the code.
    """

    page: str
    line: int
    kind: str
    caption: str
    text: str

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]

    @property
    def where(self) -> str:
        """Where an author finds it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command, and what it prints; empty if the page does not show that."""

    command: str
    shown: str


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page in their order.

    Args:
        page: path from the root of the repository.
    """
    text = PAGES[page].read_text()
    return list(_of_rst(page, text) if page.endswith(".rst") else _of_markdown(page, text))


def _of_rst(page: str, text: str) -> Iterator[Block]:
    for found in RST.finditer(text):
        code = textwrap.dedent(found["code"]).strip("\n") + "\n"
        kind, caption = (found["argument"] or "").strip(), ""
        line = text.count("\n", 0, found.start("code")) + 2
        if named := re.search(r":caption: (\S+\.\w+)$", found["options"] or "", re.MULTILINE):
            caption = named[1]
        if found["directive"] == "literalinclude":
            path = (SOURCE / kind).resolve()
            line = text.count("\n", 0, found.start()) + 1
            code, kind, caption = path.read_text(), path.suffix[1:], caption or path.name
            if path.is_relative_to(DEPLOY):
                kind, caption = "deployment", str(path.relative_to(DEPLOY))
        yield Block(page, line, "python" if kind == "py" else kind, caption, code)


def _of_markdown(page: str, text: str) -> Iterator[Block]:
    for found in MARKDOWN.finditer(text):
        code = textwrap.dedent(found["bare"] or found["code"])
        line = text.count("\n", 0, found.start()) + (1 if found["bare"] else 2)
        named = re.match(r"# (\S+\.\w+)\n", code)
        yield Block(page, line, found["argument"] or "", named[1] if named else "", code)


def steps(console: str) -> list[Step]:
    """Return the commands of a console; each begins with a dollar, and may go on for some lines."""
    found = []
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        length = 1
        while length < len(lines) and not _is_whole("\n".join(lines[:length])):
            length += 1
        found.append(Step("\n".join(lines[:length]), "\n".join(lines[length:]).strip()))
    return found


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return not command.endswith("\\")


def agree(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed; three dots stand for anything."""
    return bool(
        re.fullmatch(
            ".*".join(map(re.escape, shown.strip().split(ANYTHING))), printed.strip(), re.DOTALL
        )
    )
