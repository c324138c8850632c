"""Writes the configuration of the servers and their uWSGI; prints the servers it changed."""

import os
from pathlib import Path

from place import (
    COMPUTE_VENV,
    CONFIG,
    GLANCE_URL,
    KEYS,
    KEYSTONE_URL,
    REGION,
    ROOT,
    SERVICE_PASSWORD,
    STORE,
    VENV,
    database_url,
    write,
)

WSGI = Path(__file__).resolve().parent / "wsgi"


def setting(name: str, default: str) -> str:
    return os.environ.get(name) or default


def uwsgi(server: str, processes: str, threads: str) -> str:
    return f"""\
[uwsgi]
http-socket = 127.0.0.1:{os.environ[server.upper() + "_PORT"]}
pythonpath = {WSGI}
module = bonafide_{server}:application
master = true
# Loads the application in the worker, after the fork: no database connection is shared.
lazy-apps = true
need-app = true
enable-threads = true
processes = {processes}
threads = {threads}
die-on-term = true
# http-socket closes after each answer; clients that speak HTTP/1.1 have to be told.
add-header = Connection: close
# Headers: a token and a catalog fit.
buffer-size = 65535
# How long it waits for the next bytes of a request's body (the default is 4 s), and how long one
# chunk may be.
socket-timeout = 60
chunked-input-timeout = 60
chunked-input-limit = 16777216
log-format = %(addr) [%(ctime)] %(method) %(uri) => %(status) in %(msecs) ms
"""


def authtoken(user: str, service_type: str) -> str:
    return f"""\
[keystone_authtoken]
www_authenticate_uri = {KEYSTONE_URL}
auth_url = {KEYSTONE_URL}
auth_type = password
username = {user}
password = {SERVICE_PASSWORD}
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = {REGION}
# As in the catalog. Without it every token with access rules is refused.
service_type = {service_type}
# No cache: a revoked token is refused at once, so that a test of the renewal need not wait.
token_cache_time = -1"""


def keystone() -> str:
    return f"""\
[DEFAULT]
use_stderr = true
[database]
connection = {database_url("keystone")}
[auth]
# Named because `totp` is off by default.
methods = password,token,totp,application_credential
[token]
provider = fernet
expiration = {setting("TOKEN_EXPIRATION", "3600")}
[fernet_tokens]
key_repository = {KEYS}/fernet
[fernet_receipts]
key_repository = {KEYS}/fernet
[credential]
key_repository = {KEYS}/credential
[identity]
# As cheap as bcrypt goes: every login pays for it, and nothing here is worth guarding.
password_hash_algorithm = bcrypt
password_hash_rounds = 4
[cache]
# Without a cache a request takes 0.2 to 0.7 s, with this one 10 to 20 ms. It lives in the process,
# so there must be only one process.
enabled = true
backend = dogpile.cache.memory
[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
"""


def glance() -> str:
    return f"""\
[DEFAULT]
use_stderr = true
debug = {setting("GLANCE_DEBUG", "false")}
public_endpoint = {GLANCE_URL}
worker_self_reference_url = {GLANCE_URL}
enabled_backends = fast:file, slow:file
enabled_import_methods = [glance-direct,web-download,copy-image]
image_size_cap = {setting("IMAGE_SIZE_CAP", str(8 * 1024**3))}
hashing_algorithm = {setting("HASHING_ALGORITHM", "sha512")}
{setting("GLANCE_EXTRA", "# no GLANCE_EXTRA")}
[wsgi]
python_interpreter = {VENV}/bin/python
[database]
connection = {database_url("glance")}
[glance_store]
default_backend = fast
[fast]
filesystem_store_datadir = {STORE}/fast
store_description = default store
[slow]
filesystem_store_datadir = {STORE}/slow
store_description = second store
[os_glance_staging_store]
filesystem_store_datadir = {STORE}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {STORE}/tasks
{authtoken("glance", "image")}
[paste_deploy]
flavor = keystone
config_file = {VENV}/etc/glance/glance-api-paste.ini
[oslo_concurrency]
lock_path = {ROOT}/run
[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
"""


def glance_import() -> str:
    return f"""\
[import_filtering_opts]
# Glance refuses to import from loopback unless the host is named here, and from ports other than
# 80 and 443 unless the list of ports is empty.
allowed_schemes = [http,https]
allowed_hosts = [{setting("IMPORT_HOSTS", "127.0.0.1,localhost")}]
allowed_ports = []
"""


# Neither has anything to talk to: no message bus, no scheduler, no compute or volume service.
def nova() -> str:
    return f"""\
[DEFAULT]
use_stderr = true
transport_url = fake://
state_path = {ROOT}/run
[api]
max_limit = {setting("NOVA_MAX_LIMIT", "1000")}
[api_database]
connection = {database_url("nova_api")}
[database]
connection = {database_url("nova_cell1")}
{authtoken("nova", "compute")}
[oslo_concurrency]
lock_path = {ROOT}/run
"""


def cinder() -> str:
    return f"""\
[DEFAULT]
use_stderr = true
transport_url = fake://
state_path = {ROOT}/run
osapi_max_limit = {setting("OSAPI_MAX_LIMIT", "1000")}
api_paste_config = {COMPUTE_VENV}/etc/cinder/api-paste.ini
resource_query_filters_file = {COMPUTE_VENV}/etc/cinder/resource_filters.json
[database]
connection = {database_url("cinder")}
{authtoken("cinder", "block-storage")}
[oslo_concurrency]
lock_path = {ROOT}/run
"""


def main() -> None:
    files = {
        "keystone": {
            "uwsgi.ini": uwsgi("keystone", processes="1", threads="4"),
            "keystone.conf": keystone(),
        },
        "glance": {
            "uwsgi.ini": uwsgi(
                "glance", setting("GLANCE_PROCESSES", "1"), setting("GLANCE_THREADS", "8")
            ),
            "glance-api.conf": glance(),
            "glance-image-import.conf": glance_import(),
        },
        "neutron": {"uwsgi.ini": uwsgi("neutron", processes="1", threads="4")},
        "nova": {
            "uwsgi.ini": uwsgi("nova", processes="1", threads="4"),
            "nova.conf": nova(),
            # Nova looks for it beside its configuration only.
            "api-paste.ini": (COMPUTE_VENV / "etc/nova/api-paste.ini").read_text(),
        },
        "cinder": {
            "uwsgi.ini": uwsgi("cinder", processes="1", threads="4")
            # The only one that does not look into the directory OS_…_CONFIG_DIR.
            + f"pyargv = --config-file={CONFIG}/cinder/cinder.conf\n",
            "cinder.conf": cinder(),
        },
    }
    for server, texts in files.items():
        # Every file is written, so no short circuit here.
        changed = [write(CONFIG / server / name, text) for name, text in texts.items()]
        if any(changed):
            print(server)


main()
