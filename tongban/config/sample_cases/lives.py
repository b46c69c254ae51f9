"""What happens to a case, each a story that waits for its next hour: by the verbs of cases and by nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.types import CorrectionItem, DeclineGround, Outcome, State, Visit
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide, Necessity
from tongban.config.sample_cases.cast import Cast, Office
from tongban.config.sample_cases.playing import DAY, Life
from tongban.identity.types import Actor
from tongban.reviews import actions as reviews
from tongban.reviews.queries import link_of, options
from tongban.reviews.types import Grade

GRADES = (62, 25, 10, 1, 1)
OF_THE_LATE = (15, 30, 30, 15, 10)
"""How people grade what was done in time, and what was late."""
REVIEWED = 0.62


class Course(StrEnum):
    """How it goes with a case."""

    PLAIN = "PLAIN"
    CORRECTED = "CORRECTED"
    CORRECTED_LATE = "CORRECTED_LATE"
    UNANSWERED = "UNANSWERED"
    DECLINED = "DECLINED"
    SILENT = "SILENT"
    WITHDRAWN = "WITHDRAWN"
    STOPPED = "STOPPED"
    EXTENDED = "EXTENDED"
    PROMISED = "PROMISED"
    REFUSED = "REFUSED"
    LATE = "LATE"
    VOIDED = "VOIDED"
    WAITS = "WAITS"
    WAITS_CORRECTED = "WAITS_CORRECTED"
    WAITS_FOR_EXAMINATION = "WAITS_FOR_EXAMINATION"
    WAITS_FOR_DECISION = "WAITS_FOR_DECISION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One case to come: what for, by whom, when, and how it will go. `grade`: what they say in the end; 0: nothing."""

    slug: str
    actor: Actor
    at: datetime
    course: Course = Course.PLAIN
    as_person: bool = False
    grade: int | None = None
    fetched: bool | None = None


