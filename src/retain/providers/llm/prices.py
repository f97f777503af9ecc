"""What models cost, from the prices that the package genai-prices brings."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from retain.memory.model import ModelChoice, Price
from retain.providers.llm.endpoint import COMPATIBLE

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

_PROVIDERS = {"openai-chat": "openai", "openai-responses": "openai"}
"""The names of providers that are other ones there."""


def price_of(choice: ModelChoice, *, at: datetime | None = None) -> Price | None:
    """What the model costs: as the user says, else as the package does; None if nobody knows.

    Nothing is fetched. A price that grows with the length of a request is that of a short one.

    Args:
        choice: The model.
        at: For prices that change with the time; the default is now.
    """
    if choice.price is not None:
        return choice.price
    provider, _, name = choice.model.partition(":")
    if provider == COMPATIBLE:
        return None
    try:
        from genai_prices.data_snapshot import get_snapshot
    except ImportError:
        return None
    provider = _PROVIDERS.get(provider, provider)
    try:
        _, model = get_snapshot().find_provider_model(name, None, provider, None)
    except LookupError:
        return None
    price = model.get_prices(at or datetime.now(UTC))
    if price.input_mtok is None:
        return None
    return Price(_base(price.input_mtok), _base(price.output_mtok))


def _base(price: Decimal | TieredPrices | None) -> float:
    if price is None:
        return 0.0
    return float(price if isinstance(price, Decimal) else price.base)
