"""The benchmark's models: what they compute, and how each server is told to compute it."""
