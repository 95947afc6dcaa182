"""Each KPI as it was seen at the end of each day: kept, and shown beside what the facts say today."""
