"""A fleet of workers over one Postgres database: a thin adapter of procrastinate.

A job names a bank and a source, and nothing else: the text is in the run that the checkpoint keeps.
To run a job is to resume that run, so a job that another worker takes over goes on where the first
one stopped. procrastinate brings the queue, its locks, the worker and its heartbeat.
"""
