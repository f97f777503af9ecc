"""The scripted server: HTTP on loopback, on a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import threading
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from retain.testing.modelserver.http import BadRequestError, Connection, Request, Response
from retain.testing.modelserver.log import RequestLog
from retain.testing.modelserver.plan import (
    Asked,
    Drop,
    Fault,
    Hang,
    Late,
    Plan,
    Status,
    Trickle,
    name_of,
)
from retain.testing.modelserver.posts import CHAT, EMBEDDINGS, Answers, Post, post_of
from retain.testing.modelserver.turn import Turn, failing, refusing, showing

_NAMELESS = "stand-in"


class ModelServer:
    """A server that speaks OpenAI's protocol and answers by the local rules.

    It is a context manager, of both kinds; after `stop`, `start` has it back at the same address,
    with the same log.

    Args:
        plan: What it does; another one may be set at any time.
        port: Where; 0: at any free one.
        log_path: A file to append the log to.

    Attributes:
        plan: See there.
        log: What it was asked.
    """

    def __init__(
        self, plan: Plan | None = None, *, port: int = 0, log_path: Path | None = None
    ) -> None:
        self.plan = plan or Plan()
        self.log = RequestLog(log_path)
        self._port = port
        self._answers = Answers()
        self._open: set[Connection] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    @property
    def url(self) -> str:
        """The base URL, as clients of OpenAI's take it."""
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: The port is taken.
        """
        ready: Future[int] = Future()
        thread = threading.Thread(target=self._run, args=(ready,), name="model-server", daemon=True)
        thread.start()
        self._port = ready.result()
        self._thread = thread

    def stop(self) -> None:
        """Close every connection, answered or not, and stop listening."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._answers.close()
        self.log.close()

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> ModelServer:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _run(self, ready: Future[int]) -> None:
        self._answers.warm()
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: Future[int]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(
                lambda: Connection(self._handle, refusing, self._open), "127.0.0.1", self._port
            )
        except OSError as exc:
            ready.set_exception(exc)
            return
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()
        for connection in list(self._open):
            await connection.ended()
        await server.wait_closed()

    async def _handle(self, connection: Connection, request: Request) -> None:
        match request.method, request.path:
            case "POST", path if path in (CHAT, EMBEDDINGS):
                await self._answer(connection, request)
                return
            case "GET", "/v1/models":
                response = showing({"object": "list", "data": _models(self.plan)})
            case "GET", "/log":
                response = showing(asdict(self.log.counts))
            case _:
                raise BadRequestError(404, f"there is no {request.method} {request.path}")
        connection.transport.write(response.encoded())

    async def _answer(self, connection: Connection, request: Request) -> None:
        arrived, plan = self._loop.time(), self.plan
        try:
            post = post_of(request.path, request.body)
        except BadRequestError as exc:
            number, _ = self.log.begin(hashlib.sha256(request.body).hexdigest(), "unknown", "")
            await Turn(connection, self.log, number).send(refusing(exc), str(exc.status))
            return
        number, time = self.log.begin(post.key, post.purpose, post.model)
        asked = Asked(number, time, post.key, post.purpose, post.text)
        fault = _unwelcome(plan, request, post) or plan.fault(asked)
        turn = Turn(connection, self.log, number)
        try:
            await self._play(turn, post, plan, fault, arrived)
        except asyncio.CancelledError:
            outcome = name_of(fault) if isinstance(fault, Hang | Trickle) else "left"
            turn.lost("stopped" if self._stop.is_set() else outcome)
            raise
        except BadRequestError as exc:
            await turn.send(refusing(exc), str(exc.status))

    async def _play(
        self, turn: Turn, post: Post, plan: Plan, fault: Fault | None, arrived: float
    ) -> None:
        outcome = "answered" if fault is None else name_of(fault)
        if isinstance(fault, Status):
            await turn.send(failing(fault), outcome)
            return
        if isinstance(fault, Hang):
            await asyncio.Event().wait()
        reply = await self._answers.reply(post, plan, fault)
        late = fault.seconds if isinstance(fault, Late) else 0.0
        await asyncio.sleep(arrived + plan.latency + late - self._loop.time())
        response = Response(200, reply.body)
        match fault:
            case Drop(where):
                await turn.drop(response, outcome, within=where == "within")
            case Trickle(seconds):
                await turn.trickle(response, outcome, reply, seconds)
            case _:
                await turn.send(response, outcome, reply)


def _unwelcome(plan: Plan, request: Request, post: Post) -> Status | None:
    """The error for a wrong key or a model that there is not."""
    sent = request.headers.get("authorization", "").encode()
    if plan.key is not None and not hmac.compare_digest(sent, f"Bearer {plan.key}".encode()):
        return Status(401)
    return Status(404) if plan.models and post.model not in plan.models else None


def _models(plan: Plan) -> list[dict[str, object]]:
    names = plan.models or (_NAMELESS,)
    return [{"id": name, "object": "model", "created": 0, "owned_by": "-"} for name in names]