class Story:
    """One case: who is in it and what they do next."""

    def __init__(self, cast: Cast, plan: Plan) -> None:
        self.cast, self.play, self.plan = cast, cast.play, plan
        self.guide: Guide = catalogue.guide(catalogue.code_of(plan.slug))
        self.office: Office = cast.office(self.guide)
        self.applicant = (plan.actor.entities[0] if plan.actor.entities and not plan.as_person
                          else plan.actor.party) or 0
        self.number = ""

    def life(self) -> Life:
        """From the application to the end."""
        yield self.plan.at
        self.play.act(self.plan.actor, self._apply)
        course = self.plan.course
        if course is Course.WAITS:
            return
        if course is Course.SILENT:
            yield self._hours_later(24 * 9)
            yield self.play.office()
        else:
            yield from self._receive()
        if self._state() not in (State.ACCEPTED, State.UNDER_REVIEW):
            return
        yield from self._handle()
        yield from self._afterwards()

    def _receive(self) -> Life:
        """Until acceptance, or until there will be none."""
        course, clerk = self.plan.course, self.office.clerk
        yield self.play.office(early=self._is_quick)
        if course is Course.DECLINED:
            self._do(clerk, cases.decline_case, ground=DeclineGround.NO_PERMIT_NEEDED,
                     reason=self.cast.say("reasons", "declined"))
            return
        if course in (Course.CORRECTED, Course.UNANSWERED, Course.WAITS_CORRECTED):
            yield from self._correct(answered=course is not Course.UNANSWERED)
            if course is not Course.CORRECTED:
                return
        if course is Course.WITHDRAWN and self.play.random.random() < 0.5:
            yield self._hours_later(5)
            self._do(self.plan.actor, cases.withdraw_case)
            return
        self._do(clerk, cases.accept_case)

    def _handle(self) -> Life:
        """Examination and decision, as long as the promise allows or longer."""
        plan, begun = self.plan, self.play.now
        before_examining, before_deciding = self._pace()
        yield self.play.office(before_examining)
        if plan.course is Course.WITHDRAWN:
            self._do(plan.actor, cases.withdraw_case)
            return
        if plan.course is Course.WAITS_FOR_EXAMINATION:
            return
        if plan.course is Course.PROMISED:
            self.play.act(plan.actor, self._bring)
        yield from self._examine()
        if plan.course is Course.VOIDED:
            yield self.play.office(1)
            self._do(self.cast.supervisor, cases.void_case, reason=self.cast.say("reasons", "voided"))
            return
        if plan.course is Course.CORRECTED_LATE and not self._is_instant:
            yield from self._correct(answered=True)
        if plan.course is Course.STOPPED and not self._is_instant:
            yield from self._stop()
        if plan.course is Course.EXTENDED:
            self._do(self.office.decider, cases.extend_case, days=8, reason=self.cast.say("reasons", "extended"))
        if plan.course is Course.WAITS_FOR_DECISION:
            return
        yield self.play.office(before_deciding) if before_deciding else self._soon(begun)
        refused = plan.course is Course.REFUSED
        self._do(self.office.decider, cases.decide_case, outcome=Outcome.REFUSED if refused else Outcome.GRANTED,
                 reason=self.cast.say("reasons", "refused") if refused else "")

    def _pace(self) -> tuple[int, int]:
        """Working days until the examination and from there to the decision."""
        limit, rng = self.guide.promised_limit, self.play.random
        promised = limit.count if str(limit.unit).upper() == "WORKDAY" else limit.count * 5 // 7
        if self.plan.course is Course.LATE:
            return max(1, promised // 2), promised - promised // 2 + rng.choice((1, 1, 2))
        spare = 2 if self.guide.process_code == "site-check" else 1
        used = min(int(promised * rng.uniform(0.25, 0.85)), max(0, promised - spare))
        return used // 2, used - used // 2

    def _examine(self) -> Life:
        """Every step of the examination that the process has; two officers visit the site."""
        if self._is_instant:
            return
        good = self.plan.course is not Course.REFUSED
        self._do(self.office.reviewer, cases.examine_case, recommends=good,
                 opinion=self.cast.say("opinions", "passed" if good else "failed"))
        if self.guide.process_code == "site-check":
            yield self._hours_later(1)
            yield self.play.office()
            self._do(self.office.reviewer, cases.examine_case, recommends=True, verb="inspect",
                     opinion=self.cast.say("opinions", "visited"),
                     visit=Visit(on=self.play.now.date(), companion=self.office.clerk.account))

    def _correct(self, *, answered: bool) -> Life:
        """The one notice of what is missing, and the answer to it."""
        paper = next((each for each in self.guide.materials if not each.from_form
                      and each.necessity is not Necessity.OPTIONAL), self.guide.materials[0])
        self._do(self.office.clerk, cases.request_corrections, items=[
            CorrectionItem(target=paper.code, name=paper.name, what=self.cast.say("corrections"))])
        if answered:
            yield self._hours_later(self.play.random.randrange(20, 80))
            self.play.act(self.plan.actor, self._answer, code=paper.code)
            yield self.play.office(early=self._is_quick)

    def _stop(self) -> Life:
        """A procedure during which the clock stands."""
        days = self.play.random.randrange(3, 7)
        self._do(self.office.reviewer, cases.suspend_case, procedure=self.play.random.choice(("testing", "expert_review")),
                 announced_end=self.play.now.date() + (days + 4) * DAY)
        yield self.play.office(days)
        self._do(self.office.reviewer, cases.resume_case)

    def _afterwards(self) -> Life:
        """The result is fetched and the matter reviewed, by some."""
        rng, plan = self.play.random, self.plan
        yield self._hours_later(rng.randrange(9, 60))
        if self._state() is not State.COMPLETED:
            return
        if plan.fetched if plan.fetched is not None else rng.random() < 0.7:
            self._do(plan.actor, cases.deliver_case)
        late = plan.course is Course.LATE
        grade = plan.grade
        if grade is None:
            grade = rng.choices(tuple(Grade), OF_THE_LATE if late else GRADES)[0] if rng.random() < REVIEWED else 0
        if grade:
            yield self._hours_later(rng.randrange(1, 30))
            self.play.act(plan.actor, self._review, grade=int(grade))

    def _apply(self, actor: Actor) -> None:
        situation = self.guide.situation.options[0].code if self.guide.situation else ""
        given = self.cast.hand_in(actor, self.guide, self.applicant, situation,
                                  promised=self.plan.course is Course.PROMISED)
        key = cases.start_draft(actor, item_code=self.guide.code, applicant=self.applicant, situation=situation,
                                answers=self.cast.answers(actor, self.guide, self.applicant), materials=given)
        self.number = cases.submit_draft(actor, key=key).number

    def _answer(self, actor: Actor, *, code: str) -> None:
        situation = self.guide.situation.options[0].code if self.guide.situation else ""
        cases.answer_corrections(actor, number=self.number, answers={}, materials=self.cast.hand_in(
            actor, self.guide, self.applicant, situation, only=code))

    def _bring(self, actor: Actor) -> None:
        situation = self.guide.situation.options[0].code if self.guide.situation else ""
        late = [each.code for each in self.guide.materials_for(situation) if each.necessity is Necessity.DEFERRABLE]
        if late:
            cases.bring_promised(actor, number=self.number, materials=self.cast.hand_in(
                actor, self.guide, self.applicant, situation, only=late[0]))

    def _review(self, actor: Actor, *, grade: int) -> None:
        token = link_of(self.number).split("/")[-2]
        offered = [each.code for each in options(on=self.play.now.date()).of(Grade(grade))]
        reviews.submit_review(actor, token=token, grade=grade, text=self.cast.say("reviews", grade),
                              options_ticked=tuple(self.play.random.sample(offered, self.play.random.randrange(3))))

    def _do(self, actor: Actor, action: object, **arguments: object) -> None:
        self.play.act(actor, action, number=self.number, **arguments)  # type: ignore[arg-type]

    def _state(self) -> State | None:
        with self.play.by_rule():
            found = queries.by_number(self.number)
        return found.state if found else None

    def _hours_later(self, hours: int) -> datetime:
        return self.play.now + timedelta(hours=hours, minutes=self.play.random.randrange(60))

    def _soon(self, begun: datetime) -> datetime:
        """The same day, where an hour of it is left."""
        return self.play.office(0, early=begun.date() != self.play.now.date())

    @property
    def _is_instant(self) -> bool:
        return self.guide.process_code == "instant"

    @property
    def _is_quick(self) -> bool:
        """Must what is begun be ended on the same day?"""
        return self.guide.promised_limit.count <= 1
