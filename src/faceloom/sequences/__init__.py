"""One grid, one table, tokens and windows."""
