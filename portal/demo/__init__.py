"""The demo: five providers with customers, thirteen months of history and staff, from a seed."""
