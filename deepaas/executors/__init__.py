"""Where code runs. An executor knows processes and clusters, and nothing of models."""
