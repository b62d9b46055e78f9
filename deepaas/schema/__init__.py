"""What arguments and answers look like: one description, and all that is rendered from it."""
