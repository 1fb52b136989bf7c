# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The pipeline: ``client.pipeline``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.pipeline import PipelineActivity, PipelineCancel, PipelineOptions, PipelineStatus, QueueMetrics

if TYPE_CHECKING:
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Pipeline"]


class Pipeline(Resource):
    """The pipeline that processes documents: ``client.pipeline``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def status(self, **options: Unpack[PipelineOptions]) -> PipelineStatus:
        """What the pipeline is doing (``GET /api/v1/pipeline/status``)."""
        return self._send("GET /api/v1/pipeline/status", PipelineStatus, options, PipelineOptions)

    def cancel(self, **options: Unpack[BodyOptions]) -> PipelineCancel:
        """Tells the pipeline to stop (``POST /api/v1/pipeline/cancel``). If it is idle, nothing happens."""
        return self._send("POST /api/v1/pipeline/cancel", PipelineCancel, options, replayable=True)

    def activity(self, **options: Unpack[RequestOptions]) -> PipelineActivity:
        """The documents that are being processed (``GET /api/v1/pipeline/activity``)."""
        return self._send("GET /api/v1/pipeline/activity", PipelineActivity, options)

    def queue_metrics(self, **options: Unpack[PipelineOptions]) -> QueueMetrics:
        """The length and the speed of the queue (``GET /api/v1/pipeline/queue-metrics``)."""
        return self._send("GET /api/v1/pipeline/queue-metrics", QueueMetrics, options, PipelineOptions)
