"""Where the cloud lives and what its people are called; `up` sets the environment."""

import os
from pathlib import Path

ROOT = Path(os.environ["BONAFIDE_OPENSTACK_ROOT"])
CONFIG = ROOT / "config"
DATABASE = ROOT / "database"
KEYS = ROOT / "keys"
STORE = ROOT / "store"
VENV = ROOT / "venv"

KEYSTONE_URL = f"http://127.0.0.1:{os.environ['KEYSTONE_PORT']}/v3"
GLANCE_URL = f"http://127.0.0.1:{os.environ['GLANCE_PORT']}"
REGION = "RegionOne"

# No secrets: the servers listen on loopback and hold nothing but test data.
ADMIN_PASSWORD = "admin-password"
SERVICE_PASSWORD = "service-password"
USER_PASSWORD = "user-password"
APPLICATION_CREDENTIAL_SECRET = "application-credential-secret"


def write(path: Path, text: str, mode: int = 0o644) -> bool:
    """Writes the file whole or not at all; tells whether its content is new."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(path)
    return True
