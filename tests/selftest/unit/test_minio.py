"""What MinIO's clients make of its answers."""

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.minio.cluster import MinioCluster
from hadrill.services.minio.workload import NoQuorumError
from hadrill.workload import FAIL, OK, History, Operation
from hadrill.workload.invariants import went_back


def test_a_key_that_drives_disagree_about_is_a_failed_read_and_is_told(stock: Inventory) -> None:
    history = History()
    history.add(Operation("d-1", "read new 9000", 0.0, 0.1, OK, "", ""))
    error = f"{NoQuorumError.__name__}: no object d-1, which was acknowledged"
    history.add(Operation("d-2", "read new 9000", 0.1, 0.2, FAIL, "", error))
    cluster = MinioCluster(stock, Remote(stock))
    assert went_back(history.operations(), cluster.shown_by) == ""
    assert cluster.remarks(history) == ["1 reads of acknowledged objects ended in NoSuchKey: counted as failed reads"]
