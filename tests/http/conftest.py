from client.conftest import caller, closed_port, server, unanswering

__all__ = ["caller", "closed_port", "server", "unanswering"]
