"""What run.py is made of: workloads, jobs, contestants, checks and reports."""
