"""The parts of run.py: workloads, jobs, contestants, checks and reports."""
