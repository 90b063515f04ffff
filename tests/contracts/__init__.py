"""One suite per port, run over everything that implements it."""
