"""Machines on which packages are tried: a whole system under systemd, and bare root file systems.

Both are unpacked from the archives that tools/install_roots makes. They have a network of their own, with nothing but
loopback in it. Making namespaces and file systems of other users needs root.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOTS = ROOT / ".cache" / "roots"
PACKAGES = ROOT / "build" / "packages"
LOOPBACK = "import socket, struct, fcntl\n" \
    "s = socket.socket()\n" \
    "fcntl.ioctl(s, 0x8914, struct.pack('16sh22x', b'lo', 0x49))\n"  # SIOCSIFFLAGS: up, loopback, running


def built(kind):
    """The package that packaging/build makes; it is made if its parts have changed."""
    made = subprocess.run([ROOT / "packaging" / "build", kind], check=True, stdout=subprocess.PIPE, text=True)
    return Path(made.stdout.split()[-1])


def blob_of(layout, described):
    """A part of an unpacked container image that is JSON, as another part describes it."""
    return json.loads((layout / "blobs" / described["digest"].replace(":", "/")).read_text(encoding="utf-8"))


def unpack_image(image, folder):
    """The configuration of a container image, and the root file system that its layers make in a new folder."""
    layout, root = folder / "layout", folder / "image"
    for one in (layout, root):
        one.mkdir(parents=True)
    subprocess.run(["tar", "-xf", image, "-C", layout], check=True)
    index = json.loads((layout / "index.json").read_text(encoding="utf-8"))
    manifest = blob_of(layout, index["manifests"][0])
    for layer in manifest["layers"]:
        subprocess.run(["tar", "-xpzf", layout / "blobs" / layer["digest"].replace(":", "/"), "-C", root], check=True)
    return blob_of(layout, manifest["config"])["config"], root


def unpack_root(name, folder):
    """The root file system of a release in a new folder."""
    folder.mkdir(parents=True)
    archive = ROOTS / f"{name}.tar"
    assert archive.exists(), f"there is no {archive}: run tools/install_roots"
    subprocess.run(["tar", "-xpf", archive, "-C", folder, "--exclude=./dev/*"], check=True)
    return folder


def remove_root(folder):
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


class Ran:
    """How a command ended, and what it wrote to both of its outputs."""

    def __init__(self, code, text):
        self.code = code
        self.text = text


def run_bare(folder, command, *, user=None, read_only=False, writable=(), environment=None, seconds=60,
             until=None, then=None, own_network=True):
    """Runs a command, a list, in a root file system with a fresh /proc and a network of its own, and ends whatever it
    leaves behind. `writable`: folders that stay so, as volumes do, in a root that is read only. `until`: bytes of its output after which it is told to end
    (SIGTERM), once `then` is called."""
    mounts = [f"mount --bind {folder} {folder}", *(f"mount --bind {folder}{one} {folder}{one}" for one in writable),
              f"mount -t proc proc {folder}/proc"]
    if read_only:
        mounts.append(f"mount -o remount,bind,ro {folder}")
    loopback = [f"{sys.executable} -c \"$LOOPBACK\""] if own_network else []
    script = "\n".join(["set -e", *loopback, *mounts, 'exec "$@"'])
    as_user = [f"--userspec={user}:{user}", "--groups="] if user else []
    process = subprocess.Popen(["unshare", "--mount", "--pid", *(["--net"] if own_network else []), "--ipc", "--fork", "--kill-child",
                                "sh", "-c", script, "sh", "env", "-i",
                                *(f"{k}={v}" for k, v in (environment or {}).items()),
                                "/usr/sbin/chroot", *as_user, folder, *command],
                               env={**os.environ, "LOOPBACK": LOOPBACK}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # A command that hangs, or never says what is waited for, is ended.
    overtime = threading.Timer(seconds, process.kill)
    overtime.start()
    said = b""
    for line in process.stdout:
        said += line
        if until and until in line:
            if then is not None:
                then()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
            os.kill(int(children.split()[0]), signal.SIGTERM)
    code = process.wait()
    overtime.cancel()
    return Ran(code, said.decode("utf-8", "replace"))


class Machine:
    """A system that systemd-nspawn has booted. `run` runs a script of bash in it, as root."""

    def __init__(self, folder, name="bookworm"):
        self.folder = unpack_root(name, folder)
        self.log = folder.parent / f"{folder.name}.log"
        self.process = None
        self.leader = None

    def boot(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", f"--directory={self.folder}", "--boot", "--private-network",
                 "--register=no", "--keep-unit", "--console=read-only"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.leader = self._wait(self._find_leader, "a first process")
        self._wait(lambda: self.run("systemctl is-system-running --wait").text.strip() in ("running", "degraded"),
                   "systemd")
        return self

    def _wait(self, condition, what):
        deadline = time.monotonic() + 60
        while True:
            found = condition()
            if found:
                return found
            assert self.process.poll() is None and time.monotonic() < deadline, \
                f"no {what} in the machine:\n{self.log.read_text(errors='replace')}"
            time.sleep(0.1)

    def _find_leader(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        for child in children.split():
            try:
                if Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip() == "systemd":
                    return child
            except OSError:
                continue
        return None

    def run(self, script, seconds=120):
        ran = subprocess.run(["nsenter", f"--target={self.leader}", "--all", "--", "env", "-i", "HOME=/root", "TERM=dumb",
                              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                              "bash", "-c", script],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=seconds, check=False, cwd="/")
        return Ran(ran.returncode, ran.stdout)

    def must(self, script, seconds=120):
        """Runs a script that has to end well, and returns what it wrote."""
        ran = self.run("set -e -o pipefail\n" + script, seconds)
        assert ran.code == 0, f"{script}\nended with {ran.code}:\n{ran.text}"
        return ran.text

    def put(self, file, place="/srv"):
        """Copies a file of this machine into a folder of the other, and returns its path there."""
        shutil.copy(file, f"{self.folder}{place}")
        return f"{place}/{Path(file).name}"

    def close(self):
        """Cuts the machine off and removes it, as a fire does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            if self.leader is not None:
                try:
                    os.kill(int(self.leader), signal.SIGKILL)
                except ProcessLookupError:
                    pass
                deadline = time.monotonic() + 30
                while Path(f"/proc/{self.leader}").exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
            self.process = self.leader = None
        remove_root(self.folder)
