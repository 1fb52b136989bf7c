from client.conftest import any_caller, caller, closed_port, server

__all__ = ["any_caller", "caller", "closed_port", "server"]
