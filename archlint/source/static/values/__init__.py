"""What an expression can be as far as the source tells, and what is known of operations on it."""
