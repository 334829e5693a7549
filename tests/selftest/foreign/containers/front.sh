# $DATABASES, $CACHES, $QUEUES (addresses): the distribution's HAProxy and PgBouncer, and cron.
servers() { # port, options, addresses
    port=$1 options=$2; shift 2
    for address in "$@"; do echo "    server s-$address $address:$port $options"; done
}
cat > /etc/haproxy/haproxy.cfg <<END
global
    user haproxy
    group haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    default-server inter 1s fall 3 rise 2 on-marked-down shutdown-sessions
frontend postgres
    bind *:5432
    default_backend postgres_leader
backend postgres_leader
    option httpchk GET /primary
$(servers 5432 'check port 8008' $DATABASES)
frontend redis
    bind *:6379
    default_backend be_redis_master
backend be_redis_master
    server master ${CACHES%% *}:6379 check
frontend amqp
    bind *:5672
    default_backend queues
backend queues
    balance roundrobin
$(servers 5672 check $QUEUES)
END
cat > /etc/pgbouncer/pgbouncer.ini <<END
[databases]
* = host=127.0.0.1 port=5432
[pgbouncer]
listen_addr = *
listen_port = 6432
pool_mode = transaction
max_client_conn = 500
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
logfile = /var/log/postgresql/pgbouncer.log
pidfile = /var/run/postgresql/pgbouncer.pid
ignore_startup_parameters = extra_float_digits
server_login_retry = 1
END
echo '"hadrill" "looks-at-the-shop"' > /etc/pgbouncer/userlist.txt
chown postgres: /etc/pgbouncer/userlist.txt /etc/pgbouncer/pgbouncer.ini
mkdir -p /opt/shop/bin
cat > /opt/shop/bin/redis-update-master <<'END'
#!/bin/sh
# Write the master that a Sentinel names into HAProxy's file, and let it be read again.
file=/etc/haproxy/haproxy.cfg
for cache in CACHES; do
    answer=$(printf 'SENTINEL get-master-addr-by-name shop-cache\r\n' | nc -w 2 "$cache" 26379 | tr -d '\r') || continue
    master=$(echo "$answer" | sed -n 3p)
    [ "$master" ] || continue
    grep -q "server master $master:6379" "$file" && exit 0
    sed -i "s/server master .*:6379/server master $master:6379/" "$file"
    exec systemctl reload haproxy
done
END
sed -i "s/CACHES/$CACHES/" /opt/shop/bin/redis-update-master
chmod +x /opt/shop/bin/redis-update-master
echo '* * * * * root /opt/shop/bin/redis-update-master' > /etc/cron.d/redis-update-master
systemctl enable --now haproxy pgbouncer cron
systemctl restart haproxy pgbouncer
