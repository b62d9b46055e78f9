"""Under which keys an application keeps its resources."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.console import Console
from deepaas.files import Scratch
from deepaas.serving.registry import Registry
from deepaas.settings import Settings
from deepaas.trainings.service import TrainingService

SETTINGS = web.AppKey("settings", Settings)
REGISTRY = web.AppKey("registry", Registry)
TRAININGS = web.AppKey("trainings", TrainingService)
SCRATCH = web.AppKey("scratch", Scratch)
CONSOLE = web.AppKey("console", Console)
DOCUMENT = web.AppKey("document", bytes)
