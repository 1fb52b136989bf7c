from client.conftest import caller, closed_port, server

__all__ = ["caller", "closed_port", "server"]
