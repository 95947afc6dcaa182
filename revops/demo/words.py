"""Invented names: people, firms, titles. Addresses end in .example and reach nobody."""

FIRST = """Adaeze Agnes Aisha Alba Alice Amara Amir Ana Anders Andrea Anita Anton Arjun Astrid Bea Ben Bianca Bruno Camila
Carl Carmen Caroline Chen Chidi Clara Colin Dana Daniel Daria David Deepa Diego Dina Dmitri Edith Elena Elias Elif Emil
Emma Erik Esther Eva Fatima Felix Fiona Frank Freya Gabriel Gina Grace Greta Hana Hannah Hassan Helen Henrik Hugo Ida
Ines Ingrid Irene Isaac Ivan Jack Jakob Jana Jin Joana Jonas Jorge Julia Kai Karim Karin Kateryna Kenji Kofi Laila Lars
Laura Leah Lena Leo Lina Lisa Louis Lucia Luis Maja Malik Manuel Mara Marco Maria Marta Mateo Maya Mei Mikael Mina
Mira Nadia Naomi Nia Nils Nina Noah Nora Olga Oliver Omar Oscar Paula Pedro Petra Philip Priya Rafael Raj Rania Rhea
Robin Rosa Ruben Ruth Samir Sana Sara Silvia Simon Sofia Stefan Susan Sven Tamar Tara Thabo Theo Tomas Ulla Uma Vera
Victor Wanda Wei Yara Yusuf Zainab Zoe""".split()
LAST = """Abbott Adler Ahmed Almeida Andersen Arslan Aziz Baker Bakker Barros Bauer Becker Bello Bennett Berg Bianchi
Blake Bosch Boyd Braun Brooks Byrne Carter Castro Chandra Chen Cohen Cole Costa Cruz Dahl Dalton Das Demir Diaz Dixon
Dubois Duarte Dunn Ekström Ellis Eriksen Evans Farah Faure Fischer Fleming Flores Ford Fournier Frank Fuchs Garcia
Georgiou Gill Graf Grant Gupta Haas Hale Hansen Harris Hassan Hayes Heinz Herrera Hoffman Holm Horvat Howard Ibrahim
Ito Ivanova Jansen Jensen Johansson Joshi Kahn Kaya Keller Kelly Khan Kim King Klein Kovacs Kowalski Kumar Lambert
Lang Larsen Lee Lehmann Lind Lindqvist Lopez Lund Maier Malik Marin Marsh Martin Mason Mehta Meyer Mills Molina Moore
Morales Moreau Müller Murphy Nair Nguyen Nielsen Novak Nowak Obi Okafor Olsen Ortega Osei Owens Palmer Park Patel
Pereira Perez Petrov Popov Quinn Ramos Rao Reed Reyes Richter Rivera Romano Rossi Roth Roy Ruiz Sato Schmidt Schulz
Sharma Silva Singh Sørensen Stein Stone Suzuki Takeda Tanaka Torres Tran Turner Vance Varga Vega Vogel Walker Wang
Weber Weiss West White Winter Wolf Wright Yamada Yang Yilmaz Zhang Ziegler""".split()
FIRM_FIRST = """Alder Altan Amber Anchor Arden Argent Aspen Atlas Aurora Basalt Beacon Birch Bluewater Bright Cardinal
Cascade Cedar Cinder Clover Cobalt Compass Copper Coral Crane Crest Delmar Delta Dover Eastgate Ember Fairway Falcon
Fern Fjord Flint Forge Foxglove Garnet Glacier Granite Hadley Halcyon Harbor Hazel Heron Highland Horizon Indigo Iron
Ivory Jasper Juniper Kestrel Keystone Kiso Lantern Lark Laurel Linden Lumen Magnet Maple Marlin Meridian Mesa Mica
Mistral Nimbus Nordic Northgate Oakline Obsidian Ocean Onyx Orchard Osprey Palisade Pebble Pelican Pine Pioneer Polar
Prairie Quarry Quill Raven Redwood Ridge River Rowan Saffron Sage Sierra Silver Slate Solstice Sparrow Spruce Sterling
Stone Summit Sycamore Tamarack Tern Thistle Tidewater Timber Topaz Trellis Umber Upland Vale Vantage Vela Verdant
Vesper Walnut Waypoint Westgate Willow Windward Yarrow Zenith Zephyr""".split()
FIRM_SECOND = {
    "Software": "Systems Software Labs Apps Cloud", "SaaS": "Cloud Works Platform Stack",
    "Fintech": "Pay Ledger Capital", "Financial services": "Finance Trust Partners", "Insurance": "Mutual Assurance",
    "Logistics": "Freight Logistics Lines Cargo", "Retail logistics": "Supply Fulfilment Depot",
    "Telecommunications": "Telecom Networks", "Manufacturing": "Works Mill Steel Pumps Parts",
    "Retail": "Retail Stores Market", "E-commerce": "Shop Commerce", "Healthcare": "Health Clinics Care",
    "Professional services": "Consulting Advisors Group", "Media": "Media Press Studios", "Energy": "Energy Power Solar",
    "Travel": "Travel Hotels", "Education": "College Academy", "Construction": "Builders Construction",
    "Agriculture": "Farms Foods", "Non-profit": "Foundation Alliance", "Public sector": "County District",
}  # fmt: skip
TITLES = [
    ("VP Sales", 4), ("VP Operations", 4), ("VP Revenue", 2), ("VP Finance", 2), ("Chief Revenue Officer", 2), ("CTO", 2),
    ("COO", 2), ("Founder", 2), ("Director Sales Ops", 5), ("Director of Marketing", 4), ("Head of Growth", 4),
    ("Head of Logistics", 3), ("IT Director", 3), ("RevOps Lead", 4), ("Marketing Manager", 8), ("Sales Manager", 8),
    ("Operations Manager", 7), ("Project Manager", 5), ("Account Executive", 5), ("Business Analyst", 6),
    ("Marketing Specialist", 7), ("Sales Operations Analyst", 5), ("Office Assistant", 3), ("Consultant", 4),
]  # fmt: skip
JUNK_TITLES = ["Student", "Student assistant", "Intern", "Trainee", "Office Assistant", "Consultant", "Owner"]
MESSAGES = {
    "demo": [
        "Routing is by hand today. We want a demo before the January peak.",
        "We answer web leads a day late and know it. Please show us how you would do it.",
        "Two teams, two spreadsheets, no agreement on what a lead is. Can we see yours?",
        "Our board asks for one set of numbers. A demo this week would help.",
        "We lose quotes between the web form and the desk.",
    ],
    "contact": [
        "What does it cost for 40 seats?", "Do you connect to our CRM?", "Please call me about a pilot.",
        "Who can answer a security questionnaire?", "We need this live before the new quarter.",
    ],
    "trial": ["We would like to try it with one team first.", "Is there a trial for three months?"],
    "junk": ["hi", "I want the tablet", "please send the prize", "is this free?", "test"],
}  # fmt: skip
NOTES = {
    "attempt": ["No answer.", "Voicemail left.", "Mail sent, two questions.", "Receptionist: call again after two."],
    "two_way": [
        "Spoke for ten minutes: routing by hand, four people.", "Wants numbers first, then a demo.",
        "Asked for security papers.", "Project lead named, budget open.", "Meeting set for next week.",
    ],
}  # fmt: skip
BANT = {
    "budget": [("$40,000 this year", "Said on the call: line is in the operations budget."),
               ("Up to $60,000", "Price was said and not refused.")],
    "authority": [("VP decides", "Title VP, signs up to $80,000."), ("Named project lead", "Introduced by the sponsor.")],
    "need": [("Answers take a day", "Their words: two of ten leads are never called."),
             ("One set of numbers", "Board asked twice since spring.")],
    "timeline": [("Before the next quarter", "Contract of the old tool ends then."),
                 ("Within six months", "New team starts in the summer.")],
}  # fmt: skip
LOSS_NOTES = ["Chose to wait for the next budget.", "Said they keep the spreadsheet.", "Went with the suite they own."]
COMPETITORS = ["Leadwheel", "Pipeforge", "Quotient CRM"]
# What was promised to happen next: on an accepted lead, a qualified one, a deal, a deal near its end.
STEPS = {
    "sal": ["Call again after their meeting", "Send the two answers they asked for", "Call with their IT lead",
            "Second call: who decides and when", "Send the case of a firm like theirs"],
    "sql": ["Demo for the sponsor", "Agree on the numbers with finance", "Draft of the offer"],
    "deal": ["Send the offer", "Demo for the team", "Security questionnaire back", "Price talk with finance",
             "Call with the sponsor", "Reference call"],
    "close": ["Signature", "Answer of their board", "Contract back from legal"],
}  # fmt: skip
OBJECTIONS = [
    ("security", "Where is the data kept?", "Data residency one-pager"),
    ("security", "Our auditors want to see who may read what.", "Roles and audit, two pages"),
    ("price", "That is twice what we pay now.", "What it saves in a year, by team size"),
    ("integration", "Does it write back to our ERP?", "How it works with an ERP"),
    ("competitor", "Laneflow does this too, they say.", "Laneflow compared, honestly"),
    ("trust", "Who of our size uses it?", "Customer story, logistics"),
    ("timing", "Not before the new fiscal year.", "A start in two weeks, step by step"),
    ("feature", "We need it in Polish.", ""),
]
WHY_LESS = [
    "Signs this quarter and is a reference for logistics",
    "The other offer is lower and they want us",
    "Two years instead of one",
    "Second site follows in spring",
]
