"""The wallboard: six numbers and the last win, by a secret address, nothing private."""
