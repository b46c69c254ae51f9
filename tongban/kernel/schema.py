"""Migration operations for what Django does not know: grants, row-level security, and who may say what in the log.

`mine` binds a bigint column to the parties of the actor, `entrusted` also to those who gave the actor a mandate,
`ours` to the authorities, `own` to the account itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.migrations.operations import RunSQL

ROLES = ("public", "citizen", "officer", "worker", "auditor")


def role_name(role: str) -> str:
    """The login role of an audience."""
    if role not in ROLES:
        raise ValueError(f"no such role: {role}")
    return f"tongban_{role}"


def mine(column: str) -> str:
    """The row belongs to a party the actor may act for."""
    return f"{column} = {_any('parties')}"


def entrusted(column: str, item: str = "") -> str:
    """The row belongs to a party of the actor, or to one who gave the actor a mandate, for this `item` where one is named."""
    reached = f"{column} = {_any('reach')}"
    return f"{reached} and (current_setting('app.scopes', true) = '' or kernel_entrusted({column}, {item}))" if item else reached


def ours(column: str) -> str:
    """The row belongs to an authority the actor may act for."""
    return f"{column} = {_any('authorities')}"


def _any(setting: str) -> str:
    return f"any({keys(setting)})"


def keys(setting: str) -> str:
    """The keys in a setting, an array as text; as plainly as can be, since each row asks for them again (ADR 9)."""
    return f"current_setting('app.{setting}', true)::bigint[]"


def own(column: str) -> str:
    """The row belongs to the actor's account."""
    return f"{column} = nullif(current_setting('app.account', true), '')::bigint"


class Grant(RunSQL):
    """Give roles their rights on a table: `Grant("cases_case", citizen="select, insert", worker="select")`."""

    def __init__(self, table: str, **rights: str) -> None:
        self.table, self.rights = table, rights
        super().__init__(
            tuple(f"grant {right} on {table} to {role_name(role)}" for role, right in rights.items()),
            tuple(f"revoke all on {table} from {role_name(role)}" for role in rights))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], dict(self.rights)


class RowSecurity(RunSQL):
    """Force row-level security on a table, one policy a role: `RowSecurity("cases_case", citizen=mine("party_id"))`.

    A role that is not named sees nothing, whatever it was granted. The value holds for reading and writing; a pair
    `(using, check)` sets them apart.
    """

    def __init__(self, table: str, **policies: str | tuple[str, str]) -> None:
        self.table, self.policies = table, policies
        super().__init__(tuple(_enable(table, policies)), tuple(_disable(table, policies)))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], dict(self.policies)


class Speaks(RunSQL):
    """Let logins enter of a module's events only those they bring about: `Speaks("cases", public=(), officer=("CaseDecided",))`.

    Followers act on what stands in the log: a login that could enter anything would act through them beyond its own rights.
    """

    def __init__(self, module: str, **names: Sequence[str]) -> None:
        self.module, self.names = module, names
        policies = {role: f"kernel_event_{module}_{role}" for role in names}
        super().__init__(
            tuple(f"create policy {policies[role]} on kernel_event as restrictive for insert to {role_name(role)} with check "
                  f"(module <> '{module}' or name = any('{{{','.join(said)}}}'::text[]))" for role, said in names.items()),
            tuple(f"drop policy {policy} on kernel_event" for policy in policies.values()))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.module], dict(self.names)


def _enable(table: str, policies: Mapping[str, str | tuple[str, str]]) -> list[str]:
    statements = [f"alter table {table} enable row level security", f"alter table {table} force row level security",
                  f"create policy {table}_owner on {table} to current_user using (true) with check (true)"]
    for role, policy in policies.items():
        using, check = policy if isinstance(policy, tuple) else (policy, policy)
        statements.append(f"create policy {table}_{role} on {table} to {role_name(role)} "
                          f"using ({using}) with check ({check})")
    return statements


def _disable(table: str, policies: Mapping[str, str | tuple[str, str]]) -> list[str]:
    return [*(f"drop policy {table}_{role} on {table}" for role in (*policies, "owner")),
            f"alter table {table} no force row level security", f"alter table {table} disable row level security"]
