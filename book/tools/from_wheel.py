"""Execute a chapter as one does who only has its notebook: a bare kernel, the wheel, no network.

    python book/tools/from_wheel.py dist/*.whl        chapter 1
    python book/tools/from_wheel.py dist/*.whl 06     another

The kernel's environment has what this one has, but not the course's library. The chapter's first
cell finds it missing and installs it by pip, which is shown the wheel instead of an index. Whatever
in that kernel asks for another host by Python's sockets gets an error.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from unittest import mock

import nbformat
from chapters import find
from nbclient import NotebookClient

# Python runs this when it starts. Jupyter's own messages go over 127.0.0.1.
WITHOUT_NETWORK = """import socket

def near(call):
    def called(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "localhost", "::1"):
            raise OSError(f"the network is off: {address[0]}")
        return call(self, address)
    return called

socket.socket.connect = near(socket.socket.connect)
socket.socket.connect_ex = near(socket.socket.connect_ex)
"""


def bare_environment(folder, wheel):
    """Make an environment without the library in ``folder``, and a kernel ``bare`` in it.

    Args:
        folder: an empty one; wheel: path of what pip shall find.

    Returns:
        The folder that ``JUPYTER_PATH`` has to name.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = folder / "venv" / "lib" / version / "site-packages"
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if "prodimg" not in package.name and package.suffix != ".pth":
            (own / package.name).symlink_to(package)
    (own / "sitecustomize.py").write_text(WITHOUT_NETWORK, encoding="utf-8")
    kernel = folder / "jupyter" / "kernels" / "bare"
    kernel.mkdir(parents=True)
    about = {
        "argv": [
            str(folder / "venv" / "bin" / "python"),
            *("-m", "ipykernel_launcher", "-f", "{connection_file}"),
        ],
        "display_name": "bare",
        "language": "python",
        "env": {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(Path(wheel).resolve().parent),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
    }
    (kernel / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    return folder / "jupyter"


def execute(notebook, wheel, timeout=1800):
    """Execute a notebook so, in an empty folder, and return it with its outputs."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kernels = bare_environment(Path(folder), wheel)
        work = Path(folder) / "work"
        work.mkdir()
        with mock.patch.dict(os.environ, JUPYTER_PATH=str(kernels)):
            os.environ.pop("PYTHONPATH", None)
            client = NotebookClient(
                notebook,
                timeout=timeout,
                kernel_name="bare",
                resources={"metadata": {"path": str(work)}},
            )
            return client.execute()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("name", nargs="?", default="01", help="beginning of a chapter's name")
    chosen = parser.parse_args(arguments)
    for path in find(names=[chosen.name]):
        execute(nbformat.read(path, as_version=4), chosen.wheel)
        print(f"{path.name} ran from {chosen.wheel.name}, in a bare kernel, without a network.")


if __name__ == "__main__":
    main()
