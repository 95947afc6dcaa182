"""All addresses. Each room brings its own; here they are only put together."""

from csp.decorators import csp_replace
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from revops import health_views
from revops.lib.problems import unknown_address
from teams.views import home

# Swagger UI styles its elements in place and knows no nonce; its scripts are files of ours. This page alone. Its view
# answers whatever is no GET by a template that it does not have.
docs = csp_replace({"script-src": ["'self'"], "style-src": ["'self'", "'unsafe-inline'"]})(
    require_safe(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))
)

urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", docs, name="api-docs"),
    path("api/v1/", include("leads.api_urls")),
    path("api/v1/", include("scoring.api_urls")),
    path("api/v1/", include("sla.api_urls")),
    path("api/v1/", include("deals.api_urls")),
    path("api/v1/", include("customers.api_urls")),
    path("api/v1/", include("marketing.api_urls")),
    path("api/v1/", include("dashboards.api_urls")),
    re_path(r"^api/", unknown_address),
    path("health/", health_views.health, name="health"),
    path("health/brake/release/", health_views.release, name="brake-release"),
    path("health/parked/<int:pk>/retry/", health_views.retry, name="parked-retry"),
    path("", include("teams.urls")),
    path("", include("notify.urls")),
    path("", include("leads.urls")),
    path("", include("scoring.urls")),
    path("", include("deals.urls")),
    path("", include("sla.urls")),
    path("", include("customers.urls")),
    path("", include("marketing.urls")),
    path("", include("dashboards.urls")),
]

# Outside of any view: JSON for the API, pages for people.
handler400 = "revops.lib.problems.bad_request"
handler403 = "revops.lib.problems.forbidden"
handler404 = "revops.lib.problems.not_found"
handler500 = "revops.lib.problems.server_error"
