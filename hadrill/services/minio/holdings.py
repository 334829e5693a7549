"""What MinIO holds that is not hadrill's, by listing names: no object is read."""

from itertools import islice

from hadrill.inventory import Host
from hadrill.services.guarded import Foreign
from hadrill.services.minio.service import Minio

OWN = "hadrill-"
"""How names of hadrill's own buckets begin."""
MOST = 5000
"""So many are counted at most: that all are gone shows all the same, and a listing of millions would take minutes."""


def foreign(service: Minio, host: Host) -> Foreign:
    """Objects, as a node lists them. Right after a node is back a listing may lack some: only a great loss counts."""
    client = service.client(host.address)
    names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    pages = (
        page
        for name in names
        if not name.startswith(OWN)
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name)
    )
    objects = (item for page in pages for item in page.get("Contents", ()))
    return Foreign("objects", sum(1 for _ in islice(objects, MOST)), exact=False)
