# $PEERS (addresses of the nodes), $IMAGE: one node takes the statements, the others wait.
mkdir -p /opt/shop/sql-proxy
cat > /opt/shop/sql-proxy/haproxy.cfg <<END
global
    stats socket /opt/shop/sql-proxy/admin.sock mode 600 level admin
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    default-server check inter 1s fall 2 rise 2 on-marked-down shutdown-sessions
listen sql
    bind :3306
    option mysql-check user asks
END
spare=
for peer in $PEERS; do
    echo "    server sql-$peer $peer:3306 $spare" >> /opt/shop/sql-proxy/haproxy.cfg
    spare=backup
done
docker run --detach --name shop-sql-proxy --restart always --network host \
    --volume /opt/shop/sql-proxy:/opt/shop/sql-proxy "$IMAGE" haproxy -W -db -f /opt/shop/sql-proxy/haproxy.cfg
