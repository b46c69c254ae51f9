"""Every route of oversight."""

from django.urls import path

from tongban.oversight import (
    accounts,
    answering,
    case,
    cases,
    exports,
    home,
    incidents,
    promises,
    record,
    rectifications,
    reviews,
    sessions,
    signals,
    simulated,
    systems,
)

app_name = "oversight"
urlpatterns = [
    path("", home.home, name="home"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:number>/", case.case, name="case"),
    path("exports/", exports.exports, name="exports"),
    path("exports/new/", exports.new_export, name="export_new"),
    path("exports/<str:key>/", exports.export, name="export"),
    path("exports/<str:key>/file/", exports.export_file, name="export_file"),
    path("promises/", promises.promises, name="promises"),
    path("signals/", signals.signals, name="signals"),
    path("signals/<str:number>/", signals.signal, name="signal"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("rectifications/", rectifications.rectifications, name="rectifications"),
    path("rectifications/<int:key>/", rectifications.rectification, name="rectification"),
    path("record/", record.record, name="record"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<int:key>/", accounts.account_pair, name="account_pair"),
    path("people/", accounts.people, name="people"),
    path("simulated/", simulated.simulated, name="simulated"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("systems/", systems.systems, name="systems"),
    path("answering/", answering.answering, name="answering"),
    path("sign-out/", sessions.sign_out, name="sign_out"),
]
