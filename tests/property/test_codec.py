"""Any context comes back from its bytes as it was."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from retain.checkpoints.codec import Codec, Stored, head_of
from retain.engine.context import (
    EngineState,
    FanOut,
    Question,
    StateFailure,
    StepLogEntry,
)
from retain.kinds import OutcomeKind, Task
from retain.memory.context import RetainContext
from retain.memory.model import (
    Entity,
    Fact,
    Judgement,
    Mention,
    MergedFact,
    ModelChoice,
    Outcome,
    Price,
    Provenance,
    Section,
    Tail,
    Vectors,
)
from retain.memory.redaction import Redaction
from retain.status import RunStatus

texts = st.text(max_size=20)
zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
times = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=zones | st.just(UTC))
naive = st.datetimes()
counts = st.integers(0, 1 << 40)
numbers = st.floats(allow_nan=False)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
metas = st.dictionaries(texts, json, max_size=3)


def optional(values):
    return st.none() | values


steps = st.builds(
    StepLogEntry,
    state=texts,
    started_at=times,
    completed_at=optional(times | naive),
    duration_ms=optional(numbers),
    error=optional(texts),
    notes=metas,
)
sections = st.builds(
    Section,
    section_id=texts,
    ordinal=counts,
    kind=st.sampled_from(["text", "turn"]),
    level=st.integers(0, 6),
    path=st.lists(texts, max_size=3).map(tuple),
    start=counts,
    end=counts,
    line_start=counts,
    line_end=counts,
    speaker=optional(texts),
    said_at=optional(times),
)
facts = st.builds(
    Fact,
    fact_id=texts,
    section_id=texts,
    type=st.sampled_from(["world", "plan", "opinion", "assistant_statement"]),
    text=texts,
    quote=texts,
    start=counts,
    end=counts,
    entities=st.lists(texts, max_size=3).map(tuple),
    mentioned_at=optional(times),
    occurred_start=optional(times),
    occurred_end=optional(times | naive),
    superseded_by=optional(texts),
)
chains = st.lists(st.lists(texts, min_size=1, max_size=3).map(tuple), max_size=3)
fan_outs = st.builds(
    FanOut,
    state=texts,
    branches=chains.map(tuple),
    join=texts,
    done=st.lists(st.integers(0, 3), max_size=3),
)
failures = st.builds(StateFailure, state=texts, error=texts, item=optional(counts))
engine_states = st.builds(
    EngineState,
    questions=st.lists(
        st.builds(Question, state=texts, reason=texts, item=optional(counts)), max_size=2
    ),
    answers=st.dictionaries(texts, texts, max_size=2),
    failures=st.lists(failures, max_size=2),
    graph=texts,
)
kinds = st.sampled_from(["person", "place", "organisation", "thing", "unknown"])
vectors = st.builds(
    Vectors,
    model=texts,
    dimensions=counts,
    section_ids=st.lists(texts, max_size=3).map(tuple),
    data=st.binary(max_size=20),
)
outcomes = st.builds(
    Outcome,
    section_id=texts,
    kind=st.sampled_from(list(OutcomeKind)),
    facts=counts,
    said_at=st.none() | times,
    detail=st.none() | texts,
    reused=st.booleans(),
)
mentions = st.builds(Mention, name=texts, kind=kinds, section_id=texts, start=counts, end=counts)
entities = st.builds(
    Entity,
    entity_id=texts,
    name=texts,
    kind=kinds,
    aliases=st.lists(texts, max_size=3).map(tuple),
    reasons=st.lists(texts, max_size=3).map(tuple),
)
prices = st.builds(
    Price,
    input=st.floats(0, 1e3, allow_nan=False),
    output=st.floats(0, 1e3, allow_nan=False),
)
choices = st.builds(ModelChoice, model=texts, base_url=optional(texts), price=optional(prices))
judgements = st.builds(
    Judgement, name=texts, other=texts, verdict=st.sampled_from(["same", "different", "unsure"])
)
contexts = st.builds(
    RetainContext,
    bank_id=texts,
    source_id=texts,
    md_text=st.text(max_size=200),
    reference_date=optional(times | naive),
    came_in=optional(times),
    origin=optional(texts),
    task=st.sampled_from(list(Task)),
    model=optional(choices),
    stated=st.booleans(),
    added=texts,
    tail=st.none() | st.builds(Tail, texts, *[st.integers(0, 9)] * 4),
    fact_id=optional(texts),
    redactions=st.lists(
        st.builds(Redaction, st.integers(0, 99), st.integers(0, 2**64 - 1), texts), max_size=2
    ),
    document_id=optional(texts),
    provenance=st.builds(
        Provenance,
        format=optional(texts),
        names=st.dictionaries(texts, texts, max_size=2),
        passed_over=st.dictionaries(texts, counts, max_size=2),
    ),
    passed_over=st.dictionaries(texts, counts, max_size=2),
    decoded=texts,
    given_hash=optional(texts),
    content_hash=optional(texts),
    title=optional(texts),
    meta=metas,
    sections=st.lists(sections, max_size=3),
    vectors=st.none() | vectors,
    extractor=texts,
    drafts=st.lists(facts, max_size=3),
    outcomes=st.lists(outcomes, max_size=3),
    lost_before=st.integers(0, 9),
    facts=st.lists(facts, max_size=3),
    merged=st.lists(st.builds(MergedFact, fact=facts, reason=texts), max_size=3),
    mentions=st.lists(mentions, max_size=3),
    judgements=st.lists(judgements, max_size=3),
    directory=st.lists(entities, max_size=3),
    entities=st.lists(texts, max_size=3),
    supersedes_edges=st.lists(st.tuples(texts, texts), max_size=3),
    last_state=texts,
    step_log=st.lists(steps, max_size=3),
    errors=st.lists(texts, max_size=3),
    status=st.sampled_from(list(RunStatus)),
    fan_out=optional(fan_outs),
    engine_state=optional(engine_states),
    fan_out_items=texts,
    started_at=times,
    completed_at=optional(times),
)

codec = Codec(RetainContext)


def test_every_field_is_drawn():
    # `builds` leaves out what has a default and is not named above.
    drawn = set(contexts.wrapped_strategy.kwargs)
    assert drawn == {f.name for f in dataclasses.fields(RetainContext)}


@settings(derandomize=True, deadline=None, max_examples=250)
@given(contexts)
def test_a_context_comes_back(ctx):
    stored = Stored(
        codec.version,
        codec.encode_head(head_of(ctx)),
        {name: codec.encode_field(name, getattr(ctx, name)) for name in codec.names},
        [codec.encode_step(entry) for entry in ctx.step_log],
    )
    assert codec.decode(ctx.run_key, stored, "here") == ctx


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(facts, max_size=5), st.integers(0, 600))
def test_a_list_of_any_length_comes_back(items, times):
    many = items * times
    assert codec.decode_field("facts", codec.encode_field("facts", many)) == many
