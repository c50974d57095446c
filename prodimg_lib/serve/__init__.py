"""Serve a trained model over HTTP, and export it to formats that need none of this library."""
