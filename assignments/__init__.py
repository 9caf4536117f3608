"""The classroom: hand assignments out, take them in, grade them in a sandbox, give marks back.

`python -m assignments --help` lists what an instructor types. The modules import one way only:
course, verdict <- intake, sandbox <- running <- grading <- ledger, nbgrader_steps <- __main__.
"""
