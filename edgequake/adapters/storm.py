"""Sionic's Storm with the streams of this SDK.

::

    from edgequake.adapters.storm import StormClient

    with StormClient() as storm:  # STORM_API_KEY; STORM_API_URL if it is not Sionic's own service
        for chunk in storm.stream("What is Storm?"):
            print(chunk, end="", flush=True)
"""

from edgequake.adapters._async.storm import AsyncStormClient
from edgequake.adapters._storm import StormAnswer, StormChunk, StormOptions
from edgequake.adapters._sync.storm import StormClient

__all__ = ["AsyncStormClient", "StormAnswer", "StormChunk", "StormClient", "StormOptions"]
