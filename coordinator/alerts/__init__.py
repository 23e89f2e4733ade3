"""Alarms as a coordinator keeps them, and how they reach people who look at no page."""
