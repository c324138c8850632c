"""Keystone's application, as uWSGI loads it."""

import bonafide_sqlite  # noqa: F401  (sets a hook)
from keystone.wsgi.api import application  # noqa: F401
