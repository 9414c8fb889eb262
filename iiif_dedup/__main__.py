"""`python -m iiif_dedup`; see `iiif_dedup.library.command_line`."""

import sys

from iiif_dedup.library.command_line import main

if __name__ == "__main__":
    sys.exit(main())
