"""`python -m ovlearn`: the command, where it is not on the PATH.

In a folder with a file `ovlearn.py` or a folder `ovlearn`, Python would run that instead; `python -P -m
ovlearn` does not look into the folder.
"""

import sys

from ovlearn.cli import main

if __name__ == "__main__":
    sys.exit(main())
