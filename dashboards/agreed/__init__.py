"""What both sides agreed the numbers should be, and which of them matter.

Owns: joint goals with their pace, judgements of the KPI audit.
"""
