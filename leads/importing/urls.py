"""/intake/imports/…"""

from django.urls import path

from leads.importing import views, views_columns, views_run, views_verbs

urlpatterns = [
    path("", views.page, name="imports"),
    path("new/", views.new, name="import-new"),
    path("<int:pk>/", views.one, name="import"),
    path("<int:pk>/correction/", views.correct, name="import-correction"),
    path("<int:pk>/columns/", views_columns.page, name="import-columns"),
    path("<int:pk>/preset-choice/", views_columns.use_preset, name="import-preset-choice"),
    path("<int:pk>/preset/", views_columns.save_preset, name="import-preset"),
    path("<int:pk>/dry-run/", views_run.dry_run, name="import-dry-run"),
    path("<int:pk>/progress/", views_run.progress, name="import-progress"),
    path("<int:pk>/done/", views_run.finished, name="import-done"),
    path("<int:pk>/cancellation/", views_verbs.cancel, name="import-cancellation"),
    path("<int:pk>/undo/", views_verbs.undo, name="import-undo"),
    path("<int:pk>/errors.csv", views_verbs.errors, name="import-errors"),
    path("<int:pk>/problems/<slug:code>/", views_verbs.problem, name="import-problem"),
]
