"""`python -m ovlearn`: the command, where it is not on the PATH.

Nothing else is imported from the present folder, where a learner's `numpy.py` may lie. But a file
`ovlearn.py` or a folder `ovlearn` there is what Python runs instead of this; `python -P -m ovlearn` does not
look there.
"""

import os
import sys

if __name__ == "__main__":
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
        del sys.path[0]  # it stands there because of -m

    from ovlearn.cli import main

    sys.exit(main())
