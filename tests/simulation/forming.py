"""How numbers are printed in a simulated clinic, and what must hold of their texts."""

from __future__ import annotations

from typing import Final

from coordinator.registry import formats
from sync.engine.transaction import Transaction
from sync.errors import MistypedNumber
from sync.model.numbers import Mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.rules.number_texts import NumberTexts
from tests.simulation.machines import Machine
from tests.simulation.paper import Papers

FORMS: Final = {
    PrintedKind.PLAIN: [
        NumberFormat(PrintedKind.PLAIN, "C-", 7, "-", Check.LUHN),
        NumberFormat(PrintedKind.PLAIN, "C", 8, "", Check.VERHOEFF),
        NumberFormat(PrintedKind.PLAIN, "", 7, "-", Check.MOD_97_10),
        NumberFormat(PrintedKind.PLAIN, "99", 10, "", Check.MOD_11_10),
    ],
    PrintedKind.ONLINE: [
        NumberFormat(PrintedKind.ONLINE, "PAT-", 0, "-", Check.LUHN_30),
        NumberFormat(PrintedKind.ONLINE, "K-", 0, "-", Check.DAMM),
    ],
}
"""Two coordinators of one backup may switch on any of them, so all are apart."""
MISTYPED: Final = 8
"""Of all numbers with a form, at each look: each is typed with every wrong digit."""


class Forming(Papers):
    """A clinic whose administrators change what new numbers look like."""

    def _on_switch_form(self) -> None:
        kind = self.random.choice(list(PrintedKind))
        form = self.random.choice([*FORMS[kind], *FORMS[kind], None])

        def act(tx: Transaction) -> None:
            self.coordinator.desk.arbiter.recovery.require_over(tx)
            formats.switch(tx, kind, form)

        if self._try_at_coordinator(act):
            self.happened["forms switched"] += 1
            self.log(f"  new {kind} numbers: {form.description if form else 'as they are'}")


def check_texts(world: Forming, machine: Machine) -> None:
    """No two numbers have one text, each is read as its number, and a mistyped one as none.

    Raises:
        Violation: names the promise that is not kept.
    """
    desk = machine.desk
    texts = NumberTexts(desk.writer.registry, desk.writer.store.printed)
    rows = desk.query(
        "SELECT claimed FROM patients WHERE claimed IS NOT NULL"
        " UNION SELECT mrn FROM patients WHERE mrn IS NOT NULL"
        " UNION SELECT mrn FROM grants ORDER BY 1"
    )
    shown = {Mrn(mrn): str(texts.text(mrn)) for (mrn,) in rows}
    if len(set(shown.values())) < len(shown):
        raise world.violated(2, f"two numbers have one text at {machine.name}")
    formed = [mrn for mrn, text in shown.items() if text != mrn]
    world.happened["numbers with a form"] += len(formed)
    for mrn, text in shown.items():
        if texts.number(text) != mrn:
            raise world.violated(7, f"{text} is not read as {mrn} at {machine.name}")
    for mrn in world.random.sample(formed, min(len(formed), MISTYPED)):
        _mistyped(world, texts, shown[mrn])


def _mistyped(world: Forming, texts: NumberTexts, text: str) -> None:
    for place, digit in enumerate(text):
        for wrong in set("0123456789") - {digit} if digit.isdecimal() else ():
            typed = text[:place] + wrong + text[place + 1 :]
            try:
                found = texts.number(typed)
            except MistypedNumber:
                continue
            # A wrong digit in a prefix is none of any form, and nobody's number.
            if found != typed or texts.text(found) != typed:
                raise world.violated(7, f"{typed}, mistyped for {text}, is read as {found}")
