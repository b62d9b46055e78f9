"""Models in service."""
