"""Why a process is not read, not sound, or does not move; `line` is a line of the file, `element` what stands there."""

from tongban.kernel.errors import Refusal


class ProcessTooLarge(Refusal):
    """The process file has {size} bytes; at most {most} are allowed."""


class TooManyElements(Refusal):
    """Line {line}: the process has more than {most} steps, gateways and arrows ({element})."""


class NestedTooDeeply(Refusal):
    """Line {line}: {element} is nested more than {most} levels deep."""


class NotWellFormed(Refusal):
    """Line {line}: the file is not well-formed XML."""


class DoctypeNotAllowed(Refusal):
    """Line {line}: a process file may not declare a document type or entities ({element})."""


class NotBpmn(Refusal):
    """Line {line}: {element} is not the definitions element of BPMN 2.0."""


class OneProcessNeeded(Refusal):
    """Line {line}: a file holds exactly one process; this one ({element}) holds {count}."""


class ElementNotAllowed(Refusal):
    """Line {line}: {element} is not part of the processes we run."""


class ElementRepeated(Refusal):
    """Line {line}: {element} may stand here only once."""


class AttributeNotAllowed(Refusal):
    """Line {line}: {element} may not carry {attribute}="{value}"."""


class AttributeMissing(Refusal):
    """Line {line}: {element} needs {attribute}."""


class IdRepeated(Refusal):
    """Line {line}: the identifier {id} of {element} is used more than once."""


class TaskNotDescribed(Refusal):
    """Line {line}: {element} {id} needs one task extension with a role and a verb."""


class ReferenceUnknown(Refusal):
    """Line {line}: {element} {id} points to {target}, which does not exist or does not belong there."""


class ConditionNotUnderstood(Refusal):
    """Line {line}: the condition of {element} {id} cannot be read at character {position}."""


class ConditionMisplaced(Refusal):
    """Line {line}: {element} {id} may not carry a condition. Conditions belong on the ways out of an exclusive gateway
    that has several, except its default.
    """


class ConditionMissing(Refusal):
    """Line {line}: {element} {id} needs a condition, or must be the default of its gateway."""


class DefaultMissing(Refusal):
    """Line {line}: the conditions of {element} {id} leave some cases without a way out; it needs a default."""


class OneStartNeeded(Refusal):
    """Line {line}: a process ({element}) has exactly one start; this one has {count}."""


class WrongNumberOfFlows(Refusal):
    """Line {line}: {element} {id} has {incoming} ways in and {outgoing} ways out, which is not allowed. Split and join
    with gateways.
    """


class NodeUnreachable(Refusal):
    """Line {line}: {element} {id} can never be reached from the start."""


class EndUnreachable(Refusal):
    """Line {line}: no end can be reached from {element} {id}."""


class LoopWithoutTask(Refusal):
    """Line {line}: {element} {id} stands in a loop in which nobody has anything to do."""


class JoinWaitsForever(Refusal):
    """Line {line}: {element} {id} may wait for a branch that never arrives."""


class BranchesNotJoined(Refusal):
    """Line {line}: {element} {id} may be reached twice by one case; join parallel branches first."""


class ProcessTooTangled(Refusal):
    """Line {line}: the process ({element}) has too many combinations of open steps to prove that every case ends."""


class TooManyTokens(Refusal):
    """More than {most} steps would be open at once."""


class TooManySteps(Refusal):
    """The case has moved more than {most} times."""


class TaskNotOpen(Refusal):
    """The task {task} is not open."""


class TokensNotUnderstood(Refusal):
    """The stored progress of this case cannot be read."""


class TokensOfAnotherProcess(Refusal):
    """The stored progress belongs to another process."""
