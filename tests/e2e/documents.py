"""Reads the documents as a newcomer does: which blocks are to be pasted, in what order, and into which terminal.

Every block of code in a document is fenced and says its language. Blocks of `sh` are pasted, one after the other;
`python` and `go` are saved under the name that the sentence before them gives. What cannot be pasted anywhere is marked
by that sentence, for the reader and for this module alike (`MARKS`).
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

from harness import PATIENCE, ROOT, wait_for

# What the sentence before a block says, and what it means for the one who pastes it.
MARKS = {
    "Needs a cluster of yours": "cluster",
    "Needs Go": "go",
    "Needs Podman": "podman",
    "Takes minutes": "minutes",
    "On the machine that is to serve": "install",
    # Run by tests/operations, on machines of their own.
    "As root on the server": "root",
    "As root on the new machine": "new",
    "As root on a machine without the package": "archive",
    # Run by tests/replicas.
    "On a machine with etcd and HAProxy": "replicas",
}
# The block keeps its terminal: the next ones are pasted into another.
HOLDS_TERMINAL = "until Ctrl-C"
# The reader's hands are needed.
PRESS_CTRL_C = "Press Ctrl-C in the terminal of the quickstart"
# What a block shows comes a little later: it is pasted again until it does.
SOON = "within seconds"
# Forms of commands, routes, answers: to be read.
READ_ONLY = {"text", "yaml", "json"}
LANGUAGES = {"sh", "python", "go", *READ_ONLY}
COLUMNS = 80


class Step:
    """One fenced block, or a paragraph that asks for the reader's hands (`language` is then None)."""

    def __init__(self, document, line, language, text, intro):
        self.document = document
        self.line = line
        self.language = language
        self.text = text
        self.intro = intro
        self.mark = next((meaning for sentence, meaning in MARKS.items() if sentence in intro), None)

    def __str__(self):
        return f"{self.document}:{self.line}"

    @property
    def saved_as(self):
        """The name under which a reader saves this block, or None."""
        named = re.search(r"[Ss]ave it as `([\w.]+)`", self.intro)
        return named and named[1]


def documents():
    """README, then the documents that it lists, in its order; paths from the top of the repository."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[[^]]+\]\(([^)]+\.md)\)", readme, re.MULTILINE)
    return ["README.md", *listed]


def steps(document):
    """The steps of one document, in order."""
    found = []
    paragraph, fence, body = [], None, []
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    intro = ""

    def end_paragraph(number):
        nonlocal intro
        if paragraph:
            intro = " ".join(paragraph)
            if PRESS_CTRL_C in intro:
                found.append(Step(document, number, None, "", intro))
            paragraph.clear()

    for number, line in enumerate(lines, 1):
        if fence is not None:
            if line.startswith("```"):
                found.append(Step(document, fence[0], fence[1], "\n".join(body) + "\n", intro))
                fence, intro = None, ""
            else:
                body.append(line)
        elif line.startswith("```"):
            end_paragraph(number)
            fence, body = (number, line[3:].strip()), []
        elif not line.strip():
            end_paragraph(number)
        elif line.startswith("#"):
            end_paragraph(number)
            intro = ""
        else:
            paragraph.append(line.strip())
    assert fence is None, f"{document}:{fence[0]}: the block has no end"
    end_paragraph(len(lines))
    return found


def indented_blocks(document):
    """Lines of code that are indented rather than fenced: nobody can tell what they are for."""
    fenced, above = False, ""
    for number, line in enumerate((ROOT / document).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and line.startswith("    ") and not above.strip():
            yield f"{document}:{number}"
        above = line


LOOP = """
exec 3<"$1/blocks" 4>"$1/finished"
failures=$1/failures
set -mE -o pipefail
trap 'echo "exit code $?: $BASH_COMMAND" >>"$failures"' ERR
while IFS= read -r block <&3; do
    . "$block" 3<&- 4>&-
    echo done >&4
