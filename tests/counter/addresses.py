"""The desk where the house mounts it, with what its pages link to."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = i18n_patterns(
    path("", include("tongban.portal.urls")),
    path("desk/", include("tongban.counter.urls")),
    path("oversight/", include("tongban.oversight.urls")),
    prefix_default_language=False,
)
handler404 = "tongban.web.failures.not_found"
handler500 = "tongban.web.failures.crashed"
