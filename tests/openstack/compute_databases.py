"""Creates Nova's and Cinder's databases, Nova's two cells, and a host in cell 1."""

import shutil
import sys

from commands import start, wait
from place import COMPUTE_HOST, CONFIG, DATABASE, database_url, let_readers_pass


# Imported in the child: their options and Nova's don't go together in one process.
def cinder_manage() -> None:
    from cinder.cmd.manage import main

    main()


def make_host() -> None:
    """What a compute service writes when it starts, and `discover_hosts` after it.

    By its hosts Nova tells an administrator that a cell is out of reach.
    """
    from nova import config, context, objects

    config.parse_args(sys.argv)
    objects.register_all()
    everywhere = context.get_admin_context()
    cells = objects.CellMappingList.get_all(everywhere)
    (cell,) = (cell for cell in cells if not cell.is_cell0())
    objects.HostMapping(context=everywhere, host=COMPUTE_HOST, cell_mapping=cell).create()
    with context.target_cell(everywhere, cell) as here:
        service = objects.Service(
            context=here,
            host=COMPUTE_HOST,
            binary="nova-compute",
            topic="compute",
            report_count=1,
        )
        service.create()
        objects.ComputeNode(
            context=here,
            service_id=service.id,
            host=COMPUTE_HOST,
            hypervisor_hostname=COMPUTE_HOST,
            hypervisor_type="QEMU",
            hypervisor_version=1,
            cpu_info="{}",
            vcpus=64,
            vcpus_used=0,
            memory_mb=65536,
            memory_mb_used=0,
            local_gb=1024,
            local_gb_used=0,
            uuid="00000000-0000-4000-8000-000000000001",
        ).create()


def main() -> None:
    config = f"--config-file={CONFIG}/cinder/cinder.conf"
    cinder = start(cinder_manage, "cinder-manage", [config, "db", "sync"])

    from nova.cmd.manage import main as nova_manage

    config = f"--config-file={CONFIG}/nova/nova.conf"
    api = start(nova_manage, "nova-manage", [config, "api_db", "sync"])
    cell = start(nova_manage, "nova-manage", [config, "db", "sync", "--local_cell"])
    wait(cell, "nova-manage db sync")
    wait(api, "nova-manage api_db sync")

    # Cell 0 takes the servers that no host could be found for. Its database is like that of any
    # other cell, and making a second one takes seconds.
    shutil.copy(DATABASE / "nova_cell1.db", DATABASE / "nova_cell0.db")
    for command in (
        ["map_cell0", f"--database_connection={database_url('nova_cell0')}"],
        [
            "create_cell",
            "--name=cell1",
            f"--database_connection={database_url('nova_cell1')}",
            "--transport-url=fake://",
        ],
    ):
        pid = start(nova_manage, "nova-manage", [config, "cell_v2", *command])
        wait(pid, f"nova-manage cell_v2 {command[0]}")
    wait(start(make_host, "make-host", [config]), "making a host")
    wait(cinder, "cinder-manage db sync")
    let_readers_pass("nova_api", "nova_cell0", "nova_cell1", "cinder")


main()
