"""One module a bug, ``bNN_slug.py``; its shape is described in WRITING.md."""
