"""Routes of the portal that belong to a person: signing in, applying, cases, licences, ratings."""

from django.urls import path

from tongban.portal import answers, apply, cases, details, export, leaving, programs, record, reviewing, security, sessions, space

urlpatterns = [
    path("sign-in/", sessions.sign_in, name="sign_in"),
    path("stay/", sessions.stay, name="stay"),
    path("sign-out/", sessions.sign_out, name="sign_out"),
    path("apply/<str:code>/", apply.start, name="start"),
    path("drafts/<str:key>/", apply.draft, name="draft"),
    path("drafts/<str:key>/questions/<str:step>/", apply.question, name="question"),
    path("drafts/<str:key>/save/<str:step>/", apply.save, name="save"),
    path("drafts/<str:key>/materials/", apply.materials, name="materials"),
    path("drafts/<str:key>/check/", apply.check, name="check"),
    path("drafts/<str:key>/discard/", apply.discard, name="discard"),
    path("cases/<str:number>/receipt/", cases.receipt, name="receipt"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/answers/", answers.answers, name="answers"),
    path("cases/<str:number>/corrections/", cases.corrections, name="corrections"),
    path("cases/<str:number>/promised/", cases.promised, name="promised"),
    path("cases/<str:number>/withdraw/", cases.withdraw, name="withdraw"),
    path("cases/<str:number>/vouchers/<str:kind>/", cases.voucher, name="voucher"),
    path("cases/<str:number>/record/", record.entries, name="entries"),
    path("cases/<str:number>/record/<int:position>/", record.proof, name="entry_proof"),
    path("files/<int:key>/", cases.file, name="file"),
    path("me/", space.matters, name="matters"),
    path("me/messages/", space.inbox, name="inbox"),
    path("me/licences/", space.my_licences, name="licences"),
    path("me/licences/<str:code>/", space.licence, name="licence"),
    path("me/licences/<str:code>/file/", space.licence_file, name="licence_file"),
    path("me/licences/<str:code>/code.svg", space.licence_code, name="licence_code"),
    path("me/programs/", programs.programs, name="programs"),
    path("me/security/", security.security, name="security"),
    path("me/details/", details.details, name="details"),
    path("me/security/freeze/", leaving.freeze, name="freeze"),
    path("me/data/close/", leaving.close, name="close"),
    path("me/data/", export.my_data, name="my_data"),
    path("me/disclosures/", space.who_looked, name="disclosures"),
    path("reviews/<str:token>/", reviewing.review, name="review"),
]
