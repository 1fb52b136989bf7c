"""What this package assumes about a server, tried on one: ``edgequake doctor``."""
