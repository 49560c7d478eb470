"""``python -m viddiff``."""

from viddiff.cli import main

main()
