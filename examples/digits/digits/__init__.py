"""Reads a handwritten digit from a picture: an example model for DEEPaaS."""
