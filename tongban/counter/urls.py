"""The routes of the desk."""

from django.urls import path

from tongban.counter import (
    case,
    decisions,
    factors,
    handed,
    helping,
    intake,
    licences,
    new_phones,
    proofing,
    queue,
    rectifications,
    sessions,
    supervising,
    timing,
    unfreezing,
)

app_name = "counter"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("search/", queue.search, name="search"),
    path("proofing/", proofing.proofing, name="proofing"),
    path("new-phone/", new_phones.new_phone, name="new_phone"),
    path("unfreezing/", unfreezing.unfreezing, name="unfreezing"),
    path("security/", factors.security, name="security"),
    path("sign-out/", sessions.sign_out, name="sign_out"),
    path("rectifications/", rectifications.rectifications, name="rectifications"),
    path("rectifications/<int:key>/", rectifications.rectification, name="rectification"),
    path("signals/", supervising.signals, name="signals"),
    path("signals/<slug:number>/", supervising.signal, name="signal"),
    path("licences/<slug:code>/", licences.licence, name="licence"),
    path("help/", helping.help_person, name="help"),
    path("files/out/<str:sealed>/", handed.handed, name="handed"),
    path("<slug:number>/", case.case, name="case"),
    path("<slug:number>/applicant/", case.applicant, name="applicant"),
    path("<slug:number>/files/<int:material>/", case.file, name="file"),
    path("<slug:number>/accept/", intake.accept, name="accept"),
    path("<slug:number>/corrections/", intake.corrections, name="corrections"),
    path("<slug:number>/decline/", intake.decline, name="decline"),
    path("<slug:number>/examine/", decisions.examine, name="examine"),
    path("<slug:number>/decide/", decisions.decide, name="decide"),
    path("<slug:number>/return/", decisions.send_back, name="send_back"),
    path("<slug:number>/suspend/", timing.suspend, name="suspend"),
    path("<slug:number>/resume/", timing.resume, name="resume"),
    path("<slug:number>/extend/", timing.extend, name="extend"),
]
