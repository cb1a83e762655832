"""What a run can be told: each option once, for the command line, the configuration and Python.

`Options` and `Asked` are the table.  What exists (rules, their options, targets, formats) is
passed in, so that reading a configuration needs neither rules nor tables.
"""
