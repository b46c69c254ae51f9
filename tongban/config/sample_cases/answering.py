"""What follows signals, orders and poor reviews: who answers whom, and when."""

from tongban.config.sample_cases.cast import Cast
from tongban.config.sample_cases.playing import Life, Play
from tongban.kernel import database
from tongban.reviews import actions as reviews
from tongban.reviews.types import Finding, Remedy
from tongban.supervision import actions as supervision
from tongban.supervision.types import SignalState

NOTIFIED = """
select number, authority_id, kind from supervision_signal where state = 'NOTIFIED' and kind >= 3 order by id
"""
RECEIVED = "select id, authority_id, case_number from reviews_rectification where state = 'RECEIVED' order by id"


class Answering:
    """Sees what rules raised and lets those concerned answer it."""

    def __init__(self, play: Play, cast: Cast) -> None:
        self.play, self.cast = play, cast
        self._seen: set[str] = set()

    def look(self) -> None:
        """Begin an answer to everything that was not there before."""
        with self.play.by_rule():
            signals, poor = database.rows(NOTIFIED), database.rows(RECEIVED)
        for number, place, _kind in signals:
            if self._is_new(number):
                self.play.begin(self._signal(number, place, len(self._seen)))
        for key, place, _case in poor:
            if self._is_new(f"rectification:{key}"):
                self.play.begin(self._rectification(key, place, len(self._seen)))

    def _is_new(self, name: str) -> bool:
        new = name not in self._seen
        self._seen.add(name)
        return new

    def _signal(self, number: str, place: int, turn: int) -> Life:
        """Explained by the authority, judged by the supervisor, put right, closed; every third with an order."""
        play, say, reviewer, boss = self.play, self.cast.say, self.cast.offices[place].reviewer, self.cast.supervisor
        yield play.office(1)
        if not self._is_open(number):
            return
        order = 0
        if turn % 3 == 0:
            order = play.act(boss, supervision.send_order, signal=number, content=say("orders", "sent"),
                             due_on=play.next_day() + (play.next_day() - play.now.date()) * 3)
        yield play.office(1)
        if not self._is_open(number):
            return
        play.act(reviewer, supervision.explain_signal, number=number, explanation=say("signals", "explained"))
        if order:
            play.act(reviewer, supervision.answer_order, order=order, answer=say("orders", "answered"))
        yield play.office(1)
        if turn % 4 == 1:
            play.act(boss, supervision.cancel_signal, number=number, reason=say("signals", "cancelled"))
        else:
            play.act(boss, supervision.confirm_signal, number=number, reason=say("signals", "confirmed"))
            yield play.office(2)
            play.act(reviewer, supervision.correct_signal, number=number, correction=say("signals", "corrected"))
        yield play.office(2)
        play.act(boss, supervision.close_signal, number=number)
        if order:
            play.act(boss, supervision.settle_order, order=order, result=say("orders", "settled"))

    def _is_open(self, number: str) -> bool:
        with self.play.by_rule():
            found = database.row("select state from supervision_signal where number = %s", [number])
        return found is not None and SignalState(found[0]) is SignalState.NOTIFIED

    def _rectification(self, key: int, place: int, turn: int) -> Life:
        """Assigned, looked into, put right, answered, called back, closed; one in five is found mistaken."""
        play, say, office, boss = self.play, self.cast.say, self.cast.offices[place], self.cast.supervisor
        worker = office.reviewer
        yield play.office()
        play.act(office.decider, reviews.assign_rectification, rectification=key, account=worker.account)
        yield play.office(1)
        if turn % 5 == 0:
            play.act(boss, reviews.verify_rectification, rectification=key, finding=Finding.MISTAKEN,
                     reason=say("rectification", "mistaken"))
        else:
            play.act(worker, reviews.verify_rectification, rectification=key, finding=Finding.TRUE,
                     reason=say("rectification", "finding"))
            yield play.office(1)
            play.act(worker, reviews.rectify, rectification=key, remedy=Remedy.IMMEDIATE,
                     done=say("rectification", "done"))
        yield play.office(1)
        play.act(worker, reviews.feed_back, rectification=key, answer=say("rectification", "answer"))
        yield play.office(3)
        play.act(boss, reviews.revisit_by_call, rectification=key, grade=play.random.choice((1, 2, 2, 3)))
        yield play.office(1)
        play.act(boss, reviews.close_rectification, rectification=key)
