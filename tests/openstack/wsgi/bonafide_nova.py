"""Nova's application, as uWSGI loads it."""

import bonafide_sqlite  # noqa: F401  (sets a hook)
from nova.wsgi.osapi_compute import application  # noqa: F401
