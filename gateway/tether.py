"""`python tether.py PROGRAM ARGUMENTS...`: become PROGRAM, tied so that it ends when its parent does."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  # the very point: no shell, no new process
