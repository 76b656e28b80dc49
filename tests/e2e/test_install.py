"""tools/install on a system whose packages are not those of Debian 12: it says so, and installs nothing."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# No package is there. apt knows all but one, and writes down what it is to install. Nothing else is done as root.
PROGRAMS = {
    "dpkg-query": "",
    "apt-cache": "[ \"$2\" != clang-19 ]",
    "apt-get": "echo \"$@\" >>\"$CALLS\"",
    "sudo": "if [ \"$1\" = env ]; then exec \"$@\"; fi",
    "id": "echo 1",
}


@pytest.fixture
def install(tmp_path):
    """Runs tools/install where /etc/os-release holds this text. Returns its end, its words, and the calls of apt-get."""
    for name, script in PROGRAMS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    def run(release, *arguments):
        (tmp_path / "release").write_text(release)
        (tmp_path / "calls").write_text("")
        ran = subprocess.run([ROOT / "tools" / "install", *arguments, "build"], capture_output=True, text=True, check=False,
                             stdin=subprocess.DEVNULL, timeout=60,
                             env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "SNAPGATE_OS_RELEASE": str(tmp_path / "release"),
                                  "CALLS": str(tmp_path / "calls")})
        return ran.returncode, ran.stdout + ran.stderr, (tmp_path / "calls").read_text()

    return run


UBUNTU = "ID=ubuntu\nVERSION_ID=\"24.04\"\n"
DEBIAN = "ID=debian\nVERSION_ID=\"12\"\n"


def test_a_check_tells_another_release(install):
    code, said, calls = install(UBUNTU, "--check")
    assert code == 1 and "this is 'ubuntu 24.04'" in said and "Debian 12" in said and calls == ""
    code, said, _ = install(DEBIAN, "--check")
    assert code == 1 and "clang-19" in said and "Note" not in said


def test_nothing_is_installed_where_a_package_is_not_known(install):
    code, said, calls = install(UBUNTU, "--yes")
    assert code == 1 and "'ubuntu 24.04' has no packages of these names: clang-19. Nothing was installed." in said
    assert " install " not in calls
    # Debian 12 is not asked for each of them.
    code, said, calls = install(DEBIAN, "--yes")
    assert code == 0 and " install " in calls and "clang-19" in calls, said
