"""The pipeline: ``client.pipeline``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake.models.pipeline import PipelineActivity, PipelineCancel, PipelineOptions, PipelineStatus, QueueMetrics

if TYPE_CHECKING:
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncPipeline"]


class AsyncPipeline(AsyncResource):
    """The pipeline that processes documents: ``client.pipeline``.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    async def status(self, **options: Unpack[PipelineOptions]) -> PipelineStatus:
        """What the pipeline is doing (``GET /api/v1/pipeline/status``)."""
        return await self._send("GET /api/v1/pipeline/status", PipelineStatus, options, PipelineOptions)

    async def cancel(self, **options: Unpack[BodyOptions]) -> PipelineCancel:
        """Tells the pipeline to stop (``POST /api/v1/pipeline/cancel``). If it is idle, nothing happens."""
        return await self._send("POST /api/v1/pipeline/cancel", PipelineCancel, options, replayable=True)

    async def activity(self, **options: Unpack[RequestOptions]) -> PipelineActivity:
        """The documents that are being processed (``GET /api/v1/pipeline/activity``)."""
        return await self._send("GET /api/v1/pipeline/activity", PipelineActivity, options)

    async def queue_metrics(self, **options: Unpack[PipelineOptions]) -> QueueMetrics:
        """The length and the speed of the queue (``GET /api/v1/pipeline/queue-metrics``)."""
        return await self._send("GET /api/v1/pipeline/queue-metrics", QueueMetrics, options, PipelineOptions)
