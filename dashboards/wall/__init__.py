"""The wallboard: six numbers and the last win, by a secret address, nothing private.

Verbs: `walls.make`, `walls.revoke`. Questions: `walls.find`, `board.of`. Every number comes from the sheet, the
scoreboard or the floor, which the pages show too; here they only become large.
"""
