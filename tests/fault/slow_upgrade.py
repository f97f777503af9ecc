"""`retain`, over a database of an earlier release that takes long to upgrade.

Run as ``python slow_upgrade.py ROWS WORDS…``: one migration counts to ROWS. The upgrade is
logged after 10 ms, so that no test has to wait for a second.
"""

import sys

from retain import upgrade
from retain.cli.main import main
from retain.db import queries

ROWS = int(sys.argv.pop(1))
known = queries.migrations


def migrations(component: str) -> tuple[str, ...]:
    """The scripts of a component; the last of ``knowledge`` counts when its work is done."""
    scripts = known(component)
    if component != "knowledge":
        return scripts
    counting = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n <"
    slow = f"CREATE TABLE counted AS {counting} {ROWS}) SELECT max(n) FROM c;"
    return (*scripts[:-1], f"{scripts[-1]}\n{slow}\nDROP TABLE counted;")


upgrade.SLOW_S = 0.01
queries.migrations = migrations
main()
