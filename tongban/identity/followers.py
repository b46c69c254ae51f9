"""What follows: codes go out, and whoever's password or devices changed is told, wherever they read it."""

from collections.abc import Sequence

from tongban.identity.events import AccountFrozen, CodeAsked, DetailsCorrected, DeviceAdded, PasswordChanged
from tongban.identity.queries import browser_of_device
from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows, one_by_one
from tongban.kernel.types import System, Text
from tongban.messages import actions as messages
from tongban.messages.types import Letter


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


FIELDS = {"phone": Text(zh="手机号", en="mobile number"), "address": Text(zh="地址", en="address"),
          "name_en": Text(zh="英文姓名", en="English name")}


@follows(DetailsCorrected, name="identity.tell_of_correction")
@one_by_one
def tell_of_correction(event: Event) -> None:
    """Tell the person what of their details changed; of a new phone, on the one that was on record."""
    changed = [FIELDS[each] for each in event.payload["fields"]]
    zh, en = "、".join(each.zh for each in changed), ", ".join(each.en for each in changed)
    messages.send_all(System(name="identity"), letters=[Letter(
        party=event.party or 0, link="/me/details/",
        recipient=f"party:{event.party}:former-phone" if "phone" in event.payload["fields"] else "",
        title=Text(zh="您的个人信息改了", en="Your details were changed"),
        body=Text(zh=f"改了：{zh}。如果不是您本人改的，请马上拨打服务电话。",
                  en=f"Changed: {en}. If it was not you, call the help line at once."))])


@follows(AccountFrozen, name="identity.tell_of_freezing")
@one_by_one
def tell_of_freezing(event: Event) -> None:
    """Tell the person that their account is frozen, and how it works again."""
    if event.party is not None:
        messages.send(
            System(name="identity"), party=event.party,
            title=Text(zh="您的账号已冻结", en="Your account is frozen"),
            body=Text(zh="现在谁也不能登录，您给程序的密钥也停用了。要恢复，请带身份证到服务窗口办理。",
                      en="Nobody can sign in now, and keys for programs stopped working. To use it again, bring your identity "
                         "card to a service counter."))
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
