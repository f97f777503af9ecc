"""A client of the HTTP API of `retain serve`, with the names of `retain.Memory`.

It needs the extra ``client``, and opens no database. `Client` is for programs without ``async``,
`AsyncClient` for those with it.
"""

from retain.client.aio import AsyncClient
from retain.client.errors import (
    ApiBusyError,
    ApiError,
    ApiInputError,
    ApiNotFoundError,
    ServerUnreachableError,
)
from retain.client.following import EventsLost
from retain.client.sync import Client
from retain.client.values import RunDetails, SourceDetails

__all__ = [
    "ApiBusyError",
    "ApiError",
    "ApiInputError",
    "ApiNotFoundError",
    "AsyncClient",
    "Client",
    "EventsLost",
    "RunDetails",
    "ServerUnreachableError",
    "SourceDetails",
]
