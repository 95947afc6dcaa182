"""Who is on Midwest's floor in the last hours, and with what they came."""

from revops.demo.market import Contact, Firm

NUMBERS = 900_000


def _firm(name: str, industry: str, employees: int, *technologies: str) -> Firm:
    domain = "".join(ch for ch in name.lower() if ch.isalnum()) + ".example"
    return Firm(name, domain, industry, employees, "US", "Midwest", list(technologies))


def _person(number: int, name: str, title: str, firm: Firm) -> Contact:
    first, _, last = name.partition(" ")
    return Contact(NUMBERS + number, first, last, title, firm)


def name_of(contact: Contact) -> str:
    return f"{contact.first_name} {contact.last_name}"


VELA = _firm("Vela Freight", "Logistics", 310, "HubSpot")
FIRMS = [
    _person(1, "Priya Raman", "VP Revenue", _firm("Northwind Cloud", "SaaS", 700, "Salesforce")),
    _person(2, "Marcus Hale", "Director Sales Ops", _firm("Lumen Freight", "Logistics", 640, "Salesforce")),
    _person(3, "Grace Lindqvist", "VP Operations", _firm("Harbor & Pine", "Retail logistics", 820, "Salesforce", "NetSuite")),
    _person(4, "Ines Duarte", "Head of Growth", _firm("Caixa Viva", "E-commerce", 240, "HubSpot")),
    _person(5, "Tom Okafor", "CTO", _firm("Bright Mill", "Manufacturing", 900, "SAP")),
    _person(6, "Owen Baptiste", "Head of Logistics", _firm("Kestrel Foods", "Retail", 400, "SAP")),
    _person(7, "Hana Sato", "RevOps Lead", _firm("Kiso Systems", "Software", 520, "HubSpot")),
    _person(8, "Yusuf Demir", "VP Finance", _firm("Altan Logistics", "Logistics", 560, "Salesforce")),
    _person(9, "Rachel Stein", "Director of Marketing", _firm("Delta Rail Supply", "Logistics", 1_400, "Salesforce")),
    _person(10, "Noor Aziz", "Director Sales Ops", _firm("Tidewater Freight", "Logistics", 780, "Salesforce")),
    _person(11, "Carl Heinz", "VP Operations", _firm("Rhein Pumps", "Retail logistics", 610, "Salesforce", "SAP")),
    _person(12, "Emil Novak", "VP Revenue", _firm("Brno Castings", "Manufacturing", 540, "Salesforce")),
    _person(13, "Adaeze Obi", "Business Analyst", _firm("Cobalt Care", "Healthcare", 260, "HubSpot")),
    _person(14, "Anders Holm", "Head of Logistics", _firm("Skagen Maritime", "Logistics", 330, "SAP")),
    _person(15, "Mina Farah", "Sales Manager", _firm("Orchard Mutual", "Insurance", 450, "Salesforce")),
    _person(16, "Olga Petrov", "IT Director", _firm("Upland Cargo", "Logistics", 720, "Salesforce")),
    # Twice the same woman: she used another address for the trial, and somebody noticed.
    _person(17, "Mara Ellis", "Operations Manager", VELA),
    _person(18, "M Ellis", "Operations Manager", VELA),
]  # fmt: skip
TWICE = FIRMS[-2:]
# Whose named accounts they are; the others' leads go by the rules.
ACCOUNTS = {"Jonah Reyes": range(2, 10), "Aisha Bello": (1,), "Sam Ortega": (11, 13), "Marek Nowak": (12,),
            "Lena Fischer": (14, 15, 16, 17, 18)}  # fmt: skip
# (who, minutes ago, hand raised, touches before: kind and page or asset)
ROI, PRICING = ("page_view", "roi-calculator"), ("page_view", "/pricing")
SCENES: list[tuple[str, float, str, list[tuple[str, str]]]] = [
    ("Olga Petrov", 96 * 60, "trial", [PRICING, ROI]),
    ("Anders Holm", 75 * 60, "contact", [PRICING]),
    ("Mara Ellis", 70 * 60, "contact", [PRICING]),
    ("M Ellis", 51.5 * 60, "trial", [ROI]),
    ("Rachel Stein", 38.5 * 60, "contact", [PRICING, ROI]),
    ("Mina Farah", 46 * 60, "contact", [ROI]),
    ("Yusuf Demir", 40 * 60, "demo", [PRICING, PRICING]),
    ("Hana Sato", 33 * 60, "trial", [ROI]),
    ("Tom Okafor", 42.8 * 60, "", [PRICING, PRICING, PRICING, ROI]),
    ("Owen Baptiste", 18 * 60, "contact", []),
    ("Adaeze Obi", 37.5, "trial", [ROI, ("download", "buyers-guide")]),
    ("Carl Heinz", 101, "", [PRICING, PRICING, PRICING, ROI]),
    ("Noor Aziz", 40, "demo", [PRICING, ROI]),
    ("Grace Lindqvist", 38, "", [PRICING, PRICING, PRICING, ROI]),
    ("Priya Raman", 17, "demo", [PRICING, ROI]),
    ("Ines Duarte", 14, "", [PRICING, PRICING, PRICING, ROI, ("download", "buyers-guide"), ("webinar", "first-five-minutes")]),
    ("Emil Novak", 4.2, "demo", [PRICING, ROI]),
    ("Marcus Hale", 2, "demo", [PRICING, PRICING, PRICING, ROI]),
]  # fmt: skip
