"""What providers push to an address of ours, from the raw body to the person, the touch and the cycle.

Owns: connections (an account at a provider), their deliveries as they came, the events told in these, the visible
mapping of events and fields.
Verbs: `taking.take(connection, body, headers)` is the one way in; `asking.drain` fetches what came as an id only;
`connections.add / remap / rotate / switch`.
Questions: `mapping.read` (what would be read out of this), `connections.secrets_of`.
Hears: nothing. Tells: `hook.added`, `hook.remapped`, `hook.rotated`, `hook.switched`, and what `intake.capture` tells.
Never: reads a body before its signature is right; takes one event twice; believes a clock that is ahead.
"""
