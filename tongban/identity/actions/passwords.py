"""What a new password must be: long, and none that others try first; nothing else is asked of it."""

from collections.abc import Collection

from tongban.identity.errors import PasswordTooCommon, PasswordTooShort
from tongban.identity.queries import common_passwords
from tongban.identity.rules import is_common
from tongban.kernel import clock, parameters


def check_new_password(password: str, *, about: Collection[str] = ()) -> None:
    """Refuse a short password, one of the list, and one made of what is known of the person."""
    length = parameters.value("identity.password_length", clock.today())
    if len(password) < length:
        raise PasswordTooShort(length=length)
    if is_common(password, common_passwords(), about):
        raise PasswordTooCommon
