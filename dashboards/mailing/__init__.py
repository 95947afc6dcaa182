"""The dashboard by mail, at the time somebody chose."""
