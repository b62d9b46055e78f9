"""Who asks, and what they may; nothing of HTTP in here."""
