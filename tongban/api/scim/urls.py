"""Addresses of provisioning, below /scim/v2/."""

from django.urls import path, re_path

from tongban.api.scim import views

app_name = "scim"
urlpatterns = [
    path("ServiceProviderConfig", views.config, name="config"),
    path("Schemas", views.schemas, name="schemas"),
    path("Schemas/<str:name>", views.schemas, name="schema"),
    path("ResourceTypes", views.resource_types, name="resource_types"),
    path("ResourceTypes/<str:name>", views.resource_types, name="resource_type"),
    path(".search", views.find, name="find"),
    path("Users", views.users, name="users"),
    path("Users/.search", views.find_users, name="find_users"),
    path("Users/<str:key>", views.user, name="user"),
    path("Groups", views.groups, name="groups"),
    path("Groups/<str:key>", views.group, name="group"),
    re_path("", views.unknown, name="unknown"),
]
