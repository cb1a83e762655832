"""What each command beside check does: one folder a command."""
