"""What the databases of this folder were made from, and what they were asked."""

PEOPLE = """---
date: 2024-01-14
---
# People

## Ines Okafor

Ines lives in Lisbon and works at Atelier Voss. She paints harbours. Ines owns a grey cat.

## Rui Antunes

Rui moved to Porto on 3 March 2023. Rui owns a red boat and loves green tea.

## Katherine Miller

Katherine works as a teacher. Kate prefers to be phoned before ten.
"""
NOTES = {
    "people.md": PEOPLE,
    "journal.md": """---
date: 2024-05-02
---
# Journal

Yesterday Ana Silva sold her old bicycle to Petra Lind. Ana lives in Braga.

## Garden

The pump in the garden runs for ten minutes every morning. The fence is broken.

## Plans

Ana will visit Petra Lind in Oslo next week. Petra plans to open a bakery.
""",
    "project.md": """---
date: 2024-06-03
---
# Harbour project

The status of the harbour project is on track. The budget is 18,400 euros.
The deadline for the harbour report is 30 September 2024. Petra Lind is the project manager.

## Who does what

- Ines Okafor: drawings and permits.
- Rui Antunes: the boat, the ropes and the engine.
""",
    "changed.md": """---
date: 2025-03-09
---
# What changed

Ines Okafor lives in Almada now. Rui works at Harbour Labs. The fence is repaired.

## Project

The status of the harbour project is delayed. The deadline for the harbour report was moved to
15 May 2025. The trip to Oslo is cancelled.
""",
    "meeting.md": """---
date: 2025-04-22
---
# Meeting

Petra Lind met Ines Okafor and Rui Antunes in Porto. Petra Lind lives in Bergen.
Katherine Miller joined Harbour Labs. Kate lives in Faro.
""",
    "secret.md": """---
date: 2025-05-01
---
# Secret

Ines Okafor lives in Quillfeather. Rui Antunes hates green tea. Eva Holm knows the password.
""",
    "old-plans.md": """---
date: 2023-02-11
---
# Old plans

Ana Silva plans to sell the house. Petra Lind lives in Oslo. Petra is a baker.
Ines Okafor works as an engineer.
""",
}
EDITED = PEOPLE.replace("owns a red boat", "owns a blue boat").replace(
    "She paints harbours.", "She paints harbours. Ines is allergic to hazelnuts."
)
OTHER = """---
date: 2024-02-02
---
# Elsewhere

Ines Okafor lives in Vienna. She owns two dogs.
"""
QUESTIONS = (
    "Where does Ines live?",
    "What is the status of the harbour project?",
    "When is the harbour report due?",
    "What does Rui own?",
    "Where does Petra Lind live?",
    "Who works at Harbour Labs?",
    "Eva Holm",
)

TURNS = (
    ("user", "I live in Braga. My sister Clara lives in Porto.", "2024-03-01T09:00:00Z"),
    ("assistant", "Noted: you live in Braga.", "2024-03-01T09:00:10Z"),
    ("user", "I work at Acme as a nurse. Where is the spare key?", "2024-03-02T10:00:00Z"),
    ("assistant", "The spare key is under the blue flowerpot.", "2024-03-02T10:00:20Z"),
    ("user", "I prefer green tea. Rui Antunes owns a red boat.", "2024-04-11T18:30:00Z"),
    ("assistant", "Green tea it is.", "2024-04-11T18:30:05Z"),
    ("user", "I moved to Lisbon. I work at Globex.", "2024-09-05T08:15:00Z"),
    ("assistant", "Congratulations on the move to Lisbon!", "2024-09-05T08:15:09Z"),
    ("user", "The spare key is in the shed now. Clara moved to Faro.", "2025-01-20T20:00:00Z"),
)
TALK = """# Ana and Bob

## Session 1 (6:20 pm on 3 February, 2024)

**Ana:** I moved to Porto in May 2023. I paint harbours.

**Bob:** I work at Acme. My dog is called Bolacha.

## Session 2 (8:05 pm on 21 March, 2024)

**Ana:** I live in Braga now.

**Bob:** I quit my job at Acme. I joined Globex.
"""
CHAT_QUESTIONS = (
    "Where do I live?",
    "Where is the spare key?",
    "Where does Clara live?",
    "Where does Bob work?",
)

JUDGED = {
    "old.md": """---
date: 2022-05-01
---
# Notes

Kate Miller is keen on sailing around the islands. Kate Miller lives in Porto. Kate Miller works
at Acme. We flew to NYC. The red lighthouse of Faro has 90 steps.
""",
    "mid.md": """---
date: 2023-02-01
---
# Notes

Katherine Miller is fond of sailing around the islands. NYC is far from New York State.
Katherine Miller met Rui Antunes in Faro. We flew to New York City.
""",
    "new.md": """---
date: 2024-02-01
---
# Notes

Katherine Miller is not keen on sailing around the islands any more. Katherine Miller lives in
Faro. Rui Antunes lives in Faro. The red lighthouse of Faro has 94 steps.
""",
}
JUDGED_QUESTIONS = (
    "Where does Kate live?",
    "Who likes sailing around the islands?",
    "How many steps does the red lighthouse have?",
)
