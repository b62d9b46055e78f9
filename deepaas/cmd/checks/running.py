"""Whether a model gets ready in a worker, and predicts there."""

from __future__ import annotations

from typing import Any

from deepaas.cmd.banner import SAMPLE
from deepaas.cmd.blame import place
from deepaas.cmd.checks.findings import Finding, in_short
from deepaas.cmd.examples import example_file, example_texts
from deepaas.cmd.inputs import Call, prepared
from deepaas.exceptions import DeepaasError, InvalidArguments, WorkerNotReady
from deepaas.executors.local import LocalExecutor
from deepaas.files import Scratch, remove
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.schema.description import Argument, Arguments
from deepaas.serving.answers import JSON, Answer
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.serving.streams import AnswerStream


async def in_a_worker(
    source: Source, model: LoadedModel | None, warm: bool, predict: bool
) -> tuple[list[Finding], str]:
    """Let a model get ready in a worker, and predict there.

    Args:
        source: of the model.
        model: loaded and described; None where it cannot be described, and is asked for nothing.
        warm: whether its ``warm`` is called.
        predict: whether it is asked for a prediction.

    Returns:
        What is wrong, and what was seen to work.
    """
    printed: list[bytes] = []
    executor = LocalExecutor(Prepare(source, warm), 1, printed.append)
    scratch = Scratch()
    try:
        await executor.start()
        seen = "gets ready in a worker"
        if predict and model is not None and model.description.predict is not None:
            served = ServedModel(model.description, model.model, executor, None, scratch)
            seen = f"{seen}, and predicts there: {await _prediction(served, scratch)}"
        return [], seen
    except WorkerNotReady as error:
        where = place(error)
        mend = "mend that line" if where else "change the model as the message says"
        if "FileNotFoundError" in str(error):
            mend = (
                "a server's working directory is not yours: build the path from "
                "Path(__file__).parent, or from an environment variable"
            )
        text = f"it does not get ready in a worker: {in_short(error)}{where}"
        return [Finding(text, mend + _last_words(printed))], ""
    except InvalidArguments as error:
        return [
            Finding(
                f"no example of its arguments could be made: {in_short(error)}",
                "give the fields one: metadata={'example': …}",
                harmless=True,
            )
        ], ""
    except DeepaasError as error:
        error.add_note(getattr(error, "trace", ""))
        return [Finding(f"{in_short(error)}{place(error)}", "mend that" + _last_words(printed))], ""
    finally:
        await executor.close()
        scratch.close()


async def _prediction(served: ServedModel, scratch: Scratch) -> str:
    arguments = served.predict_arguments
    with prepared(arguments, Call(_examples(arguments), ""), scratch) as ready:
        answer, _ = await served.predict(ready.arguments, JSON)
    if isinstance(answer, AnswerStream):
        return f"a stream of {answer.content_type}, {len([one async for one in answer])} items"
    return _shown(answer)


def _examples(arguments: Arguments) -> dict[str, Any]:
    return {one.key: _example(one) for one in arguments if one.required}


def _example(argument: Argument) -> Any:
    if argument.is_file:
        return [example_file(argument, SAMPLE).partition(";")[0]]
    texts = example_texts(argument)
    return texts if argument.is_list else texts[0]


def _shown(answer: Answer) -> str:
    if answer.path:
        remove(answer.path)
        return f"a file, {answer.content_type}"
    body = answer.body or b""
    if answer.content_type == JSON:
        return in_short(body.decode(), 80)
    return f"{len(body)} bytes, {answer.content_type}"


def _last_words(printed: list[bytes]) -> str:
    text = in_short(b"".join(printed).decode(errors="replace"), 200)
    return f"; it has printed: {text}" if text else ""
