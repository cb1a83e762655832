"""The interpretation of constructors: each file evaluates one kind of thing in an environment."""
