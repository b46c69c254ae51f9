"""What becomes of an issued licence: suspended, resumed, replaced, expired, revoked, struck off."""

import secrets

from tongban.identity.access import require_passkey
from tongban.identity.types import Actor
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import Who, letters
from tongban.licences import access, rules
from tongban.licences.errors import LicenceMoveNotAllowed, LicenceOutOfDate, LicenceReasonMissing
from tongban.licences.events import LicenceCheckDue, LicenceRunsOut, LicenceStateChanged
from tongban.licences.types import LicenceState, LicenceView

CHANGE = """
insert into licences_change (licence_id, holder, issuer, old, new, reason, salt, changed_at)
values (%s, %s, %s, %s, %s, %s, %s, kernel_now())
"""


def change_state(who: Who, *, code: str, state: LicenceState, reason: str, case_number: str = "") -> None:
    """Suspend, resume (`ISSUED`), revoke or strike off a licence; verifiers see it with this commit (LIC-13).

    A person ends one for good only with a passkey used in the last minutes (table 5.8).
    """
    if letters(reason) < rules.SHORTEST_REASON:
        raise LicenceReasonMissing
    with database.atomic():
        licence = access.licence_for_update(who, code)
        if state not in rules.BY_DECISION or licence.state in {LicenceState.DRAFT, LicenceState.SIGNED}:
            raise LicenceMoveNotAllowed(state=str(licence.state), target=str(state))
        rules.next_state(licence.state, state)
        if isinstance(who, Actor) and state in rules.FOR_GOOD:
            require_passkey(who)
        if state is LicenceState.ISSUED and rules.has_expired(clock.today(), licence.valid_to):
            raise LicenceOutOfDate
        move(who, licence, state, reason=reason.strip(), case_number=case_number)


def expire_licence(who: Who, *, code: str) -> bool:
    """Expire a licence whose last day is over; False where there is nothing to do."""
    with database.atomic():
        licence = access.licence_for_update(who, code)
        due = licence.state in rules.IN_FORCE and rules.has_expired(clock.today(), licence.valid_to)
        if due:
            move(who, licence, LicenceState.EXPIRED)
    return due


def remind_holder(who: Who, *, code: str) -> bool:
    """Note that the last day comes near, once for each mark (LIC-15); False where there is nothing to say."""
    with database.atomic():
        licence, today = access.licence_for_update(who, code), clock.today()
        told = database.row("select reminded_days from licences_licence where code = %s", [code])
        mark = rules.reminder(today, licence.valid_from, licence.valid_to, parameters.value("licences.reminder_days", today))
        if licence.state is not LicenceState.ISSUED or licence.valid_to is None or mark is None or (
                told and told[0] is not None and told[0] <= mark):
            return False
        database.execute("update licences_licence set reminded_days = %s where code = %s", [mark, code])
        events.record(who, LicenceRunsOut(code=code, days=mark, valid_to=licence.valid_to.isoformat()),
                      subject=f"licence:{code}", party=licence.holder, authority=licence.issuer)
    return True


def remind_of_check(who: Who, *, code: str) -> bool:
    """Note that the annual check comes near, once for each mark and year (LIC-15); False where there is nothing to say."""
    with database.atomic():
        licence, today = access.licence_for_update(who, code), clock.today()
        on = rules.next_check(today, licence)
        told = database.row("select check_days from licences_licence where code = %s and check_on = %s", [code, on])
        mark = rules.reminder(today, licence.valid_from, on, parameters.value("licences.reminder_days", today))
        if licence.state is not LicenceState.ISSUED or on is None or mark is None or (told and told[0] <= mark):
            return False
        database.execute("update licences_licence set check_on = %s, check_days = %s where code = %s", [on, mark, code])
        events.record(who, LicenceCheckDue(code=code, days=mark, on=on.isoformat()),
                      subject=f"licence:{code}", party=licence.holder, authority=licence.issuer)
    return True


def move(who: Who, licence: LicenceView, state: LicenceState, *, reason: str = "", case_number: str = "") -> None:
    """Move a locked licence, and what verifiers see with it."""
    target = rules.next_state(licence.state, state)
    salt = secrets.token_hex(16)
    database.execute("update licences_licence set state = %s, changed_at = kernel_now() where code = %s",
                     [target, licence.code])
    if database.execute("update licences_verifiable set state = %s, changed_at = kernel_now() where code = %s",
                        [target, licence.code]) != 1:
        raise RuntimeError("an issued licence has no public row")
    if reason:
        database.execute(CHANGE, [licence.id, licence.holder, licence.issuer, licence.state, target, reason, salt])
    digest = rules.commitment(salt, reason) if reason else ""
    happened = LicenceStateChanged(identifier=licence.identifier, code=licence.code, old=licence.state, new=target,
                                   reason_hash=digest, case_number=case_number)
    events.record(who, happened, subject=f"licence:{licence.code}", party=licence.holder, authority=licence.issuer)
