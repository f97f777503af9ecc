"""Claims of the same subject and slot: which conflict, and which of them supersedes which."""

from __future__ import annotations

from retain.memory.model import Claim
from retain.providers.local.superseding import regions, values
from retain.providers.local.superseding.order import is_later
from retain.providers.local.superseding.series import group, many, parts

_OF = " of "


def supersedes(new: Claim, old: Claim) -> bool:
    """Whether `new` supersedes `old`, were there nothing in between."""
    return (
        is_later(new.when, old.when)
        and (old.assistant or not new.assistant)
        and new.when.fact_id != old.when.fact_id
        and group(new.series) == group(old.series)
        and conflicts(new, old)
    )


def conflicts(new: Claim, old: Claim) -> bool:
    """Whether what `new` claims cannot be while what `old` claims is; of one subject and slot."""
    _, slot, denied = parts(new.series)
    _, _, was_denied = parts(old.series)
    if denied and was_denied:
        return False
    alike = values.same(new.value, old.value) or values.details(slot, new.value, old.value)
    if denied or was_denied:
        return alike
    if many(slot) or alike:
        return False
    if slot in values.DATES:  # days that are written differently: ``Tuesday`` and ``9 April``
        return not new.detail or new.detail != old.detail
    if slot in values.PLACES:
        return bool(new.detail) or not regions.may_lie_in(new.value, old.value)
    return slot != "role" or _is_same_office(new.value, old.value)


def _is_same_office(new: str, old: str) -> bool:
    """Whether one leaves a role for the other: nobody leaves the choir to head the museum."""
    my_title, _, mine = new.casefold().partition(_OF)
    your_title, _, yours = old.casefold().partition(_OF)
    if bool(mine) == bool(yours):
        return values.same(mine, yours) or my_title == your_title
    return my_title != your_title and my_title.split()[-1:] == your_title.split()[-1:]


def reason(new: Claim, old: Claim) -> str:
    """Why `new` supersedes `old`, in one line."""
    _, slot, denied = parts(new.series)
    slot = slot.removeprefix("= ")
    if denied:
        return f"{slot}: no longer {old.value}"
    if parts(old.series)[2]:
        return f"{slot}: {new.value} again"
    return f"{slot}: {old.value} -> {new.value}"
