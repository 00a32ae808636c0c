"""`python -m wagit`."""

from wagit.cli.main import main

main()
