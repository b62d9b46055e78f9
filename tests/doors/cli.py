"""``deepaas-cli``: a process for each call."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.doors.door import Answer, Refusal, files_in
from tests.doors.process import Process
from tests.doors.rows import STREAMS, Row

TABLE = Path(__file__).with_name("table.py")


class CommandDoor:
    """Runs the command.

    Args:
        forking: ``tests.doors.forking``, which starts its processes.
    """

    def __init__(self, forking: Process) -> None:
        self._forking = forking

    def takes(self, row: Row) -> bool:
        """There are only texts, and files."""
        return not row.typed and None not in row.arguments.values()

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        files = files_in(arguments)
        with tempfile.TemporaryDirectory() as folder:
            # What streams is a whole here, unasked.
            argv = [f"--accept={accept}"] if accept and model not in STREAMS else []
            for name, value in arguments.items():
                if name not in files:
                    argv.append(
                        f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
                    )
                    continue
                argv.append(f"--{name}")
                for index, one in enumerate(files[name]):
                    path = Path(folder, str(index), one.name)
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(one.content)
                    argv.append(str(path))
            head = ["--no-deepaas_with_multiprocessing", "--output-format=jsonl"]
            target = f"--deepaas_method_output={folder}/out"
            command = [*head, target, f"{TABLE}:{model}", "predict", *argv]
            ended = await asyncio.to_thread(self._forking.ask, command)
            if ended["code"] == 0:
                path = Path(json.loads(ended["out"])["written"])
                # The ending says what the command has been told.
                content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
                return Answer(content_type, path.read_bytes())
        assert ended["code"] in (1, 2), ended
        return _refusal(ended["err"].splitlines()[-1])


def _refusal(line: str) -> Refusal:
    """Return what the last line of standard error says of arguments."""
    told = line.partition("error: ")[2] or line.partition(": ")[2]
    found = re.split(r"(?:^|; )(?:--)?(\w+): ", told)
    return Refusal(dict(zip(found[1::2], found[2::2], strict=True)))
