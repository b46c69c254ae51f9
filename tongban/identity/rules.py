"""The law of identity: what a credential looks like, what a password must not be, how nodes name a person."""

import hashlib
import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from unicodedata import category

from tongban.identity.types import CredentialType, ExchangePerson, Proofing, Strength
from tongban.kernel.codes import is_id_number

RESIDENT = "111"
LONGEST_NAME = 40
BETWEEN = frozenset(" 〇·•‧.'’-")
MOBILE = re.compile("1[3-9][0-9]{9}")


def is_mobile(number: str) -> bool:
    """Is it a mobile number of the mainland: eleven digits?"""
    return MOBILE.fullmatch(number) is not None


def is_name(text: str) -> bool:
    """May a person be called so: letters of any script and the marks that stand between them, nothing else?"""
    return 1 < len(text) <= LONGEST_NAME and all(category(each)[0] in "LM" or each in BETWEEN for each in text)


def is_credential(kind: CredentialType, number: str) -> bool:
    """Has the number the shape of its kind, and a resident's card the right check character (GB 11643)?"""
    return re.fullmatch(kind.pattern, number) is not None and (kind.code != RESIDENT or is_id_number(number))


def credential_text(kind: str, number: str) -> str:
    """Type and number as they are sealed and indexed together; the number of a resident's card stands alone."""
    return number if kind == RESIDENT else f"{kind}:{number}"


def credential_number(text: str) -> str:
    """The number of what `credential_text` made."""
    return text.rpartition(":")[2]


def sex_of(kind: str, number: str) -> str:
    """GB/T 2261.1 code that a resident's number says, 1 or 2; empty for other credentials."""
    return ("2", "1")[int(number[16]) % 2] if kind == RESIDENT else ""


def is_common(password: str, known: AbstractSet[str], about: Collection[str] = ()) -> bool:
    """Is it what everybody tries, also doubled or with digits around it, one character repeated, or what is known of the person?"""
    plain, *own = (re.sub(r"[\s\W_]+", "", each.casefold()) for each in (password, *about))
    rest = plain
    for word in sorted((each for each in own if len(each) > 2), key=len, reverse=True):
        rest = rest.replace(word, "")
    doubled = re.fullmatch(r"(.+?)\1+", plain)
    tried = {plain, plain.strip("0123456789"), doubled[1] if doubled else plain}
    return bool(tried & known) or len(set(plain)) < 3 or len(rest) < 4


def cert_key(kind: str, number: str) -> str:
    """The key of a person between nodes: SM3 over type and number of the credential (EXCH `cert_key`)."""
    return hashlib.new("sm3", f"{kind}{number}".encode()).hexdigest()


def exchange_form(*, kind: str, number: str, level: Proofing, region: str,
                  attributes: Mapping[str, str]) -> ExchangePerson:
    """A person as another node is told of them (IDN-03); `attributes` are sealed for that node already."""
    return ExchangePerson(cert_key=cert_key(kind, number), user_real_lvl=int(level), region=region, attributes=attributes)


def strength_of(acr: str) -> Strength:
    """How surely somebody proved who they are, as another node says it (`acr_of`); one factor where it says nothing we know."""
    found = re.fullmatch(r"urn:tongban:acr:L[0-3]S([12])", acr)
    return Strength(int(found[1])) if found else Strength.S1


def offered_code(kept: str) -> str:
    """What a computer shows a phone that is to go on: whoever reads it cannot tell what the computer keeps."""
    return f"{int(hashlib.sha256(b'tongban.offer.v1|' + kept.encode()).hexdigest(), 16) % 10**8:08d}"


def offered_number(phone_hash: str) -> str:
    """The two digits a phone shows, which are typed at the computer: they follow from what only that phone keeps."""
    return f"{int(phone_hash, 16) % 90 + 10}"
