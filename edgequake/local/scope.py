"""Which documents a question is answered from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_TENANT: Final = "00000000-0000-0000-0000-000000000002"
DEFAULT_WORKSPACE: Final = "00000000-0000-0000-0000-000000000003"
"""What every installation has."""

INSIDE: Final = """
(substr(d.created_at, 1, length(:date_from)) >= :date_from AND substr(d.created_at, 1, length(:date_to)) <= :date_to
 AND (:parts || :ids = '[][]' OR d.id IN (SELECT value FROM json_each(:ids))
      OR EXISTS (SELECT 1 FROM json_each(:parts) WHERE instr(casefold(d.title), value))))
"""
"""Whether a document ``d`` lies inside a scope, of its values, in SQL."""
FOUND_IN: Final = f"""
p.workspace_id = :workspace AND (:anywhere OR p.document_id IN (SELECT d.id FROM documents d WHERE {INSIDE}))
"""  # noqa: S608 - a constant
"""Whether a passage ``p`` may be found, of the values of ``found_in``, in SQL."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents may be searched: (ids or title pattern) and dates, all optional.

    ``pattern`` holds title parts separated by commas, any of which may match, in any case. Dates are ISO,
    compared with the time a document was added, both ends included.
    """

    ids: Sequence[str] = ()
    pattern: str = ""
    date_from: str = ""
    date_to: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """The values that INSIDE takes."""
        parts = [part.strip().casefold() for part in self.pattern.split(",") if part.strip()]
        dates = {"date_from": self.date_from, "date_to": self.date_to}
        return {"ids": json.dumps([*self.ids]), "parts": json.dumps(parts), **dates}


def found_in(workspace: str, scope: Scope | None) -> dict[str, Any]:
    """The values that FOUND_IN takes; None is all of the workspace."""
    return {"workspace": workspace, "anywhere": scope is None, **(scope or Scope()).values}
