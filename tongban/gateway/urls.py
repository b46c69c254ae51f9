"""Every route of the gateway."""

from django.urls import path

from tongban.gateway import incidents

app_name = "gateway"
urlpatterns = [path("incidents", incidents.incidents, name="incidents")]