done
"""


class Terminal:
    """A bash of its own on a terminal of 80 columns. A failure of any command in a block is noted; the next one is run
    all the same, as pasted lines are. One thread uses it."""

    def __init__(self, folder, environment, scratch):
        self.scratch = Path(scratch)
        self.failures = self.scratch / "failures"
        self.failures.touch()
        self.screen = bytearray()
        self.changed = threading.Condition(threading.RLock())
        for name in ("blocks", "finished"):
            os.mkfifo(self.scratch / name)
        # Both ways, so that neither end waits for the other.
        self.blocks = os.open(self.scratch / "blocks", os.O_RDWR)
        self.finished = os.open(self.scratch / "finished", os.O_RDWR)
        self.master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        self.process = subprocess.Popen(["bash", "--norc", "-c", LOOP, "bash", str(self.scratch)], cwd=folder,
                                        env={**environment, "TERM": "xterm"}, stdin=terminal, stdout=terminal,
                                        stderr=terminal, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave = terminal
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                piece = b""
            if not piece:
                return
            with self.changed:
                self.screen += piece
                self.changed.notify_all()

    def shown(self, since=0):
        """What has come onto the screen, as text: no carriage returns, nothing bold."""
        with self.changed:
            return re.sub(r"\r|\x1b\[[0-9;]*m", "", self.screen[since:].decode("utf-8", "replace"))

    def send(self, text):
        """Pastes a block, and does not wait for its end."""
        block = self.scratch / "block.sh"
        block.write_text(text, encoding="utf-8")
        os.write(self.blocks, f"{block}\n".encode())

    def await_end(self, what, seconds=60):
        """Waits until the shell has run what was pasted."""
        ready, _, _ = select.select([self.finished], [], [], seconds * PATIENCE)
        assert ready and os.read(self.finished, 5) == b"done\n", f"{what} does not end:\n{self.shown()[-3000:]}"

    def paste(self, text, seconds=60):
        """Pastes a block and waits for its end: what it showed, and the commands that failed."""
        since, failed = len(self.screen), len(self.failures.read_text(encoding="utf-8"))
        # A line of ours at the end, which has passed through the terminal once all before it has.
        end = f"-- end of block {time.monotonic_ns()} --"
        self.send(text)
        self.await_end(text, seconds)
        os.write(self.slave, f"{end}\n".encode())
        self.wait_until_shown(end, since=since)
        return self.shown(since).replace(end + "\n", ""), self.failures.read_text(encoding="utf-8")[failed:]

    def wait_until_shown(self, pattern, seconds=60, since=0):
        """Waits for a line on the screen."""
        deadline = time.monotonic() + seconds * PATIENCE
        with self.changed:
            while not re.search(pattern, self.shown(since), re.MULTILINE):
                left = deadline - time.monotonic()
                assert left > 0, f"no {pattern} in:\n{self.shown(since)[-3000:]}"
                self.changed.wait(left)

    def press_ctrl_c(self):
        """What runs in the foreground ends by it, and with some programs this shell, too."""
        os.write(self.master, b"\x03")
        wait_for(lambda: self.process.poll() is not None or select.select([self.finished], [], [], 0.05)[0],
                 lambda: f"Ctrl-C to end something:\n{self.shown()[-2000:]}", 30)

    def close(self):
        """Closes the window: everything that still runs in it ends."""
        os.close(self.blocks)
        for group in self._groups():
            try:
                os.killpg(group, signal.SIGTERM)
            except ProcessLookupError:
                pass
        try:
            self.process.wait(20 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.slave, self.master, self.finished):
            os.close(descriptor)

    def _groups(self):
        """Process groups of this terminal's session, but the shell's own."""
        groups = set()
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                # Behind the name, which may hold anything: state, parent, group, session.
                fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:
                groups.add(int(fields[2]))
        return groups - {self.process.pid}


def clone_work_tree(target):
    """A clone as `git clone` makes it, of the files as they are now, committed or not."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=target, check=True, capture_output=True, text=True).stdout

    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=newcomer", "-c", "user.email=newcomer@example.com", "commit", "-q", "-m", "as cloned")
    return lambda: git("status", "--porcelain")
