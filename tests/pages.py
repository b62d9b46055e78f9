"""Pages of the documentation, followed to the letter: files are written, commands run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "doc" / "source"
# What is between the lines of a page: where its server is said to be, and how a training is called.
ADDRESS, TRAINING = "127.0.0.1:5000", "3c0f96a2f9f24375989fc94275db7008"
ANYTHING = "…"
RST = re.compile(
    r"^\.\. (code-block|literalinclude):: (\S+)\n((?: {3}:.*\n)*)((?: {3}.*\n|\n)*)", re.MULTILINE
)
MARKDOWN = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^(?:(.+)\n[-=]{3,}|#+ (.+))$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Code on a page.

    Args:
        kind: its language.
        caption: the name of the file that it is; empty if it is none.
        text: the code.
    """

    kind: str
    caption: str
    text: str


@dataclass(frozen=True)
class Step:
    """A command, and what it prints; empty if the page does not show that."""

    command: str
    shown: str


def sections(page: Path) -> dict[str, list[Block]]:
    """Return the blocks of a page, by the title under which they are."""
    text = page.read_text()
    blocks, read = (RST, _of_rst) if page.suffix == ".rst" else (MARKDOWN, _of_markdown)
    # A comment in code looks like a title.
    prose = blocks.sub(lambda block: re.sub(r"\S", " ", block[0]), text)
    titles = [*TITLE.finditer(prose)]
    ends = [one.start() for one in titles[1:]] + [len(text)]
    return {
        title[1] or title[2]: read(text[title.end() : end])
        for title, end in zip(titles, ends, strict=True)
    }


def _of_rst(text: str) -> list[Block]:
    found = []
    for directive, argument, options, indented in RST.findall(text):
        caption = re.search(r":caption: (\S+\.\w+)$", options, re.MULTILINE)
        name = caption[1] if caption else ""
        if directive == "literalinclude":
            code = (SOURCE / argument).read_text()
            found.append(Block(Path(argument).suffix.lstrip("."), name, code))
        else:
            found.append(Block(argument, name, textwrap.dedent(indented).strip("\n") + "\n"))
    return found


def _of_markdown(text: str) -> list[Block]:
    found = []
    for kind, code in MARKDOWN.findall(text):
        caption = re.match(r"# (\S+\.\w+)\n", code)
        found.append(Block(kind, caption[1] if caption else "", code))
    return found


def steps(console: str) -> list[Step]:
    """Return the commands of a console; each begins with a dollar, and may go on for some lines."""
    found = []
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        length = 1
        while lines[length - 1].endswith("\\") or "\n".join(lines[:length]).count("'") % 2:
            length += 1
        found.append(Step("\n".join(lines[:length]), "\n".join(lines[length:]).rstrip()))
    return found


def agree(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed; three dots stand for anything."""
    return bool(
        re.fullmatch(
            ".*".join(map(re.escape, shown.strip().split(ANYTHING))), printed.strip(), re.DOTALL
        )
    )


class Terminal:
    """A terminal in which somebody follows a page.

    Args:
        folder: the working directory, empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder / "home"
        self._home.mkdir()
        (self._home / ".curlrc").write_text("silent\nshow-error\n")
        (folder / "examples").symlink_to(ROOT / "examples")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OS_", "DEEPAAS_", "XDG_"))
        }
        self._environment = {
            **kept,
            "HOME": str(self._home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self._home / "site"),
            "OS_DEFAULT__LISTEN_PORT": "0",
        }
        self._variables = ""
        self._server: subprocess.Popen[str] | None = None
        self._address = self._training = ""

    def write(self, block: Block) -> None:
        """Write the file that a block shows."""
        path = self._folder / block.caption
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)

    def run(self, command: str) -> str:
        """Run a command, a server in the background; return what it prints, as a page would."""
        command = command.replace(ADDRESS, self._address).replace(TRAINING, self._training)
        command = command.replace(".venv/bin/", "")
        if command == "make run":
            command = _served_by_make()
        if command == "pip install .":
            return self._install()
        if command.startswith("deepaas-run"):
            return self._serve(command)
        if re.match(r"\w+=\S+$", command):
            self._variables += f"{command}\n"
            return ""
        ended = subprocess.run(
            ["bash", "-c", self._variables + command],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        printed = ended.stdout if ended.returncode == 0 else ended.stdout + ended.stderr
        if told := re.search(r'"uuid":"([0-9a-f]{32})"', printed):
            self._training = told[1]
        return self._as_shown(printed)

    def close(self) -> None:
        """End the server, if one runs."""
        if self._server is not None:
            self._server.terminate()
            self._server.communicate()

    def _serve(self, command: str) -> str:
        self.close()
        with open(self._home / "log", "w+") as log:
            self._server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            printed = ""
            while line := self._server.stdout.readline():
                printed += line
                if "CTRL+C" in line:
                    break
            else:
                log.seek(0)
                return log.read()
        self._address = re.search(r"http://(\S+)/v2/$", printed, re.MULTILINE)[1]
        return self._as_shown(printed)

    def _install(self) -> str:
        """Put the project of the folder where modules are found, as pip would."""
        project = tomllib.loads((self._folder / "pyproject.toml").read_text())
        name, version = project["project"]["name"], project["project"]["version"]
        info = self._home / "site" / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        points = project["project"]["entry-points"]["deepaas.v2.model"]
        lines = [f"{model} = {value}\n" for model, value in points.items()]
        (info / "entry_points.txt").write_text("".join(["[deepaas.v2.model]\n", *lines]))
        for file in project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]:
            shutil.copy(self._folder / file, self._home / "site")
        return ""

    def _as_shown(self, printed: str) -> str:
        if self._address:
            printed = printed.replace(self._address, ADDRESS)
        return printed.replace(self._training, TRAINING) if self._training else printed


def _served_by_make() -> str:
    dry = subprocess.run(
        ["make", "--dry-run", "--directory", str(ROOT), "run"],
        capture_output=True,
        text=True,
        check=True,
    )
    (command,) = re.findall(r"^\S*(deepaas-run .*) --listen-port 5000$", dry.stdout, re.MULTILINE)
    return command
