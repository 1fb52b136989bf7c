"""Shows an answer while it streams: on a terminal, into a pipe, or in a Jupyter notebook.

::

    from edgequake import EdgequakeClient
    from edgequake.display import StreamDisplay

    answer = StreamDisplay().show(EdgequakeClient().query.stream("What is EdgeQuake?"))

Needs ``pip install "edgequake[cli]"``.
"""

from edgequake.display.stream_display import StreamDisplay

__all__ = ["StreamDisplay"]
