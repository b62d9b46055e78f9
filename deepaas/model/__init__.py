"""What a model is, and how it is found."""
