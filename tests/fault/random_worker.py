"""Works with a bank at random: ``random_worker.py DB SEED OPERATIONS``. Others do the same."""

import asyncio
import random
import sys
from collections import Counter

from retain import Memory
from retain.errors import LeaseHeldError, NotFoundError

PEOPLE = ("Ines Okafor", "Rui Antunes", "Petra Lind", "Ana Ruiz")
SHORT = ("Ines", "Rui", "Petra", "Ana")
PLACES = ("Lisbon", "Porto", "Oslo", "Braga", "Faro")
SOURCES = 6


def text(chance: random.Random) -> str:
    """A dated note about some people."""
    told = []
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(PEOPLE + SHORT)
        told += [f"{name} lives in {chance.choice(PLACES)}.", f"{name} owns a red boat."]
    date = f"2024-0{chance.randint(1, 9)}-14"
    return "\n\n".join([f"---\ndate: {date}\n---\n# Notes", *told]) + "\n"


async def work(db: str, seed: str, operations: int) -> Counter[str]:
    chance, done = random.Random(seed), Counter[str]()
    async with Memory.open(f"sqlite:///{db}") as memory:
        for _ in range(operations):
            source_id = f"{chance.randrange(SOURCES)}.md"
            what = chance.choices(["retain", "forget", "merge", "recall"], [5, 2, 1, 3])[0]
            try:
                if what == "retain":
                    run = await memory.retain_text(text(chance), source_id=source_id)
                    assert run.status == "completed", run
                elif what == "forget":
                    await memory.forget(source_id)
                elif what == "merge":
                    n = chance.randrange(len(PEOPLE))
                    await memory.entities.merge(PEOPLE[n], SHORT[n])
                else:
                    await memory.recall(f"Where does {chance.choice(SHORT)} live?")
            except (LeaseHeldError, NotFoundError):  # another process is at it, or was
                what = "refused"
            done[what] += 1
    return done


if __name__ == "__main__":
    print(dict(asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
