"""What follows: codes go out, other systems hear of sign-outs, and whoever is concerned is told, wherever they read it."""

from collections.abc import Sequence
from datetime import datetime

from tongban.identity import queries
from tongban.identity.events import (
    AccessGranted,
    AccountBlocked,
    AccountClosed,
    AccountFrozen,
    AccountsConflicted,
    AccountsMerged,
    AccountUnfrozen,
    AgentAppointed,
    AgentEnded,
    CodeAsked,
    DetailsCorrected,
    DeviceAdded,
    DeviceRemoved,
    EnrolmentAsked,
    FactorAdded,
    FactorRemoved,
    HelpEnded,
    HelpStarted,
    MandateEnded,
    MandateGiven,
    NewPhoneNamed,
    NewPhoneStopped,
    OfferAnswered,
    PairingAnswered,
    PasswordChanged,
    PasswordRecovered,
    PersonProved,
    RecoveryAsked,
    RecoveryFailed,
    SessionsClosed,
    SignedOut,
    SourceLinked,
    SourceSignedOut,
    StaffReset,
    StaffUntied,
)
from tongban.identity.queries import browser_of_device, names_of_clients, waiting_for_logout
from tongban.kernel import clock, database, jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows, one_by_one
from tongban.kernel.types import System, Text
from tongban.messages import actions as messages
from tongban.messages.types import Letter


@follows(PasswordChanged, PasswordRecovered, name="identity.tell_of_password")
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


@follows(NewPhoneNamed, NewPhoneStopped, name="identity.tell_of_new_phone")
@one_by_one
def tell_of_new_phone(event: Event) -> None:
    """Tell the person, on the phone they are about to lose, that they can stop it: the title is all it shows; and that it was stopped."""
    if event.name == NewPhoneNamed.__name__:
        due = datetime.fromisoformat(event.payload["due"]).astimezone(clock.SHANGHAI)
        title = Text(zh="窗口为您登记了新手机号，不是您本人请马上停下", en="A clerk entered a new phone for you: stop it if it was not you")
        body = Text(
            zh=f"从{due.month}月{due.day}日{due:%H:%M}起，短信和验证码改发到新号码。如果不是您本人办的，请马上登录，在“账号安全”里停下，或拨打服务电话。",
            en=f"From {due.day} {due:%B}, {due:%H:%M}, text messages and codes go to the new number. If it was not you, sign in at "
               "once and stop it under “Safety of my account”, or call the help line.")
    else:
        title = Text(zh="新手机号没有换上", en="The new phone is not yours after all")
        body = Text(zh="短信和验证码还是发到原来的手机号。", en="Text messages and codes go to the number you had before.")
    messages.send(System(name="identity"), party=event.party or 0, link="/me/security/", title=title, body=body)


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


@follows(EnrolmentAsked, RecoveryAsked, name="identity.send_enrolment_codes")
def send_enrolment_codes(batch: Sequence[Event]) -> None:
    """Queue the code for each phone that asked to register and has no account yet, or for a way back into the one it has."""
    jobs.defer("identity.send_enrolment_code", [{"enrolment": each.subject.partition(":")[2]} for each in batch
                                                if each.payload["known"] == (each.name == RecoveryAsked.__name__)])


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


@follows(EnrolmentAsked, RecoveryFailed, StaffReset, PersonProved, AccountUnfrozen, SourceLinked, AccountsConflicted,
         AccountsMerged, AccountBlocked, name="identity.tell_of_proofing")
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
    "RecoveryFailed": (
        Text(zh="有人想重设您的密码，没有成功", en="Someone tried to set a new password for you and failed"),
        Text(zh="对方有您手机收到的验证码，但姓名、证件或人脸对不上，密码没有变。如果不是您本人操作，请马上拨打服务电话。",
             en="They had the code sent to your phone, but name, document or face did not fit. Your password is as it was. If it "
                "was not you, call the help line at once."), "/me/security/"),
    "StaffReset": (
        Text(zh="您的工作账号已重设", en="Your account of staff begins anew"),
        Text(zh="两位管理员让这个账号重新设密码，原来的密码和验证方式都停用了。如果您没有提出过，请马上告诉本单位管理员。",
             en="Two administrators let a password be chosen for it anew; password and factors of before are void. If you did not ask for "
                "it, tell the administrators of your authority at once."), ""),
    "PersonProved": (
        Text(zh="您的实名等级已是 L{level}", en="Your real-name level is now L{level}"),
        Text(zh="如果不是您本人办理，请马上拨打服务电话。", en="If that was not you, call the help line at once."), IDENTITY),
    "AccountUnfrozen": (
        Text(zh="您的账号已解冻", en="Your account works again"),
        Text(zh="工作人员在窗口核对了您的证件。请用原来的密码登录，并改一个新密码。如果不是您本人办理，请马上拨打服务电话。",
             en="A clerk compared you with your document. Sign in with your password and change it. If that was not you, call the "
                "help line at once."), "/me/security/"),
    "SourceLinked": (
        Text(zh="另一个平台的身份现在可以打开您的账号", en="An identity from elsewhere now opens your account"),
        Text(zh="如果不是您本人关联的，请马上解除，并修改密码。", en="If that was not you, end it at once and change your password."),
        "/me/links/"),
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


