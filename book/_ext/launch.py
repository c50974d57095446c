"""Buttons that open a chapter in Colab or Binder, where the book knows its repository.

The address comes from ``PRODIMG_REPOSITORY`` (such as ``https://github.com/owner/name``), which the
workflow that publishes the book sets, so that the buttons of a fork open the fork. Without it the
chapters have the download button alone: a link that leads nowhere would be worse than none.
"""

import os

COLAB, BINDER = "https://colab.research.google.com", "https://mybinder.org"


def setup(app):
    app.connect("config-inited", lambda app, config: add_buttons(config, os.environ))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_buttons(config, environment):
    """Tell the theme where the notebooks are, if ``environment`` names a repository on GitHub."""
    repository = environment.get("PRODIMG_REPOSITORY", "").rstrip("/")
    if not repository.startswith("https://github.com/"):
        return
    launch = {"colab_url": COLAB, "binderhub_url": BINDER, "notebook_interface": "jupyterlab"}
    config.html_theme_options = config.html_theme_options | {
        "repository_url": repository,
        "repository_branch": environment.get("PRODIMG_BRANCH", "main"),
        "path_to_docs": "",
        "use_repository_button": True,
        "launch_buttons": launch,
    }
