"""Every route of the house; each view says who may call it."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("tongban.api.urls")),
    path("scim/v2/", include("tongban.api.scim.urls")),
    path("gateway/", include("tongban.gateway.urls")),
    *i18n_patterns(
        path("", include("tongban.portal.urls")),
        path("desk/", include("tongban.counter.urls")),
        path("oversight/", include("tongban.oversight.urls")),
        prefix_default_language=False,
    ),
]
handler404 = "tongban.web.failures.not_found"
handler500 = "tongban.web.failures.crashed"
