"""What both sides agreed the numbers should be, and which of them matter.

Owns: joint goals with their pace, judgements of the KPI audit.
Verbs: `goals.propose / agree / end`, `audit.judge / choose`, `announcing.look`.
Questions: `goals.standing(now)`, `goals.joint(now)`, `goals.target_of(kpi, on=)`, `audit.cards()`, `audit.lines(now)`.
Tells: `goal.proposed / agreed / ended / reached`, `kpi.judged`. Never: a goal of one side; a card for vanity.
"""
