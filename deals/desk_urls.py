from django.urls import path

from deals import desk_views, discount_views, field_views, line_views

urlpatterns = [
    path("deals/<int:pk>/lines/", line_views.change, name="deal-lines"),
    path("deals/<int:pk>/discounts/", desk_views.discount, name="deal-discounts"),
    path("deals/<int:pk>/gives/", desk_views.give, name="deal-gives"),
    path("deals/<int:pk>/objections/", desk_views.objection, name="deal-objections"),
    path("deals/<int:pk>/competitors/", desk_views.competitor, name="deal-competitors"),
    path("deals/<int:pk>/retrospective/", desk_views.retrospective, name="deal-retrospective"),
    path("deals/gives/<int:pk>/removal/", desk_views.take_back, name="deal-give-removal"),
    path("deals/gives/<int:pk>/got/", desk_views.got, name="deal-give-got"),
    path("deals/objections/", field_views.heard, name="deal-objections-heard"),
    path("deals/objections/<int:pk>/answer/", desk_views.answer, name="deal-objection-answer"),
    path("deals/competitors/<int:pk>/removal/", desk_views.competitor_out, name="deal-competitor-removal"),
    path("deals/losses/", field_views.lost, name="deal-losses"),
    path("deals/products/", line_views.sold, name="deal-products"),
    path("deals/products/new/", line_views.product, name="deal-product-new"),
    path("deals/products/<int:pk>/", line_views.product, name="deal-product"),
    path("deals/discounts/", discount_views.page, name="discounts"),
    path("deals/discounts/authority/", discount_views.authority, name="discount-authority"),
    path("deals/discounts/<int:pk>/approval/", desk_views.approve, name="discount-approval"),
    path("deals/discounts/<int:pk>/refusal/", desk_views.decline, name="discount-refusal"),
    path("deals/discounts/<int:pk>/withdrawal/", desk_views.withdraw, name="discount-withdrawal"),
    path("deals/concessions/new/", discount_views.concession, name="concession-new"),
    path("deals/concessions/<int:pk>/", discount_views.concession, name="concession"),
    path("deals/concessions/<int:pk>/retirement/", discount_views.retire, name="concession-retirement"),
]
