"""Why a form definition is refused. These are read by the people who write forms."""

from tongban.kernel.errors import NotFound, Refusal


class PageNotFound(NotFound):
    """The form has no page {page}."""


class FormTooLarge(Refusal):
    """The form is larger than {limit} KiB. Split it into smaller forms."""


class FormTooDeep(Refusal):
    """The form {form} nests deeper than {limit} levels or refers to itself. Make it flatter."""


class FormRefersElsewhere(Refusal):
    """The form {form} refers to {reference}. A form may refer only to its own parts."""


class PatternTooCostly(Refusal):
    """The form {form} uses the pattern {pattern}. Write it without look-around, back-references or large repetition."""


class FormSchemaNotValid(Refusal):
    """The schema of the form {form} is not valid: {reason}"""


class FormNotClosed(Refusal):
    """The schema of the form {form} must describe an object and refuse unknown fields."""


class FieldNeverRight(Refusal):
    """No answer to {field} can be right: its least is above its most. Exchange the two."""


class FieldNotUsable(Refusal):
    """The form {form} has no way to ask for the field {field}. Check its name, type, format and kind."""


class FieldWithoutLabel(Refusal):
    """The form {form} has no label for the field {field}, or one of its options."""


class FieldNotOnOnePage(Refusal):
    """The field {field} of the form {form} must stand on exactly one page."""


class FieldNotDefined(Refusal):
    """The form {form} mentions the field {field}, which its schema does not define."""


class ConditionNotUsable(Refusal):
    """The field {field} of the form {form} waits for an answer that can never come."""
