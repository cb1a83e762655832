"""What a kernel is: its kind, its sizes, its text in a table."""
