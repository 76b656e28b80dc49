"""The examples of docs/clusters.md, pasted into one shell."""

import os
import re
import socket
import subprocess

from harness import BINARY, PATIENCE, ROOT, clean_environment


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_the_examples_work_when_pasted(tmp_path):
    text = (ROOT / "docs" / "clusters.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    script = "set -m\ntrap 'kill $(jobs -p); wait' EXIT\nset -eE\n" + "".join(blocks)
    # A server that is ended says so; that is what the example shows.
    script = script.replace("wait %1;", "wait %1 || [ $? = 143 ] || [ $? = 0 ];")
    script = script.replace("8443", str(free_port())).replace("8444", str(free_port()))
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "snapgate").symlink_to(BINARY)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    environment = clean_environment({"XDG_CONFIG_HOME": str(tmp_path / "config"),
                                     "PATH": f"{tools}:{os.environ['PATH']}"})
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
                         timeout=120 * PATIENCE, check=False)
    assert ran.returncode == 0, (ran.stdout[-3000:], ran.stderr[-3000:])
    said = ran.stdout
    states = re.findall(r"^edge +edge +Default +connected +(\w+)", said, re.MULTILINE)
    assert states[0] in ("Syncing", "Ready") and states[1:] == ["Unreachable", "Ready"]
    assert "HTTP/1.1 200" in said and re.search(r"^Age: \d+\r?$", said, re.MULTILINE)
    assert 'Warning: 110 - "Response is Stale"' in said
    assert "while-away" in said.splitlines()[-1]
