"""What a page's variables offer, as far as it is there when the page is made; the script asks for the rest."""

from collections.abc import Mapping

from dashboards.choices import Choices, choices_of, run_choices
from dashboards.grants import Opened
from dashboards.queries import PanelResult
from dashboards.trail import Read
from dashboards.variables import Values
from embed.page import shown_variables
from embed.reading import Wishes, choices_call

Offers = Mapping[str, PanelResult]


def offers(opened: Opened, wishes: Wishes, values: Values) -> Offers:
    """Return the results of the shown variables' queries by name, with one read of the store; nothing is waited for.

    What is not there is on its way afterwards.
    """
    asked = [variable for variable in shown_variables(opened) if variable.choices_from is not None]
    requests = [choices_call(opened, variable, wishes, values) for variable in asked]
    if not requests:
        return {}
    return dict(zip((variable.name for variable in asked), run_choices(requests, wait=0), strict=True))


def again(found: Offers, opened: Opened, wishes: Wishes, values: Values) -> Offers:
    """Look again for what was on its way."""
    return offers(opened, wishes, values) if any(result.state == "pending" for result in found.values()) else found


def ready(found: Offers) -> dict[str, Choices]:
    """Return the choices that are there, by the variable's name."""
    read = {name: choices_of(result) for name, result in found.items()}
    return {name: choices for name, choices in read.items() if choices is not None}


def reads(found: Offers) -> list[Read]:
    """Return what the ready choices were read from, for the access log."""
    return [result.read for result in found.values() if result.read is not None]
