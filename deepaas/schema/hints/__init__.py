"""Type hints become the description of a model."""
