"""What follows: whoever's password changed is told, wherever they read it."""

from tongban.identity.events import PasswordChanged
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
