"""Creates Keystone's and Glance's databases, and Keystone's keys, administrator and first
catalog entry."""

import os

from commands import start, wait
from place import ADMIN_PASSWORD, CONFIG, KEYS, KEYSTONE_URL, REGION, STORE, let_readers_pass


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

    let_readers_pass("keystone", "glance")


main()
