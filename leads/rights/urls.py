from django.urls import path

from leads.consent import views as consent
from leads.rights import views

urlpatterns = [
    path("rights/", views.index, name="rights"),
    path("rights/new/", views.new, name="right-new"),
    path("rights/texts/", consent.texts_page, name="consent-texts"),
    path("rights/<int:pk>/", views.page, name="right"),
    path("rights/<int:pk>/erase/", views.erase, name="right-erase"),
    path("rights/<int:pk>/copy/", views.copy_of, name="right-copy"),
    path("people/<int:pk>/consent/", consent.of_person, name="person-consent"),
    path("u/<str:token>/", consent.unsubscribe, name="unsubscribe"),
]
