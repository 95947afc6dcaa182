"""The two-way scoreboard: what each side promised, what it did, and the alarms. Numbers come from the shared sheet."""
