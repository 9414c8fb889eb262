"""The processes that do the work: queues, jobs, workers, the scheduler and their supervisor.

A job's row in the database is the truth; Redis carries only its id, as a wake-up that may be
lost or come twice. See docs/adr/0003-jobs-live-in-the-database.md.
"""
