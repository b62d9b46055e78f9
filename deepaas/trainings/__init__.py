"""Trainings: jobs with a life of their own."""
