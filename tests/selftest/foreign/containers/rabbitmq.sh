# $NAME, $PEERS (names), $IMAGE: a node that finds the others by its file.
base=/opt/shop/rabbitmq
mkdir -p "$base/etc" "$base/data"
printf '%s\n' 'default_user = shop' 'default_pass = queues-of-the-shop' 'cluster_name = shop-queues' \
    'cluster_formation.peer_discovery_backend = classic_config' 'cluster_partition_handling = pause_minority' \
    'log.console = true' 'log.file = false' 'disk_free_limit.absolute = 200MB' > "$base/etc/rabbitmq.conf"
number=1
for peer in $PEERS; do
    echo "cluster_formation.classic_config.nodes.$number = rabbit@$peer" >> "$base/etc/rabbitmq.conf"
    number=$((number + 1))
done
echo '[rabbitmq_management].' > "$base/etc/enabled_plugins"
[ -e "$base/data/.erlang.cookie" ] || (umask 0377; printf cookie-of-the-shop > "$base/data/.erlang.cookie")
docker run --detach --name shop-rabbit --restart always --network host --env "RABBITMQ_NODENAME=rabbit@$NAME" \
    --volume "$base/etc:/etc/rabbitmq:ro" --volume "$base/data:/var/lib/rabbitmq" "$IMAGE"
