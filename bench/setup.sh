#!/bin/sh
# Ansible, which only the comparison needs, in an environment of its own.
set -eu
cd "$(dirname "$0")"
wanted=$(sha256sum requirements.lock)
if [ "$(cat ../.venv-bench/.hadrill-setup 2>/dev/null || true)" != "$wanted" ]; then
    python3 -m venv ../.venv-bench
    ../.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    echo "$wanted" > ../.venv-bench/.hadrill-setup
fi
