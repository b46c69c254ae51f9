"""Verbs of licences: publish a type, order, issue, register, change state.

Each writes its own event in its own transaction or in the caller's.
Rendering, signing and storing come before the transaction that issues.
"""

from tongban.licences.actions.changing import change_state, expire_licence, remind_holder, remind_of_check
from tongban.licences.actions.issuing import issue_licence, register_licence
from tongban.licences.actions.ordering import order_licence, publish_licence_type

__all__ = ["change_state", "expire_licence", "issue_licence", "order_licence", "publish_licence_type",
           "register_licence", "remind_holder", "remind_of_check"]
