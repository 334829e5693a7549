#!/bin/sh
# Start as root, take ownership of the data, drop to the service's user: what the official images do too.
set -eu
if [ "$(id -u)" = 0 ]; then
    find $OWNED \! -user "$RUN_AS" -exec chown "$RUN_AS:" '{}' +
    exec setpriv --reuid="$RUN_AS" --regid="$RUN_AS" --init-groups -- "$0" "$@"
fi
export HOME="${OWNED%% *}"
exec "$@"
