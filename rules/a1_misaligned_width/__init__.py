"""A1: a width off a target's fast path costs time that its FLOPs don't show."""
