"""The way from first interest to first value: phases, who speaks in them, and where both teams go silent."""
