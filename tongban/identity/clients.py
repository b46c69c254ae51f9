"""The outside registers of people and firms: none is connected, so what was loaded here answers for them."""

from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text
from tongban.messages.clients import short_messages


def texts_are_simulated() -> bool:
    """Does the provider in use only pretend to send text messages?"""
    return short_messages().simulated


declare(Simulation(
    name="tongban.identity.queries.party",
    stands_for=Text(zh="人口库、法人库", en="The registers of people and of legal entities"),
    pretends=Text(zh="用本系统自己登记的姓名、证件号和企业资料代替，预填时注明“模拟”；没有人核对过实名等级。",
                  en="What was registered in this system is taken for what they say, and forms filled with it say so; nobody "
                     "verified the real-name levels."),
    replaced_by=Text(zh="国家人口、法人单位基础信息库，经政务信息资源交换平台（GB/T 21062）查询；刷脸核验另经公安核验服务。",
                     en="The national registers of people and legal entities, asked through the exchange platform "
                        "(GB/T 21062); faces through the verification service of the police."),
    seam="tongban.identity.queries.party",
    proof="tests/portal/test_signed_in_pages.py::test_what_registers_know_is_filled_in_and_named",
))
