"""Shows an answer while it streams: on a terminal, into a pipe, or in a Jupyter notebook.

::

    from edgequake import EdgequakeClient
    from edgequake.display import StreamDisplay

    answer = StreamDisplay().show(EdgequakeClient().query.stream("What is EdgeQuake?"))

Needs ``pip install "edgequake[cli]"``.
"""

try:
    from edgequake.display.stream_display import StreamDisplay
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "rich":
        raise
    raise ImportError('edgequake.display needs rich: pip install "edgequake[cli]"') from error

__all__ = ["StreamDisplay"]
