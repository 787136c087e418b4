"""``python -m neurosearch`` is the command line."""

import sys

from neurosearch.cli import main

if __name__ == "__main__":
    sys.exit(main())
