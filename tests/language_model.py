"""The language model that the course reads, for the tests: fetched once, and only if a test needs it."""

from __future__ import annotations

from functools import cache

from ovlearn import GPT, checkpoints


@cache
def lack_of_model() -> str:
    """Why there is no model here, in a line, or nothing."""
    try:
        checkpoints.fetch("smollm2")
    except (checkpoints.FetchError, ImportError) as reason:
        return f"no smollm2: {reason}"
    return ""


@cache
def model() -> GPT:
    """SmolLM2, as it is: unfolded."""
    return checkpoints.load(checkpoints.fetch("smollm2"))
