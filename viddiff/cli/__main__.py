"""``python -m viddiff.cli``."""

from viddiff.cli import main

main()
