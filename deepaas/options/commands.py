"""What only ``deepaas-cli`` has."""

from __future__ import annotations

from oslo_config import cfg

cli_opts = [
    cfg.StrOpt(
        "deepaas_method_output",
        default="",
        metavar="FILE",
        help="File to write the result to; a folder where there are several inputs. Folders are "
        "made, and an ending that does not fit the content is completed.",
    ),
    cfg.BoolOpt(
        "deepaas_with_multiprocessing",
        default=True,
        help="Run the model in worker processes; otherwise in the process of the command.",
    ),
    cfg.StrOpt(
        "output-format",
        default="text",
        choices=["text", "jsonl"],
        help="'text' prints a line 'return: ...' for each input, 'jsonl' a line of JSON.",
    ),
]
