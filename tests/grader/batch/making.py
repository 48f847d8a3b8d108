"""Submissions for tests."""

from __future__ import annotations

import json
from typing import Any

GOOD = "import numpy as np\ndef ov_matrix(W_V, W_O):\n    return W_V @ W_O\n\nov_rank = 64\n"
WRONG = "def ov_matrix(W_V, W_O):\n    return W_O @ W_V\n\nov_rank = 768\n"


def notebook(*cells: str, version: int = 4) -> str:
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
        for cell in cells
    ]
    if version == 3:
        old = [{"cell_type": "code", "language": "python", "input": cell} for cell in cells]
        return json.dumps(
            {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": old}]}
        )
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})
