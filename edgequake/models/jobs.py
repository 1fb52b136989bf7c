"""Jobs: work on a workspace that is asked for by name."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import NumberedPage, Pagination

__all__ = ["Job", "JobCatalog", "JobCatalogEntry", "JobLinks", "JobListOptions", "JobPage", "NewJobOptions"]


class JobListOptions(RequestOptions, total=False):
    """The options of ``workspaces.jobs.list``."""

    status: str | None
    """Only jobs with this status."""
    page: int | None
    """The page to begin with, from 1."""
    page_size: int | None
    """How many jobs in one request. Default: 100."""


class NewJobOptions(BodyOptions, total=False):
    """The options of ``workspaces.jobs.create``."""

    payload: Any
    """The input of the job, as JSON."""


class JobLinks(Model):
    """Related addresses: paths on the server."""

    self_link: str | None = None
    """This answer itself."""
    cancel: str | None = None
    """The path that cancels the job, with DELETE."""
    catalog: str | None = None
    """The kinds of jobs."""
    v1_task: str | None = None
    """The same job as a task."""
    create: str | None = None
    """The path that starts a job, with POST."""
    list: str | None = None
    """The jobs."""


class Job(Answer):
    """A job."""

    job_id: str
    """Its id, which is also the ``track_id`` of a task."""
    job_type: str | None = None
    """What it does; ``workspaces.jobs.catalog`` lists the kinds."""
    status: str | None = None
    """``pending``, ``processing``, ``indexed``, ``failed``, ``cancelled``. Other values are possible."""
    tenant_id: str | None = None
    """The tenant."""
    workspace_id: str | None = None
    """The workspace."""
    created_at: str | None = None
    """When it was asked for, RFC 3339."""
    updated_at: str | None = None
    """When it was last changed, RFC 3339."""
    links: JobLinks = Field(default_factory=JobLinks)
    """Related addresses."""

    @property
    def track_id(self) -> str:
        """The same as ``job_id``: the id of the task."""
        return self.job_id


class JobPage(NumberedPage[Job]):
    """One page of jobs."""

    rows_in: ClassVar[str] = "jobs"

    workspace_id: str | None = None
    """The workspace."""
    jobs: list[Job] = Field(default_factory=list)
    """The jobs of this page."""
    pagination: Pagination = Field(default_factory=Pagination)
    """The position of this page among all pages."""
    links: JobLinks = Field(default_factory=JobLinks)
    """Related addresses."""


class JobCatalogEntry(Model):
    """One kind of job."""

    job_type: str
    """Its name, for ``workspaces.jobs.create``."""
    description: str | None = None
    """What it does."""
    creatable_via_v2: bool | None = None
    """Whether ``workspaces.jobs.create`` can start it."""
    v1_equivalent: str | None = None
    """The route that does the same."""
    endpoints: list[str] = Field(default_factory=list)
    """The routes that start it."""


class JobCatalog(Answer):
    """The kinds of jobs that the server knows."""

    workspace_id: str | None = None
    """The workspace."""
    entries: list[JobCatalogEntry] = Field(default_factory=list)
    """The kinds."""
    links: JobLinks = Field(default_factory=JobLinks)
    """Related addresses."""