@follows(MandateGiven, AgentAppointed, MandateEnded, AgentEnded, name="identity.tell_of_mandate")
@one_by_one
def tell_of_mandate(event: Event) -> None:
    """Tell both sides that a mandate began or ended; who was appointed without one was told on paper, who left is gone."""
    found = queries.mandate_by_id(event.payload["mandate"]) if event.payload["mandate"] else None
    if found is None or found.accepted_at is None:
        return
    begun = event.name in ("MandateGiven", "AgentAppointed")
    title = Text(zh="代办授权已生效" if begun else "代办授权已结束", en="A mandate is in force" if begun else "A mandate has ended")
    until = found.terms.valid_to
    body = Text(
        zh=f"{found.agent_name}可以替{found.principal_name}办事，到{until.year}年{until.month}月{until.day}日为止。随时可以结束。" if begun
        else f"{found.agent_name}不能再替{found.principal_name}办事，也看不到相关内容了。",
        en=f"{found.agent_name} may act for {found.principal_name} until {until.isoformat()}. Either of you can end it at any moment."
        if begun else f"{found.agent_name} can no longer act for {found.principal_name} or read their matters.")
    for party in (found.principal, found.agent):
        if party is not None and not queries.has_left(party):
            messages.send(System(name="identity"), party=party, title=title, body=body, link=f"/me/mandates/{found.key}/")


@follows(HelpStarted, HelpEnded, name="identity.tell_of_help")
@one_by_one
def tell_of_help(event: Event) -> None:
    """Tell a person who was helped at a counter who it was and what was sent for them."""
    if event.party is None:
        return
    helper = queries.shown_names([event.payload["helper"]]).get(event.payload["helper"], "")
    if event.name == "HelpStarted":
        title = Text(zh="窗口工作人员开始帮您办事", en="A clerk at a counter now helps you")
        body = Text(zh=f"{helper}正在替您办事。如果不是您让办的，请马上结束。",
                    en=f"{helper} acts for you now. If you did not ask for it, end it at once.")
    else:
        sent = [number for (number,) in database.rows(
            "select e.subject from kernel_event e where e.id < %s and e.id > (select min(s.id) from kernel_event s where s.subject = %s) "
            "and e.party = %s and e.role = 'HELPER' and e.name = 'CaseSubmitted' and e.actor = %s order by e.id",
            [event.id, event.subject, event.party, f"account:{event.payload['helper']}"])]
        title = Text(zh="窗口帮办已结束", en="The help at the counter has ended")
        body = Text(zh=f"{helper}替您提交了：{'、'.join(sent)}。" if sent else f"{helper}没有替您提交申请。已开始的草稿在“我的办件”里。",
                    en=f"{helper} sent for you: {', '.join(sent)}." if sent else
                    f"{helper} sent no application. What was begun stands under My matters.")
    messages.send(System(name="identity"), party=event.party, title=title, body=body, link="/me/help/")


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


@follows(SignedOut, SessionsClosed, PasswordChanged, PasswordRecovered, AccountFrozen, AccountClosed, FactorAdded, FactorRemoved,
         DeviceRemoved, SourceSignedOut, name="identity.sign_out_elsewhere")
def sign_out_elsewhere(batch: Sequence[Event]) -> None:
    """Tell the systems that relied on a session which has ended."""
    waiting = {key for event in batch for key in waiting_for_logout(event.happened.account)}
    jobs.defer("identity.tell_logout", [{"sign_on": key} for key in sorted(waiting)])


@follows(SessionsClosed, name="identity.tell_of_closing")
@one_by_one
def tell_of_closing(event: Event) -> None:
    """Tell the person that they were signed out everywhere by somebody else."""
    if event.party is not None and event.happened.count and event.actor != event.subject:
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh="管理员让您的账号在各处退出了登录", en="An administrator signed you out everywhere"),
            body=Text(zh="您填写的内容和办件都在，请重新登录。给程序用的密钥也停用了，需要时请重新领取。",
                      en="What you filled in and your applications are kept; please sign in again. Keys of programs ended as well: "
                         "make new ones if you need them."))


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


@follows(OfferAnswered, name="identity.tell_of_going_on")
@one_by_one
def tell_of_going_on(event: Event) -> None:
    """Tell the person that a phone goes on where their computer was signed in, in case it was not they."""
    if event.happened.allowed and event.party is not None:
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh="您从电脑转到一部手机上继续办理", en="You went on at a phone"),
            body=Text(zh="如果不是您本人操作，请马上让那部手机退出，并修改密码。",
                      en="If it was not you, sign that phone out now and change your password."))


@follows(StaffUntied, name="identity.tell_of_untying")
@one_by_one
def tell_of_untying(event: Event) -> None:
    """Tell the person that an account of staff, which had been said to be theirs, is theirs no more."""
    if event.party is not None and not queries.has_left(event.party):
        messages.send(
            System(name="identity"), party=event.party,
            title=Text(zh="一个工作人员账号不再登记在您名下", en="An account of staff is no longer registered as yours"),
            body=Text(zh="这项登记有变动，或者之前登记有误。您自己的账号、办件和证照都没有变。如果您仍在使用这个账号，请马上告诉本单位管理员。",
                      en="It changed, or was registered by mistake. Your own account, applications and licences are as they were. "
                         "If you still use it, tell the administrators of your authority at once."))
