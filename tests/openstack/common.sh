# shellcheck shell=bash
# What `up`, `down`, `use` and `tests/run` share. Sourced, never run.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Everything lives below this directory: packages, configuration, databases, images, logs.
root=$(realpath -m -- "${BONAFIDE_OPENSTACK_ROOT:-$repository/target/openstack}")

# In the order in which they start; Neutron is a stub for Nova.
servers=(keystone glance neutron nova cinder)

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# A path as a person wants to read it: relative where it lies in the repository.
shown() { printf '%s' "${1#"$repository"/}"; }

# Makes the directory ours, once. `--fresh` deletes things in it, and BONAFIDE_OPENSTACK_ROOT may
# name anything, so a directory with somebody else's files in it is refused.
claim_root() {
    if [[ ! -e $root/.bonafide-openstack ]]; then
        if [[ -d $root && -n $(ls -A -- "$root") ]]; then
            die "$root has files in it that are not ours; choose another BONAFIDE_OPENSTACK_ROOT"
        fi
        mkdir -p -- "$root"
        touch -- "$root/.bonafide-openstack"
    fi
    mkdir -p -- "$root"/{config,database,keys,log,run,store}
}

# One `up` or `down` at a time. Descriptor 9 must not be passed on to the servers.
lock_root() {
    exec 9>"$root/lock"
    flock --nonblock 9 && return
    say "waiting for another up or down in $(shown "$root")"
    flock 9
}

# Keystone and Glance share a virtual environment, and Nova and Cinder another one.
venv_of() { # SERVER
    case $1 in
    keystone | glance) printf '%s' "$root/venv" ;;
    *) printf '%s' "$root/venv-compute" ;;
    esac
}

server_config() { printf '%s' "$root/config/$1/uwsgi.ini"; }

# Whether the process with this id was started with that configuration file: one of its arguments
# is exactly the path. After a restart of the machine the id may belong to anything.
is_server() { # PID NAME
    [[ $1 =~ ^[0-9]+$ ]] || return 1
    tr '\0' '\n' <"/proc/$1/cmdline" | grep -qxF -- "$(server_config "$2")"
} 2>/dev/null

server_pid() { cat -- "$root/run/$1.pid" 2>/dev/null || true; }
is_running() { is_server "$(server_pid "$1")" "$1"; }

# Stops a server that runs and forgets one that does not; says so only of the first.
stop_server() { # NAME
    local pid worker workers
    pid=$(server_pid "$1")
    if is_server "$pid" "$1"; then
        workers=$(cat "/proc/$pid/task"/*/children 2>/dev/null || true)
        # `die-on-term`: the master takes its workers along.
        kill -TERM "$pid"
        for _ in {1..100}; do
            is_server "$pid" "$1" || break
            sleep 0.1
        done
        for worker in $pid $workers; do
            if is_server "$worker" "$1"; then kill -KILL "$worker" 2>/dev/null || true; fi
        done
        say "stopped $1 (process $pid)"
    fi
    rm -f -- "$root/run/$1.pid"
}

# All at once: each takes a second.
stop_servers() {
    local server pid pids=()
    for server in "${servers[@]}"; do
        stop_server "$server" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
}

# With an empty environment: a proxy or an OS_… variable of the caller would reach them too. In a
# session of its own, so that they outlive this script and never get the terminal's signals.
start_server() { # NAME
    local log=$root/log/$1.log
    is_running "$1" && return
    if [[ -e $log ]]; then mv -f -- "$log" "$log.1"; fi
    (
        # What the caller holds open, locks above all, must not live on in a server.
        local descriptor
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            if ((descriptor > 2)); then exec {descriptor}>&-; fi
        done
        exec env -i HOME="$root" LANG=C.UTF-8 PATH="$PATH" PYTHONDONTWRITEBYTECODE=1 \
            "OS_${1^^}_CONFIG_DIR=$root/config/$1" \
            setsid "$(venv_of "$1")/bin/uwsgi" --ini "$(server_config "$1")"
    ) </dev/null >"$log" 2>&1 &
    printf '%s\n' "$!" >"$root/run/$1.pid"
}

give_up() { # NAME WHAT_HAPPENED
    tail -n 20 "$root/log/$1.log" >&2
    stop_servers >&2
    die "$1 $2; its log is $(shown "$root/log/$1.log")"
}

# Where a server answers as soon as it runs. `up` and `use` know the ports.
liveness_url() { # SERVER
    case $1 in
    keystone) printf '%s' "http://127.0.0.1:$KEYSTONE_PORT/v3" ;;
    glance) printf '%s' "http://127.0.0.1:$GLANCE_PORT/healthcheck" ;;
    neutron) printf '%s' "http://127.0.0.1:$NEUTRON_PORT" ;;
    nova) printf '%s' "http://127.0.0.1:$NOVA_PORT" ;;
    cinder) printf '%s' "http://127.0.0.1:$CINDER_PORT" ;;
    esac
}

wait_for_server() { # NAME
    local deadline=$((SECONDS + 60)) url
    url=$(liveness_url "$1")
    until curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null "$url"; do
        kill -0 "$(server_pid "$1")" 2>/dev/null || give_up "$1" "ended while it started"
        ((SECONDS < deadline)) || give_up "$1" "did not answer at $url within a minute"
        sleep 0.1
    done
}

# Runs one of our Python files with the packages of a server. Nothing is written elsewhere: neither
# bytecode, which would land beside the source, nor caches in the home directory.
run_python() { # SERVER FILE ARGUMENTS...
    BONAFIDE_OPENSTACK_ROOT=$root HOME=$root PYTHONDONTWRITEBYTECODE=1 \
        "$(venv_of "$1")/bin/python" -W ignore "$repository/tests/openstack/$2" "${@:3}"
}

# Prints a Python that can carry the servers: 3.11 to 3.13, with all that `venv` needs.
# PYTHON names another one, and then only that will do.
find_python() {
    local candidate candidates=(python3 /usr/bin/python3 python3.13 python3.12 python3.11)
    if [[ -n ${PYTHON:-} ]]; then candidates=("$PYTHON"); fi
    for candidate in "${candidates[@]}"; do
        "$candidate" - 2>/dev/null <<'PYTHON' && return
import sys
import ensurepip, sqlite3, ssl, venv
if not (3, 11) <= sys.version_info < (3, 14):
    sys.exit(1)
print(sys.executable)
PYTHON
    done
    return 1
}
