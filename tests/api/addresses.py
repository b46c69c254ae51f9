"""The interface where the house will mount it."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("tongban.api.urls"))]
