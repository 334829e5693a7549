# $NAME, $ADDRESS, $PEERS (addresses), $IMAGE, $1 "first" on the node that begins the cluster, else "join".
base=/opt/shop/mariadb
mkdir -p "$base/etc" "$base/data"
cat > "$base/etc/galera.cnf" <<END
[mariadbd]
bind-address = 0.0.0.0
binlog_format = ROW
default_storage_engine = InnoDB
innodb_autoinc_lock_mode = 2
skip_name_resolve = ON
wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_cluster_name = shop-sql
wsrep_cluster_address = gcomm://$(echo $PEERS | tr ' ' ,)
wsrep_node_name = $NAME
wsrep_node_address = $ADDRESS
wsrep_sst_method = mariabackup
wsrep_sst_auth = "mover:moves-of-the-shop"
END
run() {
    docker run --detach --name shop-mariadb --restart always --network host --env MARIADB_ROOT_PASSWORD=sql-of-the-shop \
        --volume "$base/etc/galera.cnf:/etc/mysql/conf.d/galera.cnf:ro" --volume "$base/data:/var/lib/mysql" "$@"
}
case $1 in
first)
    run "$IMAGE" mariadbd --wsrep-new-cluster
    until docker exec shop-mariadb mariadb -uroot -psql-of-the-shop -e "
        CREATE USER IF NOT EXISTS mover@localhost IDENTIFIED BY 'moves-of-the-shop';
        GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR, REPLICA MONITOR ON *.* TO mover@localhost;
        CREATE USER IF NOT EXISTS asks@'%'; GRANT USAGE ON *.* TO asks@'%'" 2> /dev/null
    do sleep 0.2; done
    ;;
join) run "$IMAGE" ;;
again) # As every other node from now on: a restart must not begin a second cluster.
    docker stop shop-mariadb; docker rm shop-mariadb
    run "$IMAGE"
    ;;
esac
