"""Performers whose faults, deductions and scores are known exactly."""
