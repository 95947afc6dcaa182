from django.urls import path

from deals import api_catalogue, api_content, api_desk

urlpatterns = [
    path("deals/<int:pk>/lines/", api_desk.DealLines.as_view(), name="api-deal-lines"),
    path("deals/<int:pk>/discounts/", api_desk.DealDiscounts.as_view(), name="api-deal-discounts"),
    path("deals/<int:pk>/gives/", api_desk.DealGives.as_view(), name="api-deal-gives"),
    path("deals/<int:pk>/objections/", api_desk.DealObjections.as_view(), name="api-deal-objections"),
    path("deals/<int:pk>/competitors/", api_desk.DealCompetitors.as_view(), name="api-deal-competitors"),
    path("deals/<int:pk>/retrospective/", api_desk.DealRetrospective.as_view(), name="api-deal-retrospective"),
    path("deals/losses/", api_catalogue.Losses.as_view(), name="api-losses"),
    path("deal-competitors/<int:pk>/removal/", api_desk.CompetitorRemoval.as_view(), name="api-competitor-removal"),
    path("objections/", api_catalogue.Objections.as_view(), name="api-objections"),
    path("objections/<int:pk>/answer/", api_desk.ObjectionAnswered.as_view(), name="api-objection-answer"),
    path("gives/<int:pk>/removal/", api_desk.GiveRemoval.as_view(), name="api-give-removal"),
    path("gives/<int:pk>/got/", api_desk.GiveGot.as_view(), name="api-give-got"),
    path("discounts/", api_catalogue.Discounts.as_view(), name="api-discounts"),
    path("discounts/unapproved/", api_catalogue.Unapproved.as_view(), name="api-discounts-unapproved"),
    path("discounts/authority/", api_catalogue.Authority.as_view(), name="api-discount-authority"),
    path("discounts/<int:pk>/approval/", api_desk.DiscountApproval.as_view(), name="api-discount-approval"),
    path("discounts/<int:pk>/refusal/", api_desk.DiscountRefusal.as_view(), name="api-discount-refusal"),
    path("discounts/<int:pk>/withdrawal/", api_desk.DiscountWithdrawal.as_view(), name="api-discount-withdrawal"),
    path("concessions/", api_catalogue.Concessions.as_view(), name="api-concessions"),
    path("concessions/<int:pk>/", api_catalogue.OneConcession.as_view(), name="api-concession"),
    path("concessions/<int:pk>/retirement/", api_catalogue.ConcessionRetirement.as_view(), name="api-concession-end"),
    path("products/", api_catalogue.Products.as_view(), name="api-products"),
    path("content-requests/", api_content.ContentRequests.as_view(), name="api-content-requests"),
    path("content-requests/<int:pk>/", api_content.OneContentRequest.as_view(), name="api-content-request"),
    path("content-requests/<int:pk>/taking/", api_content.ContentTaking.as_view(), name="api-content-taking"),
    path("content-requests/<int:pk>/answer/", api_content.ContentAnswer.as_view(), name="api-content-answer"),
    path("content-requests/<int:pk>/completion/", api_content.ContentCompletion.as_view(), name="api-content-done"),
    path("content-requests/<int:pk>/refusal/", api_content.ContentRefusal.as_view(), name="api-content-refusal"),
]
