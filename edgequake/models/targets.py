"""What can be waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from edgequake.models.documents import Document
from edgequake.models.folder import FolderUpload
from edgequake.models.ids import HasDocumentId, HasTrackId
from edgequake.models.pdf import PdfBatchUpload
from edgequake.models.uploads import BatchUpload, Upload

__all__ = ["OneTarget", "WaitTarget"]

OneTarget: TypeAlias = (
    str | Upload | BatchUpload | PdfBatchUpload | FolderUpload | Document | HasTrackId | HasDocumentId
)
"""An upload, a batch, a folder, a track id, or any answer that names a document or a track."""
WaitTarget: TypeAlias = OneTarget | Sequence[OneTarget]
"""One of these, or a list of them: what ``documents.wait`` takes."""
