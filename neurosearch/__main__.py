"""``python -m neurosearch`` is the command line."""

import sys

from neurosearch.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
