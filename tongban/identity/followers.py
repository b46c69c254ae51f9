"""What follows: people are told what changed on their account, other systems that a session has ended."""

from collections.abc import Sequence

from tongban.identity.events import AccessGranted, PairingAnswered, PasswordChanged, SessionsClosed, SignedOut
from tongban.identity.queries import names_of_clients, waiting_for_logout
from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows, one_by_one
from tongban.kernel.types import System, Text
from tongban.messages import actions as messages


@follows(PasswordChanged, name="identity.tell_of_password")
@one_by_one
def tell_of_password(event: Event) -> None:
    """Tell the person (T28: notice on every change), who may not be the one who changed it."""
    if event.party is not None:
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh="您的密码改了", en="Your password was changed"),
            body=Text(zh="其他设备都已退出。如果不是您本人改的，请马上拨打服务电话。",
                      en="All other devices were signed out. If it was not you, call the help line at once."))


@follows(AccessGranted, name="identity.tell_of_grant")
@one_by_one
def tell_of_grant(event: Event) -> None:
    """Tell the person which system they let in for the first time, in case it was not they."""
    told = event.happened
    if told.first and event.party is not None:
        name = names_of_clients({told.client}).get(told.client, Text(zh="一个系统", en="A system"))
        messages.send(
            System(name="identity"), party=event.party, link="/me/authorisations/",
            title=Text(zh=f"您授权了“{name.zh}”", en=f"You authorised “{name.en}”"),
            body=Text(zh="它可以用您的账号登录，并读取您同意的资料。您可以随时收回；如果不是您本人操作，请马上收回并修改密码。",
                      en="It may sign you in with this account and read what you agreed to. You can withdraw this at any time; "
                         "if it was not you, withdraw it now and change your password."))


@follows(SignedOut, SessionsClosed, PasswordChanged, name="identity.sign_out_elsewhere")
def sign_out_elsewhere(batch: Sequence[Event]) -> None:
    """Tell the systems that relied on a session which has ended."""
    waiting = {key for event in batch for key in waiting_for_logout(event.happened.account)}
    jobs.defer("identity.tell_logout", [{"sign_on": key} for key in sorted(waiting)])


@follows(PairingAnswered, name="identity.tell_of_pairing")
@one_by_one
def tell_of_pairing(event: Event) -> None:
    """Tell the person that their phone signed a computer in, in case it was not they."""
    if event.happened.allowed and event.party is not None:
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh="您用手机登录了一台电脑", en="You signed in a computer with your phone"),
            body=Text(zh="如果不是您本人操作，请马上让那台电脑退出，并修改密码。",
                      en="If it was not you, sign that computer out now and change your password."))
