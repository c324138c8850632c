"""Puts servers, volumes and snapshots into the databases of Nova and Cinder, and takes them out.

Nova's or Cinder's imports, never both: their options don't go together in one process.
"""

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from place import COMPUTE_HOST, CONFIG

sys.path.append(str(Path(__file__).resolve().parent / "wsgi"))
import bonafide_sqlite  # noqa: F401  (sets a hook)

# Reports each optional package that is missing.
logging.getLogger("stevedore").setLevel(logging.CRITICAL)

# Nobody asks Keystone who that is.
SOMEBODY = "0" * 32


class Nova:
    """Servers on a host that has no compute service."""

    def __init__(self) -> None:
        from nova import config, context, objects
        from nova.network.model import NetworkInfo

        config.parse_args(["use", f"--config-file={CONFIG}/nova/nova.conf"])
        objects.register_all()
        self.objects = objects
        self.no_network = NetworkInfo([])
        self.target_cell = context.target_cell
        self.context = context.get_admin_context()
        self.cells = {
            "cell0" if cell.is_cell0() else cell.name: cell
            for cell in objects.CellMappingList.get_all(self.context)
        }

    def flavor(self) -> Any:
        return self.objects.Flavor(
            id=1,
            flavorid="1",
            name="small",
            memory_mb=512,
            vcpus=1,
            root_gb=1,
            ephemeral_gb=0,
            swap=0,
            rxtx_factor=1.0,
            vcpu_weight=0,
            disabled=False,
            is_public=True,
            extra_specs={},
            description=None,
            created_at=None,
            updated_at=None,
            deleted_at=None,
            deleted=False,
        )

    def make_server(
        self,
        *,
        project_id: str,
        image_id: str,
        id: str | None = None,
        name: str = "server",
        user_id: str = SOMEBODY,
        vm_state: str = "active",
        cell: str = "cell1",
    ) -> str:
        id = id or str(uuid4())
        host = None if cell == "cell0" or vm_state == "shelved_offloaded" else COMPUTE_HOST
        # The mapping first, as nova-api does it: it says which cell has the server.
        mapping = self.objects.InstanceMapping(
            context=self.context,
            instance_uuid=id,
            cell_mapping=self.cells[cell],
            project_id=project_id,
            user_id=user_id,
            queued_for_delete=False,
        )
        mapping.create()
        with self.target_cell(self.context, self.cells[cell]) as context:
            server = self.objects.Instance(
                context=context,
                uuid=id,
                project_id=project_id,
                user_id=user_id,
                image_ref=image_id,
                display_name=name,
                hostname=name,
                vm_state=vm_state,
                task_state=None,
                power_state=1,
                host=host,
                node=host,
                compute_id=host and 1,
                launched_on=host,
                memory_mb=512,
                vcpus=1,
                root_gb=1,
                ephemeral_gb=0,
                instance_type_id=1,
                flavor=self.flavor(),
                old_flavor=None,
                new_flavor=None,
                metadata={},
                system_metadata={},
                root_device_name="/dev/vda",
                availability_zone="nova",
                reservation_id="r-none",
                launch_index=0,
                kernel_id="",
                ramdisk_id="",
                config_drive="",
                auto_disk_config=False,
                progress=0,
                locked=False,
            )
            server.info_cache = self.objects.InstanceInfoCache(
                context=context, instance_uuid=id, network_info=self.no_network
            )
            server.create()
        return id

    def delete_server(self, id: str) -> None:
        mapping = self.objects.InstanceMapping.get_by_instance_uuid(self.context, id)
        mapping.queued_for_delete = True
        mapping.save()
        with self.target_cell(self.context, mapping.cell_mapping) as context:
            self.objects.Instance.get_by_uuid(context, id).destroy()


class Cinder:
    """Volumes and snapshots without a back end to lie on."""

    def __init__(self) -> None:
        from cinder import context, objects, version
        from cinder.common import config  # noqa: F401  (registers options)
        from cinder.db import api
        from oslo_config import cfg

        cfg.CONF(
            [f"--config-file={CONFIG}/cinder/cinder.conf"],
            project="cinder",
            version=version.version_string(),
        )
        objects.register_all()
        self.objects = objects
        self.database = api
        self.context = context.get_admin_context()
        self.volume_type_id = api.volume_type_get_by_name(self.context, "__DEFAULT__")["id"]

    def make_volume(
        self,
        *,
        project_id: str,
        image_id: str,
        name: str = "volume",
        user_id: str = SOMEBODY,
        status: str = "available",
        size: int = 1,
    ) -> str:
        volume = self.objects.Volume(
            context=self.context,
            project_id=project_id,
            user_id=user_id,
            display_name=name,
            status=status,
            attach_status="detached",
            size=size,
            bootable=bool(image_id),
            availability_zone="nova",
            volume_type_id=self.volume_type_id,
            host="host@back-end#pool",
            use_quota=True,
        )
        volume.create()
        if image_id:
            of_the_image = {
                "image_id": image_id,
                "image_name": "image",
                "disk_format": "qcow2",
                "container_format": "bare",
                "min_disk": "0",
                "min_ram": "0",
                "size": "1",
            }
            for key, value in of_the_image.items():
                self.database.volume_glance_metadata_create(self.context, volume.id, key, value)
        return volume.id

    def make_snapshot(
        self,
        *,
        project_id: str,
        volume_id: str,
        name: str = "snapshot",
        user_id: str = SOMEBODY,
        status: str = "available",
    ) -> str:
        volume = self.objects.Volume.get_by_id(self.context, volume_id)
        snapshot = self.objects.Snapshot(
            context=self.context,
            project_id=project_id,
            user_id=user_id,
            display_name=name,
            status=status,
            progress="100%",
            volume_id=volume_id,
            volume_size=volume.size,
            volume_type_id=volume.volume_type_id,
            metadata={},
            use_quota=True,
        )
        snapshot.create()
        if volume.bootable:
            self.database.volume_glance_metadata_copy_to_snapshot(
                self.context, snapshot.id, volume_id
            )
        return snapshot.id

    def delete_volume(self, id: str) -> None:
        self.objects.Volume.get_by_id(self.context, id).destroy()

    def delete_snapshot(self, id: str) -> None:
        self.database.volume_glance_metadata_delete_by_snapshot(self.context, id)
        self.objects.Snapshot.get_by_id(self.context, id).destroy()


def make(make_one: Callable[..., str]) -> None:
    for entry in json.load(sys.stdin):
        print(make_one(**entry), flush=True)


def delete(delete_one: Callable[[str], None]) -> None:
    for id in sys.argv[2:]:
        delete_one(id)


def main() -> None:
    match sys.argv[1]:
        case "servers":
            make(Nova().make_server)
        case "volumes":
            make(Cinder().make_volume)
        case "snapshots":
            make(Cinder().make_snapshot)
        case "delete-server":
            delete(Nova().delete_server)
        case "delete-volume":
            delete(Cinder().delete_volume)
        case "delete-snapshot":
            delete(Cinder().delete_snapshot)


main()
