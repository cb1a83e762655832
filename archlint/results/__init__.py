"""What each command says, as plain data: the report's formats print these."""
