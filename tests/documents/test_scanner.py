"""What any scanner put in must do."""

from tests.documents import forging
from tongban.documents import clients
from tongban.documents.rules import EICAR


def test_the_scanner_in_use_finds_the_test_virus_and_lets_an_honest_file_pass():
    scanner = clients.scanner()
    found = scanner.scan(EICAR)
    assert not found.clean
    assert found.scanner
    assert found.simulated == isinstance(scanner, clients.SimulatedScanner)
    assert not scanner.scan(forging.picture() + EICAR).clean
    assert scanner.scan(forging.picture()).clean
