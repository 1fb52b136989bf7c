from client.conftest import caller, server

__all__ = ["caller", "server"]
