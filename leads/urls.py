from django.urls import path

from leads.views import lead, listing, making, many, saved, search, verbs

urlpatterns = [
    path("leads/", listing.page, name="leads"),
    path("leads/filters/", listing.choose, name="leads-filters"),
    path("leads/new/", making.new, name="lead-new"),
    path("leads/export.csv", many.export, name="leads-export"),
    path("leads/reassignment/", many.ReassignMany.as_view(), name="leads-reassignment"),
    path("leads/recycling/", many.RecycleMany.as_view(), name="leads-recycling"),
    path("leads/disqualification/", many.DisqualifyMany.as_view(), name="leads-disqualification"),
    path("leads/undo/", many.undo, name="leads-undo"),
    path("leads/views/", saved.save, name="lead-views"),
    path("leads/views/<int:pk>/removal/", saved.remove, name="lead-view-removal"),
    path("leads/<int:pk>/", lead.page, name="lead"),
    path("leads/<int:pk>/news/", lead.news, name="lead-news"),
    path("leads/<int:pk>/why/", lead.why, name="lead-why"),
    path("leads/<int:pk>/acceptance/", verbs.Accept.as_view(), name="lead-acceptance"),
    path("leads/<int:pk>/rejection/", verbs.Reject.as_view(), name="lead-rejection"),
    path("leads/<int:pk>/recycling/", verbs.Recycle.as_view(), name="lead-recycling"),
    path("leads/<int:pk>/disqualification/", verbs.Disqualify.as_view(), name="lead-disqualification"),
    path("leads/<int:pk>/reopening/", verbs.Reopen.as_view(), name="lead-reopening"),
    path("leads/<int:pk>/reassignment/", verbs.Reassign.as_view(), name="lead-reassignment"),
    path("leads/<int:pk>/touches/", verbs.LogTouch.as_view(), name="lead-touches"),
    path("leads/<int:pk>/qualification/", verbs.Qualify.as_view(), name="lead-qualification"),
    path("leads/<int:pk>/undo/", verbs.Undo.as_view(), name="lead-undo"),
    path("search/", search.page, name="search"),
]
