"""``python -m prodimg_lib.cli``."""

from prodimg_lib.cli import main

main()
