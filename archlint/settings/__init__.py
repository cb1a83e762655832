"""What a run can be told: each option once, for the command line, the configuration and Python.

`Options` and `Asked` are the table: a new option is a field there, and the code that heeds it.
What exists (rules, their options, targets, formats) is passed in, so that reading a configuration
needs neither rules nor tables.
"""
