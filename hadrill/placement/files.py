"""Programs that look at files of components on a host: configuration, certificates, room for data."""

from hadrill.placement import folders
from hadrill.remote import shell

_SETTINGS = ("*.c*f*", "*.yml", "*.ini")
"""Names of files that configure a component; none of these files is meant to hold a secret."""
_CERTIFICATES = ("*.crt", "*.pem")


def settings_shown(*others: str) -> str:
    """Print the configuration that hadrill installed, and these files or folders, each under its name."""
    # HAProxy's checks log in: their packets hold a password in hexadecimal.
    show = 'echo "== $f"; grep -v send-binary "$f"'
    return f"{_find(_SETTINGS, *others)} | sort -u | while read -r f; do {show}; done"


def certificates_expiring(days: int) -> str:
    """Print each installed certificate that expires within so many days, and when it does."""
    return f"""
command -v openssl > /dev/null || exit 0
{_find(_CERTIFICATES)} | while read -r file; do
    openssl x509 -noout -checkend {days * 24 * 60 * 60} -in "$file" > /dev/null 2>&1 ||
        echo "$file $(openssl x509 -noout -enddate -in "$file" 2> /dev/null)"
done
"""


def room(folder: str = folders.DATA, *, megabytes: bool = False) -> str:
    """Print how full a folder's disk is in percent, and where it is mounted; or the mebibytes that are left."""
    columns = "pcent,avail -B1M" if megabytes else "pcent,target"
    return f"df --output={columns} {shell.word(folder)} | tail -1"


def _find(patterns: tuple[str, ...], *others: str) -> str:
    """Print the files with such names, below the folder that hadrill installs into and below these others."""
    names = " -o ".join(f"-name {shell.word(pattern)}" for pattern in patterns)
    places = " ".join(map(shell.word, dict.fromkeys((folders.CONFIGURATION, *filter(None, others)))))
    return f"find {places} \\( {names} \\) -type f 2>/dev/null"
