"""Cinder's application, as uWSGI loads it."""

import bonafide_sqlite  # noqa: F401  (sets a hook)
from cinder.wsgi.api import application  # noqa: F401
