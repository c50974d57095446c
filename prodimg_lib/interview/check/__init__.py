"""Checking an answer's code."""

TIME_LIMIT = 10.0  # processor seconds for the checks of a file; a right answer needs about one
