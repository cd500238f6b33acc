"""A provider's published terms as data that runs. Pure: standard library and yaml only."""
