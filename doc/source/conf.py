"""Configuration of Sphinx."""

from deepaas import extract_version

project = "DEEPaaS"
author = "The DEEPaaS developers"
copyright = "The DEEPaaS developers"
version = release = extract_version()

extensions = ["oslo_config.sphinxext", "sphinx.ext.intersphinx"]
intersphinx_mapping = {}
exclude_patterns = ["examples"]
nitpicky = True

html_theme = "furo"
html_title = f"DEEPaaS {release}"
html_static_path = ["_static"]
