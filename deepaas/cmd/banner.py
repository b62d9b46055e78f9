"""What a person needs when a server has started."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

from deepaas import __version__
from deepaas.cmd.examples import example, example_file, example_texts
from deepaas.schema.description import Arguments, Description
from deepaas.settings import Settings

# What is sent where a model gives no example of a file: a small picture, which most take.
SAMPLE = Path(__file__).with_name("sample.png")


def banner(
    settings: Settings,
    root: str,
    descriptions: Sequence[Description],
    lazy: Sequence[str] = (),
    rpc_address: str = "",
    curl_options: Sequence[str] = (),
) -> str:
    """Return the text that is printed once the server answers.

    Args:
        settings: how it behaves.
        root: its URL, base path included, without a slash at the end.
        descriptions: what its models offer.
        lazy: names of those that are loaded at their first call.
        rpc_address: host and port of gRPC; empty where there is none.
        curl_options: what curl has to be told to reach it.
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
    if rpc_address:
        over = " over TLS" if settings.tls_cert else ""
        lines.append(f"  gRPC           {rpc_address}, Open Inference Protocol{over}")
    if lazy:
        lines.append(f"  Loaded later   {', '.join(lazy)}, at the first call")
    if settings.tokens:
        lines.append("  Access         by token: see deepaas-token --help")
    if settings.trust is not None:
        issuers = ", ".join(settings.trust.issuers)
        lines.append(f"  Access         by access token of {issuers}")
    if not settings.authentication:
        lines.append("  Access         anybody who can reach this address, no authentication")
    if settings.debug_endpoint:
        lines.append(f"  Debug          {root}/v2/debug/ shows what models print")
    predicting = [one for one in descriptions if one.predict is not None]
    if settings.predict_endpoint and predicting:
        command = curl(root, predicting[0])
        if curl_options:
            command += f" {shlex.join(curl_options)}"
        if settings.authentication:
            command += ' -H "Authorization: Bearer $DEEPAAS_TOKEN"'
        hint = f", with a file of yours in place of {SAMPLE.name}" if str(SAMPLE) in command else ""
        lines += ["", f"Ask it from another terminal{hint}:", f"  {command}"]
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
            words += ["-F", f"{argument.key}=@{example_file(argument, SAMPLE)}"]
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
