"""Reading personal data at a desk: noted for the person, counted for the officer, refused beyond a day's measure."""

from collections.abc import Sequence
from datetime import timedelta

from tongban.identity.errors import TooManyRead
from tongban.identity.events import ManyRead
from tongban.identity.types import Actor
from tongban.kernel import clock, database, disclosures, events, parameters

READ_BEFORE = "select today, lately, known from kernel_subjects_read(%s, %s, %s)"


def read_subject(actor: Actor, *, party: int, fields: Sequence[str], reason: str, subject: str,
                 authority: int | None = None) -> None:
    """Note that a member of staff reads fields of a party on account of a case.

    A day has a measure of people whom one officer may read of, and many in few minutes are announced (threat 3, T27),
    also where pages asked for at the same moment jump over the number.
    """
    today = clock.today()
    most = parameters.value("identity.read_subjects_a_day", today)
    many, minutes = (parameters.value(f"identity.read_alarm_{name}", today) for name in ("subjects", "minutes"))
    found = database.row(READ_BEFORE, [actor.actor_id, party, timedelta(minutes=minutes)])
    before, lately, known = found or (0, 0, False)
    if not known and before >= most:
        raise TooManyRead(most=most)
    with database.atomic():
        disclosures.disclose(actor, party=party, fields=fields, reason=reason, subject=subject, authority=authority)
        if not known and lately + 1 >= many and not database.row(
                "select 1 from kernel_event where subject = %s and name = 'ManyRead' and at > kernel_now() - %s",
                [f"account:{actor.account}", timedelta(minutes=minutes)]):
            events.record(actor, ManyRead(account=actor.account, case_number=subject, subjects=many, minutes=minutes),
                          subject=f"account:{actor.account}", authority=authority)
