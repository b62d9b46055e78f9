"""Attacks, which all fail."""
