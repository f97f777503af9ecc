"""The store of a LangGraph graph in a bank, against LangGraph's own store and graphs."""

import asyncio
import random
from typing import Any, TypedDict

import pytest
from tests.inloop import in_a_loop

from retain import Memory
from retain.errors import InputError

pytest.importorskip("langgraph.graph")

from langgraph.graph import END, START, StateGraph
from langgraph.store.base import BaseStore, GetOp, ListNamespacesOp, MatchCondition, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from retain.integrations.langgraph import RetainStore, memory_tools

NAMESPACES = [("users", "ana"), ("users", "bob"), ("users",), ("users", "ana", "food"), ("docs",)]
KEYS = ["a", "b/c", "*", "ü"]


def some_ops(random: random.Random) -> list[Any]:
    namespace, key = random.choice(NAMESPACES), random.choice(KEYS)
    number = random.randrange(5)
    filters = [None, {"n": number}, {"n": {"$gte": 2, "$lt": 4}}, {"n": {"$ne": number}}]
    filters += [{"of": {"kind": "x"}}, {"tags": ["p", "q"]}]
    value = {"n": number, "of": {"kind": random.choice("xy")}, "tags": ["p", "q"], "text": "Hi."}
    conditions = [
        (),
        (MatchCondition("prefix", ("users", "*")),),
        (MatchCondition("suffix", ("food",)), MatchCondition("prefix", ("users",))),
    ]
    return [
        PutOp(namespace, key, None if random.random() < 0.2 else value),
        GetOp(random.choice(NAMESPACES), random.choice(KEYS)),
        SearchOp(namespace[:1], random.choice(filters), limit=3, offset=random.randrange(2)),
        ListNamespacesOp(random.choice(conditions), random.choice([None, 1, 2]), limit=3),
    ]


def shown(result: Any) -> Any:
    """A result without what may differ: times, and the order of items that nothing ranks."""
    if isinstance(result, list):
        return sorted(map(repr, map(shown, result)))
    return (result.namespace, result.key, result.value) if hasattr(result, "key") else result


@in_a_loop
async def test_a_history_of_operations_gives_what_langgraphs_own_store_gives(
    memory: Memory,
) -> None:
    store, own = RetainStore(memory, "history"), InMemoryStore()
    chance = random.Random(7)
    for _ in range(12):
        ops = some_ops(chance)
        search = ops[2]
        everything = SearchOp(search.namespace_prefix, search.filter, limit=100)
        mine = await store.abatch([*ops, everything])
        theirs = await own.abatch([*ops, everything])
        for at in (0, 1, 4):
            assert shown(mine[at]) == shown(theirs[at]), ops
        assert len(mine[2]) == len(theirs[2])  # a page of a list whose order is not promised


def test_what_langgraphs_guide_does_with_a_store(memory: Memory) -> None:
    store: BaseStore = RetainStore(memory, "guide")
    namespace = ("my-user", "chitchat")
    store.put(
        namespace,
        "a-memory",
        {
            "rules": ["User likes short, direct language", "User only speaks English & python"],
            "my-key": "my-value",
        },
    )
    item = store.get(namespace, "a-memory")
    assert item is not None
    assert (item.value["my-key"], item.namespace, item.key) == ("my-value", namespace, "a-memory")
    found = store.search(namespace, filter={"my-key": "my-value"}, query="language preferences")
    assert [one.key for one in found] == ["a-memory"]
    store.put(namespace, "food", {"memory": "User likes pizza with olives."})
    store.put(("other", "chitchat"), "food", {"memory": "User likes pizza too."})
    store.put(namespace, "hidden", {"memory": "User likes pizza crusts."}, index=False)
    best, *_ = found = store.search(namespace, query="What pizza does the user like?")
    assert best.key == "food"
    assert best.score is not None
    assert {one.namespace for one in found} == {namespace}
    assert "hidden" not in {one.key for one in found}
    store.put(namespace, "food", {"memory": "User likes soup."})
    changed = store.get(namespace, "food")
    assert changed is not None
    assert changed.created_at < changed.updated_at
    store.delete(namespace, "food")
    store.delete(namespace, "nothing")
    assert store.get(namespace, "food") is None
    assert store.list_namespaces(prefix=("my-user",)) == [namespace]


@in_a_loop
async def test_what_a_store_holds_is_memory_of_the_bank(memory: Memory) -> None:
    store = RetainStore(memory, "shared")
    await memory.retain_text("Bob works at Acme.", source_id="bob.md", bank_id="shared")
    await store.aput(("ana",), "home", {"memory": "Ana lives in Lisbon."})
    assert "Lisbon" in (await memory.recall("Where does Ana live?", bank_id="shared"))[0].text
    assert [one.key for one in await store.asearch(())] == ["home"]
    await store.adelete(("ana",), "home")
    assert await memory.facts(bank_id="shared", about="Ana") == []
    assert len(await memory.sources(bank_id="shared")) == 1


@in_a_loop
async def test_what_cannot_be_kept_is_refused(memory: Memory) -> None:
    store = RetainStore(memory, "refused")
    with pytest.raises(InputError, match="cannot be kept as JSON"):
        await store.aput(("a",), "k", {"x": object()})
    with pytest.raises(NotImplementedError, match="TTL"):
        await store.aput(("a",), "k", {"x": 1}, ttl=5)
    await store.aput(("a",), "k", {"x": 1})
    with pytest.raises(InputError, match=r"\$in is no operator"):
        await store.asearch(("a",), filter={"x": {"$in": [1]}})


class State(TypedDict):
    question: str
    answer: str


def test_a_graph_remembers_in_its_store_and_by_tools(memory: Memory) -> None:
    store = RetainStore(memory, "graph")
    recall, remember = memory_tools(memory, "graph")

    def learn(state: State, *, store: BaseStore) -> dict[str, Any]:
        store.put(("notes",), "1", {"text": "Ana keeps the spare key under the mat."})
        return {"answer": remember.invoke({"fact": "Ana's bike is in the garage."})}

    async def answer(state: State) -> dict[str, Any]:
        return {"answer": await recall.ainvoke({"query": state["question"]})}

    builder = StateGraph(State)
    builder.add_node("learn", learn)
    builder.add_edge(START, "learn")
    builder.add_edge("learn", END)
    graph = builder.compile(store=store)
    learned = graph.invoke({"question": "", "answer": ""})
    assert learned["answer"].startswith("Remembered: ")

    asking = StateGraph(State)
    asking.add_node("answer", answer)
    asking.add_edge(START, "answer")
    for question, told in (("Where is the spare key?", "mat"), ("Where is Ana's bike?", "garage")):
        state = {"question": question, "answer": ""}
        assert told in asyncio.run(asking.compile().ainvoke(state))["answer"]
    assert recall.description.startswith("Search long-term memory.")
    assert recall.args["query"]["description"].startswith("A question")
    assert "quantum" not in recall.invoke({"query": "quantum chromodynamics lattice"})
