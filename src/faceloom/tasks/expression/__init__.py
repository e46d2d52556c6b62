"""Five expressions by a residual network (reference 2)."""
