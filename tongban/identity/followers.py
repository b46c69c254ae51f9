"""What follows: codes go out, and whoever's password or devices changed is told, wherever they read it."""

from collections.abc import Sequence

from tongban.identity.events import CodeAsked, DeviceAdded, FactorAdded, FactorRemoved, PasswordChanged
from tongban.identity.queries import browser_of_device
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


@follows(CodeAsked, name="identity.send_codes")
def send_codes(batch: Sequence[Event]) -> None:
    """Queue each code that was asked for."""
    jobs.defer("identity.send_code", [{"code": event.payload["code"]} for event in batch])


@follows(DeviceAdded, name="identity.tell_of_device")
@one_by_one
def tell_of_device(event: Event) -> None:
    """Tell the person of a sign-in on a device they were not known on."""
    if event.party is not None:
        browser = browser_of_device(event.payload["device"])
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh=f"您的账号在新设备上登录：{browser or '未知浏览器'}",
                       en=f"New sign-in from {browser or 'an unknown browser'}"),
            body=Text(zh="如果不是您本人登录，请马上到“账号安全”让那台设备退出，并改密码。",
                      en="If it was not you, sign that device out at once under “Safety of my account” and change your password."))


@follows(FactorAdded, FactorRemoved, name="identity.tell_of_factor")
@one_by_one
def tell_of_factor(event: Event) -> None:
    """Tell the person that a way to prove who they are came or went (T28: notice on every change)."""
    if event.party is not None:
        added = event.name == FactorAdded.__name__
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh="您的账号新增了一种验证方式" if added else "您的账号少了一种验证方式",
                       en="A way to prove that it is you was added" if added else "A way to prove that it is you was removed"),
            body=Text(zh="其他设备都已退出。如果不是您本人改的，请马上拨打服务电话。",
                      en="All other devices were signed out. If it was not you, call the help line at once."))
