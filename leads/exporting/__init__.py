"""Everything that is kept can be taken out again, as CSV that is safe to open and as JSON.

Owns: the kinds of leads' own tables; rooms above bring theirs by settings.EXPORTS. Streams by keyset: memory does not
grow with the number of rows, and no transaction stays open while a slow reader reads.
"""
