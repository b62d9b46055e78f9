"""Whether the functions of a model take what is declared for them."""

from __future__ import annotations

import inspect
from typing import Any

from deepaas.cmd.checks.findings import Finding, Findings
from deepaas.model.authored import OFFERED
from deepaas.schema.description import Arguments

PURPOSES = ("predict", "train")


def missing(model: Any) -> Findings:
    """Find what a model lacks to be of use."""
    offered = [name for name in OFFERED if hasattr(model, name)]
    if not offered:
        yield Finding(
            f"it offers none of {', '.join(OFFERED)}",
            "write a function predict, or let the entry point name the module that has one",
        )
        return
    if not any(hasattr(model, name) for name in PURPOSES):
        yield Finding(
            "it has neither predict nor train: it is listed, and nothing can be asked of it",
            "write a function predict, or mark one by @deepaas.predict",
            harmless=True,
        )
    for name in PURPOSES:
        if hasattr(model, f"get_{name}_args") and not hasattr(model, name):
            yield Finding(f"it has get_{name}_args, but no {name}", f"write {name}, or take it out")
    for name in offered:
        if name != "schema" and not callable(getattr(model, name)):
            yield Finding(
                f"{name} is a {type(getattr(model, name)).__name__}, and must be a function",
                f"rename it, or make it a function: def {name}(…)",
            )


def unfitting(function: str, implementation: Any, arguments: Arguments) -> Findings:
    """Find arguments that are declared and not taken, or taken and not declared.

    Args:
        function: its name.
        implementation: the function.
        arguments: what it is called with.
    """
    try:
        parameters = inspect.signature(implementation).parameters
    except (TypeError, ValueError):
        return
    given = {one.name for one in arguments if one.passed}
    if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        for name in sorted(given - parameters.keys()):
            yield Finding(
                f"{function} does not take the argument {name!r} that is declared for it",
                f"add it to the parameters of {function}, or **kwargs; or do not declare it",
            )
    required = {one.name for one in arguments if one.required or one.has_default}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            yield Finding(
                f"{function} takes {name!r} by its place only, and gets all by name",
                f"take the '/' out of the parameters of {function}",
            )
        elif parameter.default is parameter.empty and name not in given:
            yield Finding(
                f"{function} needs {name!r}, which is not declared: each call fails",
                f"declare it in get_{function}_args, or give it a default",
            )
        elif parameter.default is parameter.empty and name not in required:
            yield Finding(
                f"{function} needs {name!r}, which callers may leave out: such calls fail",
                f"declare it as required=True or with a default, or give {name} one in {function}",
            )
