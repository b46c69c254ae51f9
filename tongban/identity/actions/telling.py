"""Telling other systems that a session they relied on has ended, and forgetting what is past its time."""

import secrets
from datetime import timedelta

from django.conf import settings

from tongban.identity.clients import LogoutReceiver
from tongban.identity.errors import LogoutNotHeard
from tongban.identity.events import GrantsCleaned, SystemSignedOut
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.types import Who

LOGOUT_TOKEN = "logout+jwt"  # noqa: S105 - the kind of a token, not one
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_SECONDS = 120


def tell_logout(who: Who, *, sign_on: int, receiver: LogoutReceiver) -> None:
    """Tell one system once that the session it relied on has ended; refused until it says that it heard."""
    found = database.row(
        "select o.sid, o.subject, c.key, c.logout_uri from identity_sign_on o join identity_client c on c.key = o.client_id "
        "where o.id = %s and o.told_at is null and c.logout_uri <> '' and c.closed_at is null", [sign_on])
    if found is None:
        return
    sid, subject, client, address = found
    now = int(clock.now().timestamp())
    token = vault.sign_token(LOGOUT_TOKEN, {
        "iss": settings.SITE_URL, "aud": client, "iat": now, "exp": now + LOGOUT_SECONDS, "jti": secrets.token_urlsafe(16),
        "sub": subject, "sid": sid, "events": {LOGOUT_EVENT: {}}})
    if not receiver.tell(address=address, token=token):
        raise LogoutNotHeard
    with database.atomic():
        database.execute("update identity_sign_on set told_at = kernel_now() where id = %s", [sign_on])
        events.record(who, SystemSignedOut(client=client), subject=f"client:{client}")


def clean_grants(who: Who) -> int:
    """Delete codes and tokens of other systems that ended long ago; returns how many sign-ins went."""
    kept = timedelta(days=parameters.value("identity.session_days", clock.today()))
    with database.atomic():
        database.execute("delete from identity_grant_token where ends_at < kernel_now() - %s", [kept])
        gone = database.execute("delete from identity_grant_code c where c.expires_at < kernel_now() - %s and not exists "
                                "(select from identity_grant_token t where t.code_id = c.code_hash)", [kept])
        database.execute("delete from identity_sign_on where at < kernel_now() - %s", [kept * 2])
        database.execute("delete from identity_pairing where expires_at < kernel_now() - interval '1 day'")
        if gone:
            events.record(who, GrantsCleaned(sign_ins=gone), subject="sign-in")
    return gone
