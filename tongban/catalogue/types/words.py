"""The coded words of the catalogue, with the codes of the national standards."""

from enum import StrEnum


class Status(StrEnum):
    """What may be done with an item (CAT-17)."""

    IN_USE = "1"
    SUSPENDED = "2"
    CANCELLED = "3"


class Pace(StrEnum):
    """Decided on the spot (即办件), within a time limit (承诺件), or otherwise (CAT-12)."""

    INSTANT = "INSTANT"
    TERM = "TERM"
    OTHER = "OTHER"

    @property
    def exchanged(self) -> str:
        """The case type (办件类型) of GB/T 39046 A.6."""
        return {Pace.INSTANT: "1", Pace.TERM: "2", Pace.OTHER: "9"}[self]


class PowerType(StrEnum):
    """事项类型 (CAT-07): 11 to 19 and 21 upwards may be added to; filing and registering are no types."""

    GROUP = "00"
    PERMIT = "01"
    PUNISHMENT = "02"
    COERCION = "03"
    LEVY = "04"
    PAYMENT = "05"
    INSPECTION = "06"
    CONFIRMATION = "07"
    REWARD = "08"
    ADJUDICATION = "09"
    OTHER = "10"
    INTERNAL_APPROVAL = "11"
    PUBLIC_SERVICE = "20"
    FURTHER_SERVICE = "21"


class PowerSource(StrEnum):
    """权力来源 (CAT-10)."""

    STATUTORY = "1"
    DELEGATED = "2"
    AUTHORISED_BY_SUPERIOR = "3"
    AUTHORISED_BY_PEER = "4"
    ENTRUSTED_BY_SUPERIOR = "5"
    ENTRUSTED_BY_PEER = "6"


class BodyNature(StrEnum):
    """实施主体性质 (CAT-09)."""

    STATUTORY = "1"
    AUTHORISED = "2"
    ENTRUSTED = "3"
    OTHER = "9"


class ServiceObject(StrEnum):
    """服务对象 (CAT-11)."""

    PERSON = "1"
    ENTERPRISE = "2"
    INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    UNINCORPORATED = "5"
    ORGAN = "6"
    OTHER = "9"

    @property
    def is_legal(self) -> bool:
        return self not in (ServiceObject.PERSON, ServiceObject.OTHER)

    @property
    def exchanged(self) -> str:
        """The code of GB/T 39046 A.4, which knows no unincorporated enterprise and counts organs as 5 (CAT-11)."""
        return {ServiceObject.UNINCORPORATED: "6", ServiceObject.ORGAN: "5", ServiceObject.OTHER: "6"}.get(self, self.value)


class HandlingForm(StrEnum):
    """How one can apply (CAT-13)."""

    WINDOW = "1"
    WEB = "2"
    MOBILE = "3"
    COURIER = "4"
    OTHER = "9"


class Depth(StrEnum):
    """How far an item goes online (CAT-15)."""

    CONSULTATION = "1"
    RECEIVING = "2"
    PRE_REVIEW = "3"
    ACCEPTANCE = "4"
    HANDLING = "5"
    RESULT = "6"
    ELECTRONIC_LICENCE = "7"
    OTHER_HERE = "8"
    OTHER = "9"


class ServiceLevel(StrEnum):
    """Service level for reporting, derived and never typed (CAT-16)."""

    INFORMATION = "I"
    DOWNLOAD = "II"
    ONLINE_APPLICATION = "III"
    WHOLLY_ONLINE = "IV"


class FourLists(StrEnum):
    """四办四清单: in which of the four published lists an item stands (CAT-47)."""

    RECEIVED_AND_DONE = "RECEIVED_AND_DONE"
    SAME_DAY = "SAME_DAY"
    TIME_LIMITED = "TIME_LIMITED"
    AGENCY = "AGENCY"


class MaterialKind(StrEnum):
    """What a material is (CAT-22)."""

    PROOF = "PROOF"
    FORM = "FORM"
    OTHER = "OTHER"


class Medium(StrEnum):
    """On what a material may be handed in (CAT-22)."""

    PAPER = "PAPER"
    ELECTRONIC = "ELECTRONIC"
    BOTH = "BOTH"


class Necessity(StrEnum):
    """Must it be there: at once, not always, or later (容缺后补) (CAT-22)."""

    REQUIRED = "REQUIRED"
    OPTIONAL = "OPTIONAL"
    DEFERRABLE = "DEFERRABLE"


class MaterialSource(StrEnum):
    """Who issues a material (CAT-22)."""

    APPLICANT = "APPLICANT"
    GOVERNMENT = "GOVERNMENT"
    OTHER = "OTHER"


class ResultKind(StrEnum):
    """What comes out (CAT-21)."""

    LICENCE = "LICENCE"
    DOCUMENT = "DOCUMENT"
    OTHER = "OTHER"

    @property
    def exchanged(self) -> str:
        """The code exchanged: 证照, 批文, other."""
        return {ResultKind.LICENCE: "10", ResultKind.DOCUMENT: "20", ResultKind.OTHER: "99"}[self]


class OfflineReason(StrEnum):
    """Why an item cannot be handled online (ARC-09)."""

    LAW = "LAW"
    SECRET = "SECRET"  # noqa: S105
    OTHER = "OTHER"


class StepRole(StrEnum):
    """Who does a step of the flow (CAT-28)."""

    APPLICANT = "APPLICANT"
    RECEPTIONIST = "RECEPTIONIST"
    REVIEWER = "REVIEWER"
    DECIDER = "DECIDER"
    ISSUER = "ISSUER"


class CommitmentKind(StrEnum):
    """Whether a written commitment may stand in for a proof or for the licence conditions (告知承诺)."""

    NONE = "NONE"
    PROOF = "PROOF"
    LICENCE = "LICENCE"
