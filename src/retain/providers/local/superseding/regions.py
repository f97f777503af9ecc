"""Regions that places may lie in, so that a city told after its country is no move."""

from __future__ import annotations

import re

_NAMES = """
argentina|australia|austria|bangladesh|belgium|bolivia|bosnia|brazil|bulgaria|cambodia|canada|chile
|china|colombia|costa rica|croatia|cuba|cyprus|czechia|czech republic|denmark|ecuador|egypt|england
|estonia|ethiopia|finland|france|georgia|germany|ghana|great britain|greece|hungary|iceland|india
|indonesia|iran|iraq|ireland|israel|italy|jamaica|japan|jordan|kenya|latvia|lebanon|lithuania
|malaysia|malta|mexico|moldova|montenegro|morocco|nepal|netherlands|new zealand|nigeria
|northern ireland|norway|pakistan|peru|philippines|poland|portugal|romania|russia|scotland|senegal
|serbia|singapore|slovakia|slovenia|south africa|south korea|spain|sri lanka|sweden|switzerland
|syria|taiwan|tanzania|thailand|tunisia|turkey|uganda|uk|ukraine|united kingdom|united states
|uruguay|usa|us|venezuela|vietnam|wales|africa|asia|europe|california|texas|florida|oregon|colorado
|ohio|michigan|virginia|arizona|nevada|utah|illinois|massachusetts|pennsylvania|minnesota|wisconsin
|bavaria|saxony|catalonia|andalusia|tuscany|brittany|normandy|provence|tyrol|silesia|ontario|quebec
|queensland
"""
_REGIONS = frozenset(name.strip() for name in _NAMES.split("|"))
_MOVES = re.compile(
    r"\b(?:moved|relocated|emigrated|moving|no longer|now|any ?more|instead)\b", re.IGNORECASE
)


def tells_of_move(text: str) -> bool:
    """Whether a statement tells that somebody or something moved."""
    return _MOVES.search(text) is not None


def may_lie_in(one: str, other: str) -> bool:
    """Whether one place may lie in the other."""
    return _is_region(one) != _is_region(other) or _is_described(one) != _is_described(other)


def _is_region(place: str) -> bool:
    return place.casefold().removeprefix("the ").strip(" .") in _REGIONS


def _is_described(place: str) -> bool:
    """Whether it is told what the place is like, not what it is called: ``the mountains``."""
    return place.startswith("the ") and place.islower()
