"""The options of the commands; ``deepaas/config.py`` reads them."""

from __future__ import annotations

from deepaas.options.access import access_opts
from deepaas.options.browsers import browser_opts
from deepaas.options.commands import cli_opts
from deepaas.options.endpoints import endpoint_opts
from deepaas.options.flaat import flaat_opts
from deepaas.options.limits import limit_opts
from deepaas.options.listening import server_opts
from deepaas.options.logs import log_opts
from deepaas.options.models import model_opts, positional_opts
from deepaas.options.queues import queue_opts
from deepaas.options.sections import section_opts
from deepaas.options.trainings import training_opts

__all__ = ["cli_opts", "flaat_opts", "opts", "positional_opts", "section_opts"]

opts = [
    *model_opts,
    *server_opts,
    *access_opts,
    *browser_opts,
    *limit_opts,
    *endpoint_opts,
    *queue_opts,
    *training_opts,
    *log_opts,
]
