"""An administrator at the terminal: what they type, what they are asked and what they read."""

from dataclasses import dataclass, field

from tests.relying import PASSWORD
from tongban.config import administering, cli


@dataclass(kw_only=True)
class Terminal:
    """Signs in whoever is named and answers each question in one way; `asked` keeps the questions."""

    capsys: object
    answer: str = "yes"
    login: str = ""
    asked: list[str] = field(default_factory=list)

    def says(self, login, *words):
        """Run one command as somebody; returns the exit code, what was said and what was refused."""
        self.login = login
        code = cli.main([*words])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def ask(self, prompt):
        """Answers as a person would."""
        if "account name" in prompt:
            return self.login
        self.asked.append(prompt)
        return self.answer


def sit_down(monkeypatch, capsys):
    """A terminal that the commands ask from now on."""
    made = Terminal(capsys=capsys)
    monkeypatch.setattr(administering, "ASK", made.ask)
    monkeypatch.setattr(administering, "ASK_SECRET", lambda prompt: PASSWORD)
    return made
