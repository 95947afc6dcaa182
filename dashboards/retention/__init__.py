"""Do they stay, and do they pay more? What moved monthly revenue, retention month by month, and cohorts."""
