"""The maker of seals and the register of seals at the police: neither is connected."""

from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text

declare(Simulation(
    name="tongban.seals.rules.seal_picture",
    stands_for=Text(zh="印章制作单位和公安印章备案", en="The maker of seals and their register at the police"),
    pretends=Text(zh="按部门名称画一枚印章，图上写明“样章 SAMPLE”；证书是本节点自己的密钥。",
                  en="A seal is drawn from the authority's name, says on its face that it is a sample, and has the node's own "
                     "keys for certificates."),
    replaced_by=Text(zh="备案的电子印章（GB/T 38540 数据格式），由电子印章系统制发。",
                     en="Seals on record with the police, issued by an electronic seal system as data of GB/T 38540."),
    seam="tongban.seals.actions.apply_for_seal",
    proof="tests/seals/test_register.py::test_each_stamping_is_on_record_with_its_case_and_stays",
))
