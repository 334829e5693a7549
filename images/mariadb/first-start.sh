#!/bin/sh
# An empty data directory gets the system tables and the root password of MARIADB_ROOT_PASSWORD, as in the official image.
set -eu
data=/var/lib/mysql
if [ ! -d "$data/mysql" ]; then
    mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >&2
    {
        echo "FLUSH PRIVILEGES;"
        echo "SET PASSWORD FOR root@localhost = PASSWORD('$MARIADB_ROOT_PASSWORD');"
        echo "CREATE USER root@'%' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';"
        echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
        echo "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host NOT IN ('localhost', '%'));"
    } | mariadbd --datadir="$data" --bootstrap --wsrep-on=OFF >&2
fi
unset MARIADB_ROOT_PASSWORD
exec "$@"
