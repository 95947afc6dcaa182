"""What happens after the sale; so far the movements of subscriptions.

Owns: subscription movements (new, more, less, gone, back) with the monthly revenue before and after.
Verbs: `movements.keep(batch)`, told by the doors of `leads` through settings.SUBSCRIPTION_MOVEMENTS.
Questions: none yet. Hears: nothing. Tells: nothing yet.
Never: computes revenue in floating point; keeps one movement twice.
"""
