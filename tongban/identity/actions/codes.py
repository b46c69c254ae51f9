"""One-time codes by short message: asked for in a session, sent by a job, good once."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from tongban.identity.errors import TooManyCodes, WayNotOpen
from tongban.identity.events import CodeAsked, CodeSent
from tongban.identity.queries import is_shown, number_for_codes, token_hash
from tongban.identity.types import Actor, Purpose
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.types import Who
from tongban.messages.clients import ShortMessages
from tongban.messages.types import DeliveryState

WORDS = "【通办】验证码 {code}，{minutes} 分钟内有效。谁向您要验证码都是骗子，工作人员也不会要。"


def ask_code(actor: Actor, *, token: str, purpose: Purpose = Purpose.PROVE) -> None:
    """Make a new code for this session; the one before it is no longer good. As many as the number may get.

    The last of an hour and of a day is kept for devices that are known, so that nobody can use up someone else's codes.
    A code that a trial shows on the page goes to no number and is not counted.
    """
    number = number_for_codes(actor)
    if not number:
        raise WayNotOpen
    today = clock.today()
    spared = 0 if actor.known_device else 1
    with database.atomic():
        database.row("select pg_advisory_xact_lock(hashtext('identity_code:' || %s))", [number])
        sent = database.row("select count(*) filter (where asked_at > kernel_now() - interval '1 hour'), count(*) "
                            "from identity_code where number_hash = %s and asked_at > kernel_now() - interval '1 day'", [number])
        hour, day = (0, 0) if sent is None or is_shown(actor) else sent
        if (hour >= parameters.value("identity.code_sends_hour", today) - spared
                or day >= parameters.value("identity.code_sends_day", today) - spared):
            raise TooManyCodes
        made = database.row(
            "insert into identity_code (account_id, session_hash, purpose, nonce, number_hash, asked_at, expires_at, tries, state) "
            "values (%s, %s, %s, %s, %s, kernel_now(), kernel_now() + %s, 0, '') returning id",
            [actor.account, token_hash(token), purpose, secrets.token_hex(16), number,
             timedelta(minutes=parameters.value("identity.code_minutes", today))])
        events.record(actor, CodeAsked(account=actor.account, code=made[0] if made else 0),
                      subject=f"account:{actor.account}", party=actor.party)


def send_code(who: Who, *, code: int, provider: ShortMessages) -> None:
    """Bring a code to its person's phone, once; a sample's is not sent, for its number may be somebody's."""
    with database.atomic():
        claimed = database.row(
            "update identity_code c set state = %s from identity_account a where c.id = %s and c.state = '' "
            "and a.id = c.account_id and not a.sample and c.expires_at > kernel_now() "
            "returning a.party_id, c.purpose, c.nonce", [DeliveryState.WAITING, code])
    if claimed is None:
        return
    party, purpose, nonce = claimed
    state = bring(provider, recipient=f"party:{party}", code=vault.digits(purpose, nonce), words=f"{WORDS}不是您本人操作，请马上改密码。",
                  again=lambda: database.execute("update identity_code set state = '' where id = %s", [code]))
    with database.atomic():
        database.execute("update identity_code set state = %s where id = %s", [state, code])
        events.record(who, CodeSent(code=code, state=state), subject=f"code:{code}")


def bring(provider: ShortMessages, *, recipient: str, code: str, words: str, again: Callable[[], object]) -> DeliveryState:
    """Hand a code to the provider; where that fails, `again` lets the next try send it: the same code twice does no harm."""
    minutes = parameters.value("identity.code_minutes", clock.today())
    try:
        return provider.send(recipient=recipient, text=words.format(code=code, minutes=minutes))
    except Exception:
        with database.atomic():
            again()
        raise
