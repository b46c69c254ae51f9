"""What is only simulated: each stand-in with what it stands for, what takes its place and what a real one must pass."""

from django.http import HttpRequest, HttpResponse

from tongban.identity.types import Role
from tongban.kernel import simulations
from tongban.oversight.frame import draw
from tongban.web.gate import staff
from tongban.web.jinja import say


@staff(Role.SUPERVISOR)
def simulated(request: HttpRequest) -> HttpResponse:
    """The whole list, with those that were replaced already."""
    every = simulations.every()
    return draw(request, "simulated", section="", count=sum(each.in_use() for each in every), rows=[
        {"stands_for": say(each.stands_for), "pretends": say(each.pretends), "replaced_by": say(each.replaced_by),
         "name": each.name, "seam": each.seam, "proof": each.proof, "in_use": each.in_use()} for each in every])
