"""Where hadrill installs: configuration and data of components, and the names of their units."""

CONFIGURATION = "/etc/hadrill"
DATA = "/var/lib/hadrill"


def configuration(path: str = "") -> str:
    """The full path of a file or folder of configuration; a path that begins with `/` stays as it is."""
    return _below(CONFIGURATION, path)


def data(path: str = "") -> str:
    """The full path of a folder of data; a path that begins with `/` stays as it is."""
    return _below(DATA, path)


def unit(name: str) -> str:
    """The unit of a component that hadrill installed."""
    return f"hadrill-{name}.service"


def _below(folder: str, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}".rstrip("/")
