"""A noun a file."""

from customers.models.customer import ChurnReason, Customer, OnboardingStep, StandardStep, Term
from customers.models.handover import Handover, HandoverAnswer, HandoverItem, PromiseMade
from customers.models.health import Component, HealthReading, HealthWeight
from customers.models.movement import Movement, SubscriptionMovement

__all__ = [
    "ChurnReason", "Component", "Customer", "Handover", "HandoverAnswer", "HandoverItem", "HealthReading",
    "HealthWeight", "Movement", "OnboardingStep", "PromiseMade", "StandardStep", "SubscriptionMovement", "Term",
]  # fmt: skip
