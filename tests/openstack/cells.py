"""Puts Nova's cell 1 out of reach, or back; prints the server that has to notice."""

import sqlite3
import sys

from place import DATABASE, database_url

URLS = {"reachable": database_url("nova_cell1"), "unreachable": database_url("missing/nova_cell1")}


def main() -> None:
    url = URLS[sys.argv[1]]
    with sqlite3.connect(DATABASE / "nova_api.db", timeout=30) as database:
        changed = database.execute(
            "UPDATE cell_mappings SET database_connection = ?1"
            " WHERE name = 'cell1' AND database_connection != ?1",
            (url,),
        )
    # Nova reads the mappings of its cells once in its life.
    if changed.rowcount:
        print("nova")


main()
