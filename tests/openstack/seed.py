"""Makes projects, users, the catalog and the application credential; writes `clouds.yaml`.

May be repeated: it makes what is missing, and endpoints follow their ports.
"""

import json
import sys
from typing import Any

import requests

from place import (
    ADMIN_PASSWORD,
    APPLICATION_CREDENTIAL_SECRET,
    CINDER_URL,
    GLANCE_URL,
    KEYSTONE_URL,
    NEUTRON_URL,
    NOVA_URL,
    REGION,
    ROOT,
    SERVICE_PASSWORD,
    USER_PASSWORD,
    write,
)

# Ordinary members: one who owns images, and two who see what they may.
PEOPLE = ("publisher", "customer", "customer2")
DOMAIN = "default"


class Login:
    """Requests with the token of one user in the project of the same name."""

    def __init__(self, user: str, password: str) -> None:
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy on the way to loopback
        identity = {
            "methods": ["password"],
            "password": {
                "user": {"name": user, "domain": {"id": DOMAIN}, "password": password}
            },
        }
        scope = {"project": {"name": user, "domain": {"id": DOMAIN}}}
        answer = self.send(
            "POST",
            f"{KEYSTONE_URL}/auth/tokens",
            {"auth": {"identity": identity, "scope": scope}},
        )
        self.user_id = answer.json()["token"]["user"]["id"]
        self.http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]

    def send(self, method: str, url: str, body: Any = None) -> requests.Response:
        answer = self.http.request(method, url, json=body, timeout=60)
        if answer.status_code >= 400:
            sys.exit(f"{method} {url}: {answer.status_code} {answer.text}")
        return answer

    def ensure(self, kind: str, wanted: dict[str, Any], *, path: str = "", **key: str) -> Any:
        """The one thing of its kind with this key; created if there is none."""
        url = f"{KEYSTONE_URL}{path}/{kind}s"
        found = self.send("GET", url + query(key)).json()[f"{kind}s"]
        return found[0] if found else self.send("POST", url, {kind: key | wanted}).json()[kind]


def query(key: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in key.items())


def seed_people(admin: Login) -> dict[str, str]:
    """Projects, users and roles; gives the ids that tests ask for."""

    def project(name: str) -> str:
        return admin.ensure("project", {}, name=name, domain_id=DOMAIN)["id"]

    def user(name: str, password: str, project_id: str, roles: list[str]) -> str:
        wanted = {"password": password, "default_project_id": project_id}
        user_id = admin.ensure("user", wanted, name=name, domain_id=DOMAIN)["id"]
        for role in roles:
            role_id = admin.ensure("role", {}, name=role)["id"]
            path = f"/projects/{project_id}/users/{user_id}/roles/{role_id}"
            admin.send("PUT", KEYSTONE_URL + path)
        return user_id

    # The servers themselves, which ask Keystone whether a token is good.
    for name in ("glance", "nova", "cinder"):
        user(name, SERVICE_PASSWORD, project("service"), ["service", "admin"])
    ids = {"admin_project": project("admin"), "admin_user": admin.user_id}
    for name in PEOPLE:
        ids[f"{name}_project"] = project(name)
        ids[f"{name}_user"] = user(name, USER_PASSWORD, ids[f"{name}_project"], ["member"])
    return ids


def seed_catalog(admin: Login) -> None:
    """The endpoints of all services, with the ports of this start."""
    for kind, name, url in (
        ("identity", "keystone", KEYSTONE_URL),
        ("image", "glance", GLANCE_URL),
        ("network", "neutron", NEUTRON_URL),
        ("compute", "nova", NOVA_URL),
        ("block-storage", "cinder", f"{CINDER_URL}/%(project_id)s"),
    ):
        service_id = admin.ensure("service", {"name": name}, type=kind)["id"]
        for interface in ("admin", "internal", "public"):
            endpoint = admin.ensure(
                "endpoint",
                {"url": url, "region_id": REGION},
                service_id=service_id,
                interface=interface,
            )
            if endpoint["url"] != url:
                path = f"/endpoints/{endpoint['id']}"
                admin.send("PATCH", KEYSTONE_URL + path, {"endpoint": {"url": url}})


def seed_application_credential() -> str:
    """One of the publisher's; its secret can't be read back, so it is always the same."""
    publisher = Login("publisher", USER_PASSWORD)
    credential = publisher.ensure(
        "application_credential",
        {"secret": APPLICATION_CREDENTIAL_SECRET},
        path=f"/users/{publisher.user_id}",
        name="publisher",
    )
    return credential["id"]


def clouds_yaml(application_credential_id: str) -> str:
    def cloud(name: str, auth: dict[str, str], auth_type: str = "password") -> str:
        lines = [f"  {name}:", f"    auth_type: {auth_type}", "    auth:"]
        lines += [f"      {key}: {value}" for key, value in auth.items()]
        lines += [f"    region_name: {REGION}", "    interface: public"]
        lines += ["    identity_api_version: 3"]
        return "\n".join(lines)

    def user(name: str, password: str) -> str:
        auth = {
            "auth_url": KEYSTONE_URL,
            "username": name,
            "password": password,
            "project_name": name,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        return cloud(name, auth)

    credential = {
        "auth_url": KEYSTONE_URL,
        "application_credential_id": application_credential_id,
        "application_credential_secret": APPLICATION_CREDENTIAL_SECRET,
    }
    clouds = [
        user("admin", ADMIN_PASSWORD),
        *(user(name, USER_PASSWORD) for name in PEOPLE),
        cloud("publisher-appcred", credential, "v3applicationcredential"),
    ]
    return "\n".join(["clouds:", *clouds, ""])


def main() -> None:
    admin = Login("admin", ADMIN_PASSWORD)
    ids = seed_people(admin)
    seed_catalog(admin)
    credential = seed_application_credential()
    # A set-up that does not work as a whole should fail here and not in somebody's test.
    customer = Login("customer", USER_PASSWORD)
    customer.send("GET", f"{GLANCE_URL}/v2/images")
    customer.send("GET", f"{NOVA_URL}/servers/detail")
    customer.send("GET", f"{CINDER_URL}/{ids['customer_project']}/volumes/detail")
    write(ROOT / "ids.json", json.dumps(ids, indent=2) + "\n")
    write(ROOT / "clouds.yaml", clouds_yaml(credential), mode=0o600)


main()
