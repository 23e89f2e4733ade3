"""What a coordinator keeps of alarms and outages; others never get it."""
