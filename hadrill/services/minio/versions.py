"""Which MinIO is running."""

from collections.abc import Callable

from hadrill.inventory import Inventory


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """A function that tells the running image, by title."""
    return {"MinIO": lambda: f"image {inventory.image('minio')}"}
