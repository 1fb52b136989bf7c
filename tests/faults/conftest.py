from client.conftest import caller, closed_port, server
from forks import processes

__all__ = ["caller", "closed_port", "processes", "server"]
