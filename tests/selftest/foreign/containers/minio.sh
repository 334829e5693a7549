# $IMAGE: a node of MinIO, whose command is the same on all.
mkdir -p /opt/shop/minio
docker run --detach --name shop-objects --restart always --network host --volume /opt/shop/minio:/export \
    --env MINIO_ROOT_USER=shopkeeper --env MINIO_ROOT_PASSWORD=objects-of-the-shop \
    "$IMAGE" server --address :9000 --console-address :9001 'http://obj-{1...3}:9000/export'
