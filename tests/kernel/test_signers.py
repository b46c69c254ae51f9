"""What any signers put in must do."""

from tests.signing import licence
from tongban.kernel import vault
from tongban.kernel.crypto.signing import PayloadKind, sign_with_all, verify_signatures


def test_what_the_signers_in_use_sign_holds_under_the_keys_they_publish():
    signers = vault.signers()
    keys = [signer.verifying_key for signer in signers]
    made = sign_with_all(signers, PayloadKind.LICENCE, licence())
    assert {each.key_id for each in made} == {key.key_id for key in keys}
    assert verify_signatures(keys, PayloadKind.LICENCE, licence(), made)
    assert not verify_signatures(keys, PayloadKind.LICENCE, licence("another"), made)
    assert not verify_signatures(keys, PayloadKind.RECEIPT, licence(), made)
