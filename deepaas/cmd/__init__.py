"""The commands: they parse, compose and start."""
