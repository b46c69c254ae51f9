"""Kinds of credentials, passwords everybody tries, and a person as other nodes are told of them."""

from collections.abc import Callable
from functools import lru_cache

import msgspec
import yaml
from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator

from tongban.identity import rules
from tongban.identity.types import CredentialType, ExchangePerson, Proofing
from tongban.kernel import database, vault

Seal = Callable[[str, str], str]


@lru_cache(maxsize=1)
def credential_types() -> dict[str, CredentialType]:
    """Every kind of identity document by its code, the resident's card first."""
    written = yaml.load((settings.DATA / "credential_types.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return {each.code: each for each in msgspec.convert(written, list[CredentialType])}


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Passwords that people choose and others try first: long ones of China, and the 20,000 that Django carries."""
    lines = (settings.DATA / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#")) | CommonPasswordValidator().passwords


def exchange_person(party: int, *, asked_for: tuple[str, ...] = (), seal: Seal | None = None) -> ExchangePerson | None:
    """A person as another node is told of them; None without a proved credential.

    `seal(name, value)` encrypts an attribute for that node; without it none is told.
    """
    found = database.row("select credential_type, id_number, proofing, region, name, phone, sex from identity_person "
                         "where party_id = %s and id_number_index is not null", [party])
    if found is None:
        return None
    kind, sealed, level, region, name, phone, sex = found
    number = rules.credential_number(vault.unseal("identity_person", "id_number", party, sealed))
    known = {"name": name, "id_number": number, "sex": sex,
             "phone": vault.unseal("identity_person", "phone", party, phone)}
    told = {each: seal(each, known[each]) for each in asked_for if known.get(each)} if seal else {}
    return rules.exchange_form(kind=kind, number=number, level=Proofing(level), region=region, attributes=told)
