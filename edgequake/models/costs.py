"""What models cost, and have cost; in US dollars."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions, RequestOptions

__all__ = [
    "Budget",
    "BudgetOptions",
    "CostEstimate",
    "CostHistoryOptions",
    "CostPoint",
    "CostSummary",
    "ModelPrice",
    "OperationCost",
    "Pricing",
]


class CostHistoryOptions(RequestOptions, total=False):
    """The options of ``costs.history``."""

    start_date: str | None
    """The first day, such as ``2026-09-01``."""
    end_date: str | None
    """The last day."""
    granularity: Literal["hour", "day", "week", "month"] | str | None
    """How long each point is."""


class BudgetOptions(BodyOptions, total=False):
    """The options of ``costs.update_budget``: what to change."""

    monthly_budget_usd: float | None
    """What a month may cost."""
    alert_threshold: float | None
    """From how many percent of it the server warns."""


class ModelPrice(Model):
    """What a model costs."""

    model: str
    """The model."""
    input_cost_per_1k: float | None = None
    """A thousand tokens that it reads."""
    output_cost_per_1k: float | None = None
    """A thousand tokens that it writes."""


class Pricing(Answer):
    """What the models cost."""

    models: list[ModelPrice] = Field(default_factory=list)
    """One row a model."""


class CostEstimate(Answer):
    """What a call would cost."""

    model: str
    """The model."""
    input_tokens: int
    """Tokens that it would read."""
    output_tokens: int
    """Tokens that it would write."""
    estimated_cost_usd: float
    """What that would cost."""
    formatted_cost: str | None = None
    """The same to show."""


class OperationCost(Model):
    """What one kind of work has cost."""

    operation: str
    """The kind of work, such as ``extract``."""
    cost: float | None = None
    """What it has cost."""
    input_tokens: int | None = None
    """Tokens that were read."""
    output_tokens: int | None = None
    """Tokens that were written."""
    total_tokens: int | None = None
    """Both."""
    call_count: int | None = None
    """Calls of a model."""
    percentage: float | None = None
    """How much of all costs, in percent."""


class Budget(Answer):
    """What a month may cost, and has cost."""

    monthly_budget_usd: float | None = None
    """What a month may cost."""
    spent_usd: float | None = None
    """What this month has cost."""
    remaining_usd: float | None = None
    """What is left."""
    alert_threshold: float | None = None
    """From how many percent of the budget the server warns."""
    is_over_budget: bool | None = None
    """Whether more has been spent than may be."""


class CostSummary(Answer):
    """What a workspace has cost."""

    workspace_id: str | None = None
    """The workspace."""
    total_cost: float | None = None
    """All of it."""
    document_count: int | None = None
    """Documents that were processed."""
    total_tokens: int | None = None
    """Tokens that were read and written."""
    average_cost_per_document: float | None = None
    """What a document has cost on average."""
    by_operation: list[OperationCost] = Field(default_factory=list)
    """One row a kind of work."""
    period_start: str | None = None
    """The first day."""
    period_end: str | None = None
    """The last day."""
    budget: Budget | None = None
    """The month's budget."""


class CostPoint(Answer):
    """What one stretch of time has cost."""

    timestamp: str
    """When it began, RFC 3339."""
    total_cost: float | None = None
    """What it has cost."""
    total_tokens: int | None = None
    """Tokens that were read and written."""
    document_count: int | None = None
    """Documents that were processed."""
