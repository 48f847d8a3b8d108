"""What stops a build."""

from __future__ import annotations

from collections.abc import Iterable


class RenderError(Exception):
    """A lesson, an equation or an asset that cannot be shown; its text says where and why."""

    @classmethod
    def of(cls, problems: Iterable[str]) -> RenderError:
        """Return one error for several problems, each told once."""
        return cls("\n".join(dict.fromkeys(problems)))
