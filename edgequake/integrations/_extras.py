"""What is said where the package that an integration is for is not installed."""

from __future__ import annotations

__all__ = ["missing"]


def missing(extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """The error in place of ``error``: it says which extra brings the module."""
    words = f'edgequake.integrations needs {error.name}: pip install "edgequake[{extra}]"'
    return ModuleNotFoundError(words, name=error.name)
