"""The rules, one folder each: its check, its docs page and its plot."""
