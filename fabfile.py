"""What `fab -l` finds: the installer's tasks."""

from hadrill.install.tasks import namespace  # noqa: F401 - Fabric takes its tasks from here
