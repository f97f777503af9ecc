"""Where a bank's content lasts."""
