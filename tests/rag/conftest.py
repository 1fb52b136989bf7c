from collections.abc import Iterator

import pytest
from rag.fakes import WAIT, Collect, collect_async, collect_sync, threads_of_streams


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threads_of_streams():
        thread.join(WAIT)
        assert not thread.is_alive()


@pytest.fixture(params=[collect_sync, collect_async], ids=["sync", "async"])
def collect(request: pytest.FixtureRequest) -> Collect:
    """Runs a stream to its end, by the sync and by the async door."""
    return request.param
