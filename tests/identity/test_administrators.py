"""Three people make the first administrators, two of them every post, and nobody holds two duties."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, ProgrammingError

from tests import journeys
from tests.conftest import MONDAY
from tests.relying import nothing_stays
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.config import administering, cli
from tongban.identity import followers, queries
from tongban.identity.actions import (
    begin_administrators,
    confirm_administrator,
    confirm_staff,
    doubt_staff,
    give_post,
    identify_staff,
    open_session,
    propose_staff,
    register_person,
    sign_in,
    untie_staff,
    use_first_secret,
)
from tongban.identity.errors import (
    AdministratorHoldsNoPost,
    AdministratorsExist,
    CredentialNotValid,
    DutyMissing,
    FoundersNotApart,
    LoginTaken,
    PasswordTooShort,
    ProposalNotFound,
    SecretNotValid,
    StaffIdentityTaken,
    StaffNotTied,
    UntyingNotProposed,
)
from tongban.identity.types import Duty, Founder, Role
from tongban.kernel import clock, database, events
from tongban.kernel.types import Channel, System
from tongban.messages.queries import inbox

TESTER = System(name="tester")
PEOPLE = {duty: Founder(login=f"first-{duty.lower()}", name=name)
          for duty, name in zip(Duty, ("甲一", "乙二", "丙三"), strict=True)}
PASSWORD = "three people, three secrets"


@pytest.fixture(autouse=True)
def undone(db):
    with nothing_stays():
        yield


def confirm(made, duty, password=PASSWORD):
    return confirm_administrator(TESTER, login=PEOPLE[duty].login, secret=made[duty], password=password)


def founded():
    made = begin_administrators(TESTER, founders=PEOPLE)
    assert [confirm(made, duty) for duty in Duty] == [False, False, True]
    return {duty: queries.actor_by_session(sign_in(login=PEOPLE[duty].login, password=PASSWORD, address="here"))
            for duty in Duty}


def began(login, secret):
    """Somebody who chose a password with the secret they were given, as their session has them."""
    use_first_secret(login=login, secret=secret, password=PASSWORD, address="here")
    return queries.actor_by_session(sign_in(login=login, password=PASSWORD, address="here"))


def names_since(subject):
    return [each.name for each in events.of_subject(subject)]


def accounts():
    return database.row("select count(*) from identity_account")[0]


def test_accounts_are_made_only_when_all_three_confirmed_with_an_event_for_each_step():
    before, known = accounts(), len(names_since("administrators"))
    made = begin_administrators(TESTER, founders=PEOPLE)
    assert len(set(made.values())) == 3
    for duty in (Duty.SYSTEM, Duty.SECURITY):
        assert not confirm(made, duty)
        assert accounts() == before
    assert confirm(made, Duty.AUDIT)
    assert accounts() == before + 3
    assert names_since("administrators")[known:] == ["AdministratorsBegun", *["AdministratorConfirmed"] * 3]
    for duty in Duty:
        actor = queries.actor_by_session(sign_in(login=PEOPLE[duty].login, password=PASSWORD, address="here"))
        assert (queries.duty_of(actor.account), actor.posts) == (duty, ())
        assert names_since(f"account:{actor.account}")[:2] == ["AccountOpened", "AdministratorMade"]
    assert database.row("select count(*) from identity_founder where password <> '' or secret_hash <> ''")[0] == 0
    with pytest.raises(AdministratorsExist):
        begin_administrators(TESTER, founders=PEOPLE)


def test_a_secret_serves_its_own_person_once_and_for_a_day(at):
    made = begin_administrators(TESTER, founders=PEOPLE)
    for login, secret in ((PEOPLE[Duty.SYSTEM].login, made[Duty.AUDIT]), (PEOPLE[Duty.SYSTEM].login, ""), ("nobody", "x")):
        with pytest.raises(SecretNotValid):
            confirm_administrator(TESTER, login=login, secret=secret, password=PASSWORD)
    with pytest.raises(PasswordTooShort):
        confirm(made, Duty.SYSTEM, "eleven char")
    confirm(made, Duty.SYSTEM)
    with pytest.raises(SecretNotValid):
        confirm(made, Duty.SYSTEM)
    again = begin_administrators(TESTER, founders=PEOPLE)
    with pytest.raises(SecretNotValid):
        confirm(made, Duty.AUDIT)
    at(MONDAY + timedelta(hours=24))
    with pytest.raises(SecretNotValid):
        confirm(again, Duty.AUDIT)


@pytest.mark.parametrize("change", [{Duty.AUDIT: PEOPLE[Duty.SYSTEM]},
                                    {Duty.AUDIT: Founder(login="another", name=PEOPLE[Duty.SYSTEM].name)}])
def test_three_duties_need_three_people(change):
    with pytest.raises(FoundersNotApart):
        begin_administrators(TESTER, founders={**PEOPLE, **change})
    with pytest.raises(FoundersNotApart):
        begin_administrators(TESTER, founders={Duty.SYSTEM: PEOPLE[Duty.SYSTEM]})


@requirement("IDN-14")
def test_an_administrator_holds_one_duty_and_no_post():
    actor, authority = founded()[Duty.SYSTEM], authorities.authorities()[0].id
    with pytest.raises(AdministratorHoldsNoPost):
        give_post(TESTER, account=actor.account, authority=authority, role=Role.DECIDER, valid_from=clock.today())
    with pytest.raises(IntegrityError), database.atomic():
        database.execute("insert into identity_administrator values (%s, 'AUDIT')", [actor.account])


def test_one_proposes_a_post_and_another_confirms_it():
    three, authority = founded(), authorities.authorities()[0].id
    wanted = {"login": "new-desk", "name": "丁四", "authority": authority, "role": Role.RECEPTIONIST,
              "number": journeys.new_id_number()}
    for duty in (Duty.SECURITY, Duty.AUDIT):
        with pytest.raises(DutyMissing):
            propose_staff(three[duty], **wanted)
    proposal = propose_staff(three[Duty.SYSTEM], **wanted)
    assert queries.kind_of("new-desk") is None
    for duty in (Duty.SYSTEM, Duty.AUDIT):
        with pytest.raises(DutyMissing):
            confirm_staff(three[duty], login="new-desk")
    actor = began("new-desk", confirm_staff(three[Duty.SECURITY], login="new-desk"))
    assert actor.holds(Role.RECEPTIONIST, authority)
    assert names_since(f"proposal:{proposal}") == ["StaffProposed", "StaffConfirmed"]
    with pytest.raises(ProposalNotFound):
        confirm_staff(three[Duty.SECURITY], login="new-desk")


def test_a_post_that_ended_is_given_again_and_a_number_nobody_confirmed_does_not_stay():
    three, authority = founded(), authorities.authorities()[0].id
    wanted = {"login": "again-desk", "name": "戊五", "authority": authority, "role": Role.RECEPTIONIST,
              "number": journeys.new_id_number()}
    propose_staff(three[Duty.SYSTEM], **wanted)
    began("again-desk", confirm_staff(three[Duty.SECURITY], login="again-desk"))
    database.execute("update identity_post set valid_from = kernel_today() - 9, valid_to = kernel_today() - 1 from identity_account a "
                     "where a.id = account_id and a.login = 'again-desk'")
    propose_staff(three[Duty.SYSTEM], **wanted)
    confirm_staff(three[Duty.SECURITY], login="again-desk")
    actor = queries.actor_by_session(sign_in(login="again-desk", password=PASSWORD, address="here"))
    assert actor.holds(Role.RECEPTIONIST, authority)
    forgotten = propose_staff(three[Duty.SYSTEM], **{**wanted, "login": "never-confirmed"})
    assert database.row("select id_number from identity_proposal where id = %s", [forgotten]) != ("",)
    database.execute("update identity_proposal set expires_at = kernel_now() where id = %s", [forgotten])
    propose_staff(three[Duty.SYSTEM], **wanted)
    assert database.row("select id_number from identity_proposal where id = %s", [forgotten]) == ("",)


def test_a_proposal_waits_a_day_and_never_makes_a_citizen_staff(at):
    three, authority = founded(), authorities.authorities()[0].id
    propose_staff(three[Duty.SYSTEM], login="wang-xiaoman", name="王小满", authority=authority, role=Role.DECIDER,
                  number=journeys.new_id_number())
    with pytest.raises(LoginTaken):
        confirm_staff(three[Duty.SECURITY], login="wang-xiaoman")
    at(MONDAY + timedelta(hours=24))
    with pytest.raises(ProposalNotFound):
        confirm_staff(three[Duty.SECURITY], login="wang-xiaoman")


def test_the_commands_lead_from_an_empty_node_to_a_first_desk(monkeypatch, capsys):
    monkeypatch.setattr("tongban.config.bootstrap.start_database", lambda var: None)
    said = [part for duty in Duty for part in (f"--{duty.lower()}", PEOPLE[duty].login, PEOPLE[duty].name)]
    assert cli.main(["administrators", "begin", *said]) == 0
    secrets = {line.split()[1]: line.split()[2] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    for login, secret in secrets.items():
        typed = iter([secret, PASSWORD, PASSWORD])
        monkeypatch.setattr(administering, "ASK", lambda _text, login=login: login)
        monkeypatch.setattr(administering, "ASK_SECRET", lambda _text, typed=typed: next(typed))
        assert cli.main(["administrators", "confirm"]) == 0
    assert "accounts are made" in capsys.readouterr().out
    number = journeys.new_id_number()
    monkeypatch.setattr(administering, "ASK_SECRET", lambda text: number if text.startswith("Identity number") else PASSWORD)
    steps = (("first-system", ["staff", "add", "new-desk", "丁四", authorities.authorities()[0].uscc, "RECEPTIONIST"], 0),
             ("first-system", ["staff", "confirm", "new-desk"], 1), ("first-security", ["staff", "confirm", "new-desk"], 0))
    for login, words, code in steps:
        monkeypatch.setattr(administering, "ASK", lambda _text, login=login: login)
        assert cli.main(words) == code
    assert "new-desk" in capsys.readouterr().out
    for login, words, code in (("first-system", ["staff", "untie", "new-desk"], 1), ("first-system", ["staff", "doubt", "new-desk"], 0),
                               ("first-security", ["staff", "untie", "new-desk"], 0)):
        monkeypatch.setattr(administering, "ASK", lambda _text, login=login: login)
        assert cli.main(words) == code
    assert "Taken back" in capsys.readouterr().out


def desk_of(three, *, number, login, role=Role.RECEPTIONIST, known=None):
    """A member of staff whom two administrators let in, as their session has them; `known` has an account already."""
    authority = authorities.authorities()[0].id
    propose_staff(three[Duty.SYSTEM], login=login, name="丁四", number=number, authority=authority, role=role)
    secret = confirm_staff(three[Duty.SECURITY], login=login)
    return queries.actor_by_session(open_session(account=known.account, channel=Channel.WEB)) if known else began(login, secret)


@requirement("IDN-14")
@pytest.mark.parametrize("registered_first", [True, False])
def test_staff_are_tied_to_the_person_they_are_whenever_that_person_comes(registered_first):
    number, three = journeys.new_id_number(), founded()
    known = {"name": "丁四", "id_number": number, "phone": journeys.new_phone(), "region": "511602000000"}
    party = register_person(TESTER, **known) if registered_first else None
    actor = desk_of(three, number=number, login="tied-desk")
    if not registered_first:
        assert actor.party is None
        party = register_person(TESTER, **known)
        actor = queries.actor_by_session(open_session(account=actor.account, channel=Channel.WEB))
    assert actor.party == party and party in actor.stakes
    assert "StaffIdentified" in names_since(f"account:{actor.account}")
    assert database.row("select count(*) from identity_proposal where id_number <> ''")[0] == 0


@requirement("IDN-14")
def test_one_person_holds_one_account_of_staff_and_an_account_is_one_persons():
    number, three = journeys.new_id_number(), founded()
    first = desk_of(three, number=number, login="only-desk")
    with pytest.raises(StaffIdentityTaken):
        desk_of(three, number=number, login="second-desk", role=Role.DECIDER)
    propose_staff(three[Duty.SYSTEM], login="only-desk", name="丁四", number=journeys.new_id_number(),
                  authority=first.posts[0].authority, role=Role.REVIEWER)
    with pytest.raises(StaffIdentityTaken):
        confirm_staff(three[Duty.SECURITY], login="only-desk")
    with pytest.raises(CredentialNotValid):
        propose_staff(three[Duty.SYSTEM], login="no-desk", name="丁四", number="", authority=first.posts[0].authority,
                      role=Role.REVIEWER)


@requirement("IDN-14")
def test_a_person_said_wrongly_is_taken_back_by_two_administrators_and_said_anew(at):
    wrong, right, three = journeys.new_id_number(), journeys.new_id_number(), founded()
    parties = [register_person(TESTER, name="丁四", id_number=each, phone=journeys.new_phone(), region="511602000000")
               for each in (wrong, right)]
    desk = desk_of(three, number=wrong, login="mixed-up-desk")
    assert desk.party == parties[0]
    now = partial(database.row, "select party_id, (select count(*) from identity_staff where account_id = id) from identity_account "
                                "where id = %s", [desk.account])
    with pytest.raises(UntyingNotProposed):
        untie_staff(three[Duty.SECURITY], login="mixed-up-desk")
    for actor, verb in ((three[Duty.SECURITY], doubt_staff), (three[Duty.AUDIT], doubt_staff), (desk, doubt_staff),
                        (three[Duty.SYSTEM], untie_staff), (three[Duty.AUDIT], untie_staff), (desk, untie_staff)):
        with pytest.raises(DutyMissing):
            verb(actor, login="mixed-up-desk")
    with pytest.raises(StaffNotTied):
        doubt_staff(three[Duty.SYSTEM], login="first-security")
    doubt_staff(three[Duty.SYSTEM], login="mixed-up-desk")
    at(MONDAY + timedelta(hours=24))
    with pytest.raises(UntyingNotProposed):
        untie_staff(three[Duty.SECURITY], login="mixed-up-desk")
    assert now() == (parties[0], 1)
    doubt_staff(three[Duty.SYSTEM], login="mixed-up-desk")
    untie_staff(three[Duty.SECURITY], login="mixed-up-desk")
    assert now() == (None, 0)
    assert names_since(f"account:{desk.account}")[-3:] == ["StaffDoubted", "StaffDoubted", "StaffUntied"]
    followers.tell_of_untying(events.of_subject(f"account:{desk.account}")[-1:])
    assert [each.title.zh for each in inbox([parties[0]])] == ["一个工作人员账号不再登记在您名下"]
    again = desk_of(three, number=right, login="mixed-up-desk", known=desk)
    assert again.party == parties[1] and now() == (parties[1], 1)
    assert desk_of(three, number=wrong, login="rightly-so-desk").party == parties[0]


def test_no_administrator_takes_back_who_they_are_themselves():
    three = founded()
    for duty in (Duty.SYSTEM, Duty.SECURITY):
        identify_staff(TESTER, account=three[duty].account, number=journeys.new_id_number())
    with pytest.raises(StaffNotTied):
        doubt_staff(three[Duty.SYSTEM], login="first-system")
    doubt_staff(three[Duty.SYSTEM], login="first-security")
    with pytest.raises(UntyingNotProposed):
        untie_staff(three[Duty.SECURITY], login="first-security")


@pytest.mark.parametrize("login", ["public", "citizen", "officer", "auditor"])
def test_no_other_login_reads_who_staff_are(login):
    with pytest.raises(ProgrammingError), database.serving(login), database.atomic():
        database.rows("select id_number from identity_staff")
