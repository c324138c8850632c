"""Makes SQLite wait for its lock instead of failing.

SQLite answers "database is locked" at once when a transaction that began by reading wants to write
while another one writes; no time-out helps, and Glance then leaves the image in `saving`. Taking
the write lock at BEGIN makes the transaction wait its turn. Clouds on MySQL or PostgreSQL have no
such trouble.
"""

from sqlalchemy import event
from sqlalchemy.engine import Engine


@event.listens_for(Engine, "before_cursor_execute", retval=True)
def begin_immediate(_connection, _cursor, statement, parameters, _context, _many):
    return ("BEGIN IMMEDIATE" if statement == "BEGIN" else statement), parameters
