"""What follows: whoever's password, level or account changed is told, wherever they read it."""

from tongban.identity.events import (
    AccountBlocked,
    AccountsConflicted,
    AccountsMerged,
    EnrolmentAsked,
    PasswordChanged,
    PersonProved,
)
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


@follows(EnrolmentAsked, PersonProved, AccountsConflicted, AccountsMerged, AccountBlocked, name="identity.tell_of_proofing")
@one_by_one
def tell_of_proofing(event: Event) -> None:
    """Tell the person whose level or account changed, and the holder of a phone that somebody registers with again."""
    if event.party is not None:
        title, body, link = TOLD[event.name]
        level = str(event.payload.get("level", ""))
        messages.send(System(name="identity"), party=event.party, link=link, title=_with(title, level), body=_with(body, level))


IDENTITY = "/me/identity/"
TOLD: dict[str, tuple[Text, Text, str]] = {
    "EnrolmentAsked": (
        Text(zh="有人用您的手机号注册", en="Someone wants to register with your phone"),
        Text(zh="您已有账号，用手机号和密码登录即可。如果不是您本人操作，不用理会；验证码不要告诉任何人。",
             en="You have an account: sign in with it. If it was not you, do nothing; never tell anyone a code."),
        "/sign-in/"),
    "PersonProved": (
        Text(zh="您的实名等级已是 L{level}", en="Your real-name level is now L{level}"),
        Text(zh="如果不是您本人办理，请马上拨打服务电话。", en="If that was not you, call the help line at once."), IDENTITY),
    "AccountsConflicted": (
        Text(zh="您的证件已在另一个账号登记", en="Your document is registered with another account"),
        Text(zh="工作人员会核对两个账号是不是同一个人，有结果就告诉您。",
             en="An officer checks whether both accounts are one person's; you will be told."),
        IDENTITY),
    "AccountsMerged": (
        Text(zh="您的两个账号已合并", en="Your two accounts are now one"),
        Text(zh="两个登录方式都能用，看到的是同样的办件、消息和证照。",
             en="Both ways to sign in work, and show the same applications, messages and licences."),
        "/me/"),
    "AccountBlocked": (
        Text(zh="您的账号已停用", en="Your account is closed"),
        Text(zh="您填的证件属于另一个人的账号。如有疑问，请带本人证件到政务大厅。",
             en="The document you named belongs to somebody else's account. If that is wrong, bring it to a service hall."), ""),
}


def _with(text: Text, level: str) -> Text:
    return Text(zh=text.zh.replace("{level}", level), en=text.en.replace("{level}", level))
