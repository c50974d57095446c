"""Checking an answer's code."""
