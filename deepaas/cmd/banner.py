"""What a person needs when a server has started."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

from deepaas import __version__, api
from deepaas.cmd.examples import example, example_file, example_texts
from deepaas.schema.description import Arguments, Description
from deepaas.settings import Settings

# Any picture will do to show how a file is sent.
PICTURE = Path(api.__file__).parent / "static" / "favicon-32x32.png"


def banner(settings: Settings, root: str, descriptions: Sequence[Description]) -> str:
    """Return the text that is printed once the server answers.

    Args:
        settings: how it behaves.
        root: its URL, base path included, without a slash at the end.
        descriptions: what its models offer.
    """
    names = ", ".join(one.name for one in descriptions)
    lines = [
        f"DEEPaaS {__version__} serves {names}",
        "",
        f"  API            {root}/v2/",
        f"  Specification  {root}/swagger.json",
    ]
    if settings.doc_endpoint:
        lines.append(f"  Try it out     {root}/api")
    lines.append("  Access         anybody who can reach this address, no authentication")
    if settings.debug_endpoint:
        lines.append(f"  Debug          {root}/v2/debug/ shows what models print")
    predicting = [one for one in descriptions if one.predict is not None]
    if settings.predict_endpoint and predicting:
        lines += ["", "Ask it from another terminal:", f"  {curl(root, predicting[0])}"]
    lines += ["", "Press CTRL+C to quit"]
    return "\n".join(lines)


def curl(root: str, description: Description) -> str:
    """Return a command that makes a prediction.

    Args:
        root: the server's URL.
        description: a model that can predict.
    """
    arguments = description.predict or Arguments()
    shown = [one for one in arguments if one.required]
    if not shown:
        shown = [one for one in arguments if one.is_file][:1]
    query, words = [], ["curl", "-X", "POST"]
    for argument in shown:
        if argument.is_file:
            words += ["-F", f"{argument.key}=@{example_file(argument, PICTURE)}"]
        elif argument.places == ("form",):
            for text in example_texts(argument):
                words += ["-F", f"{argument.key}={text}"]
        elif argument.places == ("headers",):
            words += ["-H", f"{argument.key}: {','.join(example_texts(argument))}"]
        elif argument.places == ("cookies",):
            words += ["-b", f"{argument.key}={example_texts(argument)[0]}"]
        elif "query" in argument.places:
            query += [(argument.key, text) for text in example_texts(argument)]
    in_json = {one.key: example(one.field) for one in shown if one.places == ("json",)}
    if in_json:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(in_json)]
    url = f"{root}/v2/models/{quote(description.name)}/predict/"
    words.append(f"{url}?{urlencode(query)}" if query else url)
    return shlex.join(words)
