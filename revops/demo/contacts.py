"""The contacts a company brings from its old system: a file and a map through the importer, like anybody's."""

import csv
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from leads.importing.run import import_file
from leads.models import Company
from revops.demo.cast import Cast
from revops.demo.faces import ACCOUNTS, NUMBERS
from revops.demo.market import Contact, Market
from teams.models import User

MAP = """
kind = "leads"
source = "old_crm"
[person]
identify = ["email", "external_id"]
external_id = "Contact ID"
email = "Email"
first_name = "First Name"
last_name = "Last Name"
title = "Job Title"
country = "Country"
region = "Territory"
[company]
name = "Company"
domain = "Website"
industry = "Industry"
employees = "Number of Employees"
country = "Country"
region = "Territory"
[stage]
default = "none"
"""
HEADER = ["Contact ID", "Email", "First Name", "Last Name", "Job Title", "Country", "Territory", "Company", "Website",
          "Industry", "Number of Employees"]  # fmt: skip


def bring(market: Market, *, named: Sequence[Contact], cast: Cast, at: datetime, by: User) -> None:
    """People without leads, their firms, and the owners of named accounts."""
    with tempfile.TemporaryDirectory() as folder:
        file, chart = Path(folder) / "contacts.csv", Path(folder) / "contacts.toml"
        chart.write_text(MAP, encoding="utf-8")
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            writer.writerows(_row(contact) for contact in [*market.contacts, *named])
        report = import_file(file, chart, by=by, now=at)
    if report.counts["refused"]:
        raise RuntimeError(f"The demo's own contacts were refused: {report.refusals[0]}")
    for name, numbers in ACCOUNTS.items():
        firms = [contact.firm.domain for contact in named if contact.number - NUMBERS in numbers]
        Company.objects.filter(domain__in=firms).update(owner=cast.users[name])


def _row(contact: Contact) -> list[object]:
    firm = contact.firm
    return [f"c{contact.number}", contact.email, contact.first_name, contact.last_name, contact.title, firm.country,
            firm.region, firm.name, firm.domain, firm.industry, firm.employees]  # fmt: skip
