# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Costs: ``client.costs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake._core.needs import Needs
from edgequake.models.costs import (
    Budget,
    BudgetOptions,
    CostEstimate,
    CostHistoryOptions,
    CostPoint,
    CostSummary,
    Pricing,
)

if TYPE_CHECKING:
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Costs"]

_SUMMARY = Needs("costs.summary", "TW", "answers with an empty result")


class Costs(Resource):
    """What models cost, and have cost, in US dollars: ``client.costs``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def pricing(self, **options: Unpack[RequestOptions]) -> Pricing:
        """What the models cost (``GET /api/v1/pipeline/costs/pricing``)."""
        return self._send("GET /api/v1/pipeline/costs/pricing", Pricing, options)

    def estimate(
        self, model: str, *, input_tokens: int, output_tokens: int, **options: Unpack[BodyOptions]
    ) -> CostEstimate:
        """What a call would cost (``POST /api/v1/pipeline/costs/estimate``).

        :param input_tokens: tokens that the model would read.
        :param output_tokens: tokens that it would write.
        :raises BadRequestError: the server does not know what this model costs.
        """
        route = "POST /api/v1/pipeline/costs/estimate"
        return self._send(
            route,
            CostEstimate,
            options,
            replayable=True,
            model=model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )

    def summary(self, **options: Unpack[RequestOptions]) -> CostSummary:
        """What the workspace has cost (``GET /api/v1/costs/summary``). Needs ``tenant_id`` and ``workspace_id``."""
        return self._send("GET /api/v1/costs/summary", CostSummary, options, needs=_SUMMARY)

    def history(self, **options: Unpack[CostHistoryOptions]) -> list[CostPoint]:
        """What each stretch of time has cost (``GET /api/v1/costs/history``)."""
        return self._send("GET /api/v1/costs/history", list[CostPoint], options, CostHistoryOptions)

    def budget(self, **options: Unpack[RequestOptions]) -> Budget:
        """What a month may cost, and has cost (``GET /api/v1/costs/budget``)."""
        return self._send("GET /api/v1/costs/budget", Budget, options)

    def update_budget(self, **options: Unpack[BudgetOptions]) -> Budget:
        """Changes the month's budget (``PATCH /api/v1/costs/budget``). What is not given stays as it is.

        The server takes the whole budget, so it is read first: two requests.
        """
        request: RequestOptions = {}
        if "timeout" in options:
            request["timeout"] = options["timeout"]
        if "headers" in options:
            request["headers"] = options["headers"]
        now = self.budget(**request)
        return self._send(
            "PATCH /api/v1/costs/budget",
            Budget,
            options,
            BudgetOptions,
            replayable=True,
            monthly_budget_usd=now.monthly_budget_usd or 0.0,
            spent_usd=now.spent_usd or 0.0,
            remaining_usd=now.remaining_usd or 0.0,
            alert_threshold=now.alert_threshold or 0.0,
            is_over_budget=bool(now.is_over_budget),
        )
