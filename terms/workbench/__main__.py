"""`python -m terms.workbench VERB …`: the workbench without Django."""

import sys

from terms.workbench.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
