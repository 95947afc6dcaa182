"""Where demand comes from.

Owns: channels (one vocabulary with aliases), campaigns, spend by month, what people's time costs, content requests
(`requests`); pages /spend/, /content/.
Verbs: `campaigns.ids(names)` makes the campaigns nobody has named before; `spend.keep(amounts)` keeps each (source,
key) once and `spend.take_back(batch)` undoes it; `time.set_rate`, `set_norms`, `keep_hours`, `set_margin`.
Questions: `channels.resolve(utm, referrer, …)` names the channel of a touch (pure); `vocabulary.named(name)`;
`spend_grid.of(month)`. One reader (`spend_reading`) for the grid, files and REST.
Hears: nothing. Tells: `content.asked / taken / answered / done / declined`, `spend.kept`, `spend.removed`,
`rate.set`, `rate.dropped`, `norms.set`, `hours.kept`, `company.margin`.
Never: knows a lead; where time went is asked through `settings.LOGGED_TIME`.
"""
