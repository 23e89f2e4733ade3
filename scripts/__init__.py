"""Tools for those who build and distribute mrnmesh; none of it is installed."""
