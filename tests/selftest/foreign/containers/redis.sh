# $PEERS (addresses, the first is the master's at the beginning), $ADDRESS, $IMAGE: Redis with a Sentinel beside it.
master=${PEERS%% *}
base=/opt/shop
mkdir -p "$base/redis" "$base/sentinel"
printf '%s\n' 'port 6379' 'requirepass cache-of-the-shop' 'masterauth cache-of-the-shop' 'appendonly yes' 'dir /data' \
    > "$base/redis/redis.conf"
[ "$master" = "$ADDRESS" ] || echo "replicaof $master 6379" >> "$base/redis/redis.conf"
printf '%s\n' 'port 26379' 'dir /data' 'protected-mode no' "sentinel monitor shop-cache $master 6379 2" \
    'sentinel auth-pass shop-cache cache-of-the-shop' 'sentinel down-after-milliseconds shop-cache 5000' \
    'sentinel failover-timeout shop-cache 60000' > "$base/sentinel/sentinel.conf"
chmod -R a+rwX "$base/redis" "$base/sentinel"
docker run --detach --name shop-redis --restart always --network host --volume "$base/redis:/data" \
    "$IMAGE" redis-server /data/redis.conf
docker run --detach --name shop-sentinel --restart always --network host --volume "$base/sentinel:/data" \
    "$IMAGE" redis-sentinel /data/sentinel.conf
