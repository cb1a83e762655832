"""A language server: findings and predicted times in editors."""
