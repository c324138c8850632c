"""Prints what openstacksdk makes of the cases beside this file, as JSON.

Usage: openstacksdk.py DIRECTORY, with one directory for each case that holds its files.

A case is a YAML file: `files`, the `environment`, the `cloud` and the `region` that are asked for.
Of an accepted one is printed what keystoneauth would send to log in, and where and how each service
would be found; no request leaves this process.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import yaml
from keystoneauth1.identity.generic.base import BaseGenericPlugin
from openstack.config import vendors
from openstack.config.loader import OpenStackConfig

SERVICES = ("image", "compute", "block-storage")
SUFFIXES = ("yaml", "yml", "json")
# These choose the cloud or a file; the others say something of the cloud.
SELECTORS = ("OS_CLOUD", "OS_CLOUD_NAME", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE")

TOKEN = {
    "token": {"expires_at": "2100-01-01T00:00:00.000000Z", "user": {}, "methods": []},
    "token_endpoint": "http://provider.example/token",
    "access_token": "the-access-token",
    "id_token": "the-id-token",
}


class Answer:
    """An answer to whatever was asked."""

    ok = True
    headers = {"X-Subject-Token": "the-subject-token"}

    def json(self) -> dict[str, Any]:
        return TOKEN


class Recorder:
    """In the place of a session of keystoneauth."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def get(self, url: str, **_: Any) -> Answer:
        self.sent.append({"url": url})
        return Answer()

    def post(self, url: str, **request: Any) -> Answer:
        body = request.get("json") or request.get("data")
        sent = {"url": url, "body": body, "client": request.get("requests_auth")}
        bearer = (request.get("headers") or {}).get("Authorization")
        self.sent.append({k: v for k, v in (sent | {"bearer": bearer}).items() if v is not None})
        return Answer()


def log_in(plugin: Any) -> list[dict[str, Any]]:
    recorder = Recorder()
    if isinstance(plugin, BaseGenericPlugin):
        # Spares it the look at Keystone's versions.
        plugin = plugin.create_plugin(recorder, (3, 0), plugin.auth_url)
    plugin.get_auth_ref(recorder)
    return recorder.sent


def interfaces(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [value.removesuffix("URL") for value in values if value]


def read(case: dict[str, Any], directory: Path) -> dict[str, Any]:
    environment = {
        key: value.replace("{directory}", str(directory))
        for key, value in case.get("environment", {}).items()
    }
    for key in [key for key in os.environ if key.startswith("OS_")]:
        del os.environ[key]
    os.environ.update(environment)

    def files(name: str) -> list[str]:
        return [str(directory / f"{name}.{suffix}") for suffix in SUFFIXES]

    config = OpenStackConfig(
        config_files=files("clouds"),
        secure_files=files("secure"),
        vendor_files=files("clouds-public"),
    )
    cloud = case.get("cloud") or config.default_cloud
    # Beside a cloud of a file the command `openstack` hands the variables over as options.
    options = {} if cloud == config.envvar_key else {
        key.removeprefix("OS_").lower(): value
        for key, value in environment.items()
        if key not in SELECTORS
    }
    if case.get("region"):
        options["region_name"] = case["region"]
    region = config.get_one(cloud=cloud, **options)
    verify, certificate = region.get_requests_verify_args()
    return {
        "log_in": log_in(region.get_auth()),
        "services": {
            service: {
                "endpoint_override": region.get_endpoint(service),
                "interfaces": interfaces(region.get_interface(service)),
                "region": region.get_region_name(service) or None,
            }
            for service in SERVICES
        },
        "verify": verify,
        "certificate": certificate,
        "timeout": region.config.get("api_timeout"),
    }


def refuse(*_: Any, **__: Any) -> None:
    raise RuntimeError("a test sends nothing")


def main() -> None:
    warnings.simplefilter("ignore")
    vendors.requests.get = refuse
    cases = Path(__file__).resolve().parent / "cases"
    results = {}
    for path in sorted(cases.glob("*.yaml")):
        case = yaml.safe_load(path.read_text())
        try:
            results[path.stem] = read(case, Path(sys.argv[1]) / path.stem)
        # Whatever it is: openstacksdk has no word for most of what it does not take.
        except Exception as error:
            results[path.stem] = {"refused": f"{type(error).__name__}: {error}"}
    json.dump(results, sys.stdout, default=str)


main()
