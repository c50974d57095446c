"""One module a coding exercise, ``cNN_slug.py``; its shape is described in WRITING.md."""
