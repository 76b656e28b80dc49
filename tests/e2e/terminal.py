"""The command line on a terminal, for what it shows and asks there alone."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from harness import BINARY, PATIENCE


class OnTerminal:
    """A command whose streams are a terminal of so many columns, but for those of `streams`. One thread uses it."""

    def __init__(self, arguments, environment, columns=80, **streams):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        on_it = {"stdin": self.slave, "stdout": self.slave, "stderr": self.slave, **streams}
        self.process = subprocess.Popen([str(BINARY), *map(str, arguments)], **on_it, env=environment,
                                        start_new_session=True)
        self.shown = b""

    def _read(self, seconds):
        """Takes what is on the terminal within that time; False if nothing came."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.shown += os.read(self.master, 65536)
        return True

    def wait_for(self, text):
        """Waits until that is shown."""
        deadline = time.monotonic() + 60 * PATIENCE
        while text not in self.shown:
            if not self._read(0.05):
                assert time.monotonic() < deadline and self.process.poll() is None, self.shown

    def type(self, keys):
        os.write(self.master, keys)

    def echoes(self):
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def end(self):
        """Waits for the end: the exit code."""
        deadline = time.monotonic() + 60 * PATIENCE
        while self._read(0.05) or self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.slave)
        os.close(self.master)
