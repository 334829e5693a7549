# $NAME, $ADDRESS, $PEERS (addresses), $IMAGE: a member of Patroni with its own store.
base=/opt/shop/postgres
mkdir -p "$base/etc" "$base/data"
partners=
for peer in $PEERS; do [ "$peer" = "$ADDRESS" ] || partners="$partners'$peer:2222', "; done
cat > "$base/etc/patroni.yml" <<END
scope: shop-db
name: shop-$NAME
restapi:
  listen: 0.0.0.0:8008
  connect_address: $ADDRESS:8008
raft:
  data_dir: /var/lib/postgresql/raft
  self_addr: $ADDRESS:2222
  partner_addrs: [${partners%, }]
bootstrap:
  dcs:
    ttl: 30
    loop_wait: 10
    retry_timeout: 10
    maximum_lag_on_failover: 1048576
    postgresql:
      use_pg_rewind: true
      parameters: {wal_level: replica, hot_standby: "on", max_connections: 150, wal_log_hints: "on"}
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, data-checksums]
postgresql:
  listen: 0.0.0.0:5432
  connect_address: $ADDRESS:5432
  data_dir: /var/lib/postgresql/data
  pgpass: /var/lib/postgresql/.pgpass-of-patroni
  authentication:
    superuser: {username: postgres, password: owner-of-the-shop}
    replication: {username: copier, password: copies-of-the-shop}
    rewind: {username: rewinder, password: back-in-the-shop}
  parameters: {unix_socket_directories: /tmp}
  pg_hba:
    - local all postgres trust
    - host replication copier 198.18.0.0/16 scram-sha-256
    - host replication copier 127.0.0.1/32 scram-sha-256
    - host all all 198.18.0.0/16 scram-sha-256
    - host all all 127.0.0.1/32 scram-sha-256
END
docker run --detach --name shop-postgres --restart always --network host \
    --volume "$base/etc:/etc/patroni:ro" --volume "$base/data:/var/lib/postgresql" "$IMAGE"
