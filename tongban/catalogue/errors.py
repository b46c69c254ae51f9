"""What the catalogue refuses."""

from collections.abc import Iterable

from tongban.kernel.errors import NotFound, Problem, Refusal


class ItemUnknown(NotFound):
    """There is no service with the code {code}."""


class AddressUnknown(NotFound):
    """There is no service at this address."""


class FormUnknown(NotFound):
    """There is no version {version} of the form {code}."""


class ProcessUnknown(NotFound):
    """There is no version {version} of the process {code}."""


class ItemNotOpen(Refusal):
    """No applications are taken for this service today. An authority may only do what its published list names."""


class ItemAlreadyCancelled(Refusal):
    """The service was cancelled. Its code stays reserved and is never given to another."""


class ItemNotPublishable(Refusal):
    """The service {slug} cannot be published yet. Everything to mend is listed."""

    def __init__(self, *, slug: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(slug=slug, problems=[problem.code for problem in self.problems])


class ListNotReadable(Refusal):
    """The file cannot be read as a list: {why}."""


class ListedItemUnknown(NotFound):
    """No list we took in names a service with the code {code}."""
