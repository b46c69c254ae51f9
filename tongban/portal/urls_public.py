"""Routes of the portal that anyone may use: finding, reading, checking, looking up."""

from django.urls import path

from tongban.portal import (
    about,
    browsing,
    designs,
    guides,
    handed,
    home,
    listed,
    modes,
    places,
    record,
    reports,
    searching,
    status,
    verification,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", searching.search, name="search"),
    path("region/", places.region, name="region"),
    path("mode/<str:mode>/", modes.mode, name="mode"),
    path("services/", browsing.services, name="services"),
    path("services/<str:code>/", guides.guide, name="guide"),
    path("services/<str:code>/notice/", guides.notice, name="notice"),
    path("services/<str:code>/reviews/", guides.opinions, name="opinions"),
    path("listed/", listed.services, name="listed_services"),
    path("listed/<str:code>/", listed.service, name="listed_service"),
    path("verify/", verification.verify_form, name="verify_form"),
    path("verify/<str:code>/", verification.verify, name="verify"),
    path("status/", status.status, name="status"),
    path("accessibility/", about.accessibility, name="accessibility"),
    path("open-data/", about.open_data, name="open_data"),
    path("ledger/", record.about, name="ledger"),
    path("ledger/keys", record.keys, name="ledger_keys"),
    path("ledger/growth/<int:old>", record.growth, name="ledger_growth"),
    path("ledger/tools/<str:name>", record.tool, name="ledger_tool"),
    path("ledger/<path:name>", record.shelf, name="ledger_shelf"),
    path("files/out/<str:sealed>/", handed.handed, name="handed"),
    path("csp-reports/", reports.csp_reports, name="csp_reports"),
    path("design/", designs.design, name="designs"),
    path("design/<str:name>/", designs.design, name="design"),
]
