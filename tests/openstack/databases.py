"""Creates both databases, and Keystone's keys, administrator and first catalogue entry."""

import os
import sqlite3
import sys
from collections.abc import Callable

from place import ADMIN_PASSWORD, CONFIG, DATABASE, KEYS, KEYSTONE_URL, REGION, STORE


def start(command: Callable[[], None], program: str, arguments: list[str]) -> int:
    """Runs `main` of a command-line program in a child; gives its process id.

    A child each, since these programs parse their configuration once in a process's life; forked
    rather than started, since their imports take three seconds.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        sys.argv = [program, *arguments]
        status = 1 if command() else 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait(pid: int, what: str) -> None:
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"{what} failed")


def glance_manage() -> None:
    from glance.cmd.manage import main

    main()


def keystone_commands() -> list[list[str]]:
    owner = [f"--keystone-user={os.getuid()}", f"--keystone-group={os.getgid()}"]
    return [
        ["db_sync"],
        ["fernet_setup", *owner],
        ["credential_setup", *owner],
        [
            "bootstrap",
            f"--bootstrap-password={ADMIN_PASSWORD}",
            "--bootstrap-username=admin",
            "--bootstrap-project-name=admin",
            "--bootstrap-role-name=admin",
            "--bootstrap-service-name=keystone",
            f"--bootstrap-region-id={REGION}",
            f"--bootstrap-admin-url={KEYSTONE_URL}",
            f"--bootstrap-internal-url={KEYSTONE_URL}",
            f"--bootstrap-public-url={KEYSTONE_URL}",
        ],
    ]


def main() -> None:
    for keys in ("fernet", "credential"):
        (KEYS / keys).mkdir(mode=0o700)
    for store in ("fast", "slow", "staging", "tasks"):
        (STORE / store).mkdir()

    config = f"--config-file={CONFIG}/glance/glance-api.conf"
    glance = start(glance_manage, "glance-manage", [config, "db_sync"])

    from keystone.cmd.manage import main as keystone_manage

    config = f"--config-file={CONFIG}/keystone/keystone.conf"
    for command in keystone_commands():
        pid = start(keystone_manage, "keystone-manage", [config, *command])
        wait(pid, f"keystone-manage {command[0]}")
    wait(glance, "glance-manage db_sync")

    # Readers then don't block the writer, nor it them. The mode stays with the file.
    for name in ("keystone.db", "glance.db"):
        with sqlite3.connect(DATABASE / name) as database:
            database.execute("PRAGMA journal_mode = WAL")


main()
