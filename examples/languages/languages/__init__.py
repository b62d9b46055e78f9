"""Tells which language a text is in: an example model for DEEPaaS."""
