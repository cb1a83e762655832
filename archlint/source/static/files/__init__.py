"""The Python files inside the folders that the user gives."""
