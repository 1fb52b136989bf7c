"""Which documents a question is answered from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DEFAULT_TENANT: Final = "00000000-0000-0000-0000-000000000002"
DEFAULT_WORKSPACE: Final = "00000000-0000-0000-0000-000000000003"
"""What every installation has."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents may be searched: (ids or title pattern) and dates, all optional.

    `pattern` holds title parts separated by commas, any of which may match, in any case. Dates are ISO,
    compared with the time a document was added, both ends included.
    """

    ids: Sequence[str] = ()
    pattern: str = ""
    date_from: str = ""
    date_to: str = ""

    def admits(self, document_id: str, title: str, created_at: str) -> bool:
        """Whether a document lies inside."""
        if self.date_from and created_at[: len(self.date_from)] < self.date_from:
            return False
        if self.date_to and created_at[: len(self.date_to)] > self.date_to:
            return False
        parts = [part.strip().casefold() for part in self.pattern.split(",") if part.strip()]
        if not self.ids and not parts:
            return True
        return document_id in self.ids or any(part in title.casefold() for part in parts)
