"""The rules, one folder each: its check, experiments, docs page and measured tables."""
