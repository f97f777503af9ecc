"""Sources: what comes into a bank, and how it leaves."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO, TypeVar, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.responses import Response

from retain.app import views
from retain.app.intake import as_json_lines
from retain.app.paging import page
from retain.errors import InputError, SourceError
from retain.memory.model import Run, StoredSource
from retain.server.answers import (
    Begun,
    Files,
    Forgetting,
    Forgotten,
    Listed,
    Source,
    SourceText,
    answering,
)
from retain.server.idempotency import IdempotentRoute
from retain.server.problems import HttpError, of_error
from retain.server.routes.runs import accepted
from retain.server.schemas import Content, NewSource, Turns, When
from retain.server.service import (
    DEFAULT_LIMIT,
    ENDED,
    After,
    Limit,
    Reader,
    Service,
    TheMemory,
    TheService,
    Wait,
    Writer,
    listed,
    reply,
)
from retain.status import RunStatus

router = APIRouter(prefix="/v1/banks/{bank_id:id}", tags=["sources"], route_class=IdempotentRoute)

IN_MEMORY = 1 << 20
"""A body that is larger waits in a temporary file, in bytes."""

MOST_FILES = 1_000

M = TypeVar("M", bound=BaseModel)


def _bodies(model: type[BaseModel], *, files: bool) -> dict[str, Any]:
    """The request body for the OpenAPI description: JSON, or a file as it is."""
    raw = {"schema": {"type": "string", "format": "binary"}}
    form = {
        "schema": {
            "type": "object",
            "properties": {
                "file": {"type": "array", "items": {"type": "string", "format": "binary"}}
            },
        }
    }
    json = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    other = {"multipart/form-data": form} if files else {"application/octet-stream": raw}
    return {"requestBody": {"required": True, "content": {"application/json": json, **other}}}


@router.get("/sources", summary="List sources", responses=answering(Listed[StoredSource]))
async def list_sources(
    bank_id: str, _: Reader, memory: TheMemory, limit: Limit = DEFAULT_LIMIT, after: After = None
) -> Response:
    """The sources of a bank, by id."""
    found = await memory.sources(bank_id=bank_id)
    some, following = page(found, lambda one: (one.source_id,), limit, after)
    return listed([views.plain(one) for one in some], following)


@router.post(
    "/sources",
    summary="Retain a text, messages or files",
    status_code=202,
    responses={**ENDED, 202: {"model": Begun | Files}},
    openapi_extra=_bodies(NewSource, files=True),
)
async def add_source(
    request: Request, bank_id: str, _: Writer, service: TheService, wait: Wait = 0.0
) -> Response:
    """Saves a run for the source, then answers 202, or 200 once the run has ended.

    A source of that id is replaced by a new version; what has not changed costs nothing. A form
    with files retains each of them as a source that is named after its file.
    """
    if _kind(request) == "multipart/form-data":
        return await _add_files(request, bank_id, service, wait)
    given = await _json(request, NewSource)
    return await _retain(service, bank_id, given.source_id, _file(given), given, wait)


@router.put(
    "/sources/{source_id:id}",
    summary="Put a version of a source",
    status_code=202,
    responses=ENDED,
    openapi_extra=_bodies(Content, files=False),
)
async def put_source(
    request: Request,
    bank_id: str,
    source_id: str,
    _: Writer,
    service: TheService,
    wait: Wait = 0.0,
    date: When | None = None,
    format: str | None = None,
    author: str | None = None,
) -> Response:
    """Like POST. A body that is no JSON of text or messages is a file: its bytes as they are."""
    if _kind(request) == "application/json":
        given = await _json(request, Content)
        return await _retain(service, bank_id, source_id, _file(given), given, wait)
    file = cast("BinaryIO", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - `_retain` closes it
    try:
        async for chunk in request.stream():
            await asyncio.to_thread(file.write, chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    given = Content.model_construct(date=date, format=format, author=author, metadata=None)
    return await _retain(service, bank_id, source_id, file, given, wait)


@router.get("/sources/{source_id:id}", summary="Show a source", responses=answering(Source))
async def show_source(bank_id: str, source_id: str, _: Reader, memory: TheMemory) -> Response:
    """A source with its sections and its latest run."""
    return reply(views.source(await memory.show(source_id, bank_id=bank_id)))


@router.get(
    "/sources/{source_id:id}/text", summary="The text of a source", responses=answering(SourceText)
)
async def source_text(bank_id: str, source_id: str, _: Reader, memory: TheMemory) -> Response:
    """The text that the spans of facts and hits count the characters of; null where it is gone."""
    text = await memory.sources.text(source_id, bank_id=bank_id)
    return reply({"bank_id": bank_id, "source_id": source_id, "text": text})


@router.post(
    "/sources/{source_id:id}/turns",
    summary="Append to a source",
    status_code=202,
    responses=ENDED,
)
async def append(
    bank_id: str,
    source_id: str,
    given: Turns,
    _: Writer,
    service: TheService,
    wait: Wait = 0.0,
) -> Response:
    """Adds messages or a text to a source; the first call creates it."""
    text = as_json_lines(given.messages) if given.messages is not None else given.text or ""
    work = service.memory.append(
        text, source_id=source_id, bank_id=bank_id, reference_date=given.date
    )
    begun = await service.work.of_run(bank_id, source_id, work, wait)
    return accepted(bank_id, [source_id], [] if begun.result is None else [begun.result])


@router.delete("/sources/{source_id:id}", summary="Forget a source", responses=answering(Forgotten))
async def forget(bank_id: str, source_id: str, _: Writer, service: TheService) -> Response:
    """Deletes every trace of the source; facts that it had superseded become current again."""
    work = service.memory.forget(source_id, bank_id=bank_id)
    forgotten = await service.work.finish(work)
    copies = await service.memory.banks.copies(bank_id=bank_id)
    return reply(views.forgotten(bank_id, forgotten, copies=copies))


@router.get(
    "/sources/{source_id:id}/forgetting",
    summary="What forgetting a source would do",
    responses=answering(Forgetting),
)
async def preview(bank_id: str, source_id: str, _: Reader, memory: TheMemory) -> Response:
    """Nothing is deleted."""
    shown = await memory.sources.preview_forget(source_id, bank_id=bank_id)
    return reply(views.forgetting(bank_id, shown))


async def _retain(
    service: Service, bank_id: str, source_id: str, file: BinaryIO, given: Content, wait_s: float
) -> Response:
    """Retain an open file, which is closed with the end of the work."""
    saved = asyncio.Event()
    waiting: list[str] = []
    first: list[asyncio.Event] = []

    def planned(new: Sequence[str], _: Sequence[str]) -> None:
        waiting.extend(new)
        if new:  # otherwise the runs are known at once
            first.append(service.work.beginning(bank_id, new[0]))
            saved.set()

    async def begun_one() -> None:
        await saved.wait()
        await first[0].wait()

    async def work() -> list[Run]:
        with file:
            return await service.memory.retain_stream(
                file,
                source_id=source_id,
                bank_id=bank_id,
                reference_date=given.date,
                format=given.format,
                planned=planned,
                author=given.author,
                metadata=given.metadata,
            )

    begun = await service.work.begin(work(), begun_one, wait_s)
    runs = begun.result or []
    if runs and all(run.status == RunStatus.FAILED and not run.run_id for run in runs):
        return of_error(SourceError(runs[0].source_id, "; ".join(runs[0].errors)))
    return accepted(bank_id, waiting, runs)


async def _add_files(request: Request, bank_id: str, service: Service, wait_s: float) -> Response:
    """Retain the files of a form, one after the other; each answers for itself."""
    answers: list[dict[str, Any]] = []
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        files = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
        if not files:
            raise InputError("the form has no file: give it as the field `file`")
        for one in files:
            kept = cast("BinaryIO", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - `_retain` closes it
            while chunk := await one.read(IN_MEMORY):
                await asyncio.to_thread(kept.write, chunk)
            kept.seek(0)
            given = Content.model_construct(date=None, format=None, author=None, metadata=None)
            name = one.filename or ""
            answers.append(await _answer(service, bank_id, name, kept, given, wait_s))
    return reply({"files": answers}, 202)


async def _answer(
    service: Service, bank_id: str, name: str, file: BinaryIO, given: Content, wait_s: float
) -> dict[str, Any]:
    import msgspec

    response = await _retain(service, bank_id, name, file, given, wait_s)
    return {"file": name, "status": response.status_code, **msgspec.json.decode(response.body)}


def _file(given: Content) -> BinaryIO:
    if given.messages is not None:
        return BytesIO(as_json_lines(given.messages).encode())
    return BytesIO((given.text or "").encode())


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json(request: Request, model: type[M]) -> M:
    """The body of a request.

    Raises:
        HttpError: It is not JSON.
        ValidationError: It is JSON of another form.
    """
    if _kind(request) != "application/json":
        raise HttpError(
            415, "media-type", "send JSON with Content-Type: application/json, or a form with files"
        )
    body = await request.body()
    return await asyncio.to_thread(model.model_validate_json, body)
