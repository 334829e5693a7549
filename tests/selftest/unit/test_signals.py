"""A run that is asked to end does, also where Python drops what the signal's handler raised."""

import signal
import subprocess
import sys

LOST = """
import os, signal
from hadrill.safety.signals import end_if_asked, end_politely

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

end_politely()
end_if_asked()
Finalized()
print("goes on", flush=True)
end_if_asked()
print("never said")
"""


def test_an_interrupt_that_was_dropped_is_not_lost() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "goes on\n"
    assert "Exception ignored in" in done.stderr
    assert done.returncode in (-signal.SIGINT, 128 + signal.SIGINT, 1)
