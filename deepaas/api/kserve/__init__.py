"""Doors for clients of KServe and Triton."""
