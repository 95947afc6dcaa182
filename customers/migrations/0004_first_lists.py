"""What every installation begins with: the handover checklist, the steps of an onboarding, the weights of health."""

from django.db import migrations

ITEMS = [
    ("goals", "Goals in their words", "With a number and a date: “first answers in 5 minutes by March”."),
    ("stakeholders", "Stakeholders", "Sponsor, champion, administrator, billing: who they are."),
    ("scope", "Scope and dates", "What is delivered, what is not, and when."),
    ("promises", "Every promise made", "What they were told beyond the contract; “none” if none."),
    ("risks", "Risks", "What could go wrong here."),
    ("integrations", "Integrations", "What it must work with."),
    ("drivers", "Why they bought", "Content they used, features stressed, what drove the purchase."),
    ("terms", "Commercial terms", "Price, discount, term, renewal, what was given and got."),
]
STEPS = [
    ("Introduce the customer success manager", 1),
    ("Kick-off held", 7),
    ("Systems connected", 14),
    ("People trained", 21),
    ("First value seen", 30),
    ("First review", 60),
]
WEIGHTS = {"usage": 35, "support": 25, "engagement": 20, "sentiment": 20}


def begin(apps, schema_editor):
    make = apps.get_model("customers", "HandoverItem").objects.create
    for n, (key, label, help_text) in enumerate(ITEMS, 1):
        make(key=key, label=label, help=help_text, position=n)
    for n, (title, days) in enumerate(STEPS, 1):
        apps.get_model("customers", "StandardStep").objects.create(title=title, days=days, position=n)
    for component, weight in WEIGHTS.items():
        apps.get_model("customers", "HealthWeight").objects.create(component=component, weight=weight)
    with schema_editor.connection.cursor() as cursor:
        # Who bought before is a customer of the past: nobody was promised an onboarding here.
        cursor.execute(
            """INSERT INTO customers_customer (company_id, first_deal_id, status, since, activated_at, history,
                                               first_value, churn_reason, churn_note)
               SELECT DISTINCT ON (company_id) company_id, id, 'active', closed_at, closed_at, true, '', '', ''
                 FROM deals_deal WHERE stage = 'won' AND company_id IS NOT NULL ORDER BY company_id, closed_at, id"""
        )


class Migration(migrations.Migration):

    dependencies = [("customers", "0003_customers"), ("deals", "0008_first_pipeline")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
