"""Where the cloud lives and what its people are called; `up` sets the environment."""

import os
import sqlite3
from pathlib import Path

ROOT = Path(os.environ["BONAFIDE_OPENSTACK_ROOT"])
CONFIG = ROOT / "config"
DATABASE = ROOT / "database"
KEYS = ROOT / "keys"
STORE = ROOT / "store"
VENV = ROOT / "venv"
COMPUTE_VENV = ROOT / "venv-compute"

KEYSTONE_URL = f"http://127.0.0.1:{os.environ['KEYSTONE_PORT']}/v3"
GLANCE_URL = f"http://127.0.0.1:{os.environ['GLANCE_PORT']}"
NEUTRON_URL = f"http://127.0.0.1:{os.environ['NEUTRON_PORT']}"
NOVA_URL = f"http://127.0.0.1:{os.environ['NOVA_PORT']}/v2.1"
CINDER_URL = f"http://127.0.0.1:{os.environ['CINDER_PORT']}/v3"
REGION = "RegionOne"
COMPUTE_HOST = "compute-host"

# No secrets: the servers listen on loopback and hold nothing but test data.
ADMIN_PASSWORD = "admin-password"
SERVICE_PASSWORD = "service-password"
USER_PASSWORD = "user-password"
APPLICATION_CREDENTIAL_SECRET = "application-credential-secret"


def database_url(name: str) -> str:
    return f"sqlite:///{DATABASE}/{name}.db?timeout=30"


def let_readers_pass(*names: str) -> None:
    """Readers then don't block the writer, nor it them. The mode stays with the file."""
    for name in names:
        with sqlite3.connect(DATABASE / f"{name}.db") as database:
            database.execute("PRAGMA journal_mode = WAL")


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
