"""What `fab -l` finds: the installer's tasks."""

from hadrill.install.tasks import namespace

__all__ = ["namespace"]
