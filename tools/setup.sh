#!/bin/sh
# Everything that the project needs on this computer, or one message that names what is missing.
# setup.sh python: only what unit tests and the linters need, nothing from the distribution.
# setup.sh test: what the project's own tests need besides.
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" != python ]; then
    missing=""
    need() { # command, package
        command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
    }
    need python3 python3
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
    need git git
    need ip iproute2
    need iptables iptables
    need mmdebstrap mmdebstrap
    need ssh openssh-client
    need npm npm
    if [ "${1:-}" = test ]; then
        # Logins are tried on OpenSSH's server, as users who may use sudo or not.
        [ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
        need sudo sudo
    fi
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
    docker info >/dev/null 2>&1 || { need docker docker.io; need dockerd docker.io; }
    missing=$(echo "$missing" | tr ' ' '\n' | sort -u | tr '\n' ' ')

    if [ -n "$(echo "$missing" | tr -d ' ')" ]; then
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
            echo "hadrill needs these packages, and cannot install them here (not root, or no apt-get): $missing" >&2
            echo "Install them, or let root run: make setup" >&2
            exit 1
        fi
        echo "[setup] installing from the distribution: $missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        # From Debian 13 on the client is a package of its own.
        command -v docker >/dev/null 2>&1 || ! apt-cache show docker-cli >/dev/null 2>&1 || missing="$missing docker-cli"
        # shellcheck disable=SC2086 - a list of packages
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
        case " $missing " in *" openssh-server "*)
            # The tests start their own; nobody asked for one that all the network reaches.
            [ ! -d /run/systemd/system ] || systemctl disable --now --quiet ssh.service ssh.socket 2>/dev/null || true
            ;;
        esac
    fi
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "hadrill needs Python 3.11 or newer; this is $(python3 --version)" >&2
    exit 1
}

# What a folder was made from is written into it; it is made again where that is another now.
made_from() { # folder, what from
    [ "$(cat "$1/.hadrill-made-from" 2>/dev/null || true)" = "$2" ]
}
sum() {
    cat "$@" | sha256sum | cut -d' ' -f1
}

# A link leads to what another checkout made, and looks after.
if [ ! -L .venv ]; then
    # pip removes nothing that is no longer wanted, and scripts name the place where they were made.
    packages="$(python3 --version) $PWD $(sum requirements.lock)"
    if ! made_from .venv "$packages"; then
        echo "[setup] Python packages, pinned with hashes"
        python3 -m venv --clear .venv
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
        echo "$packages" > .venv/.hadrill-made-from
    fi
    # The commands and plugins that it offers; what lay elsewhere in an earlier state is removed with it.
    itself=$(sum pyproject.toml)
    if [ "$(cat .venv/.hadrill-itself 2>/dev/null || true)" != "$itself" ]; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
        echo "$itself" > .venv/.hadrill-itself
    fi
fi

if [ "${1:-}" != python ] && [ ! -L tools/allure/node_modules ]; then
    pinned=$(sum tools/allure/package-lock.json)
    if ! made_from tools/allure/node_modules "$pinned"; then
        echo "[setup] Allure, which makes the HTML report"
        if npm ci --silent --ignore-scripts --prefix tools/allure; then
            echo "$pinned" > tools/allure/node_modules/.hadrill-made-from
        else
            echo "[setup] Allure could not be installed: reports come without their HTML page" >&2
        fi
    fi
fi
