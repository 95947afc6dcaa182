"""Pages of ours under /intake/, and what strangers reach under /f/."""

from django.urls import path

from leads.webforms import public, spam_views, views

urlpatterns = [
    path("intake/forms/", views.index, name="forms"),
    path("intake/forms/new/", views.add, name="form-new"),
    path("intake/forms/<int:pk>/", views.build, name="form-build"),
    path("intake/forms/<int:pk>/embedding/", views.embedding, name="form-embedding"),
    path("intake/forms/<int:pk>/key/", views.rotate, name="form-key"),
    path("intake/forms/<int:pk>/old-key/", views.drop_old_key, name="form-old-key"),
    path("intake/forms/<int:pk>/switch/", views.switch, name="form-switch"),
    path("intake/spam/", spam_views.page, name="spam"),
    path("intake/spam/release/", spam_views.release, name="spam-release"),
    path("intake/spam/burial/", spam_views.bury, name="spam-burial"),
    path("intake/spam/undo/", spam_views.undo, name="spam-undo"),
    path("f/<str:key>/", public.form, name="public-form"),
    path("f/<str:key>/thanks/", public.thanks, name="public-form-thanks"),
    path("f/<str:key>/form.js", public.script, name="public-form-script"),
    path("f/<str:key>/challenge/", public.challenge, name="public-form-challenge"),
]
