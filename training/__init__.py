"""How the starting encoder was made; see `training/README.md`."""
