"""The examples of docs/cli.md, pasted into a shell one after the other."""

import os
import re
import subprocess

from harness import BINARY, PATIENCE, ROOT, clean_environment

KUBECTL = """#!/bin/sh
case "$*" in
"get vmsnapshots -A -o json") cat samples/kubectl-get-vmsnapshots.json ;;
"--kubeconfig demo.kubeconfig get vmsnapshots -A")
    test "$(stat -c %a demo.kubeconfig)" = 600 && grep -qx 'current-context: demo' demo.kubeconfig ;;
*) exit 1 ;;
esac
"""
# Stands for jq: what matters here is that it is given JSON.
JQ = """#!/bin/sh
exec /usr/bin/python3 -c 'import json, sys; print(len(json.load(sys.stdin)["items"]))'
"""


def blocks():
    text = (ROOT / "docs" / "cli.md").read_text()
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_examples_work_when_pasted(start_server, tmp_path):
    server = start_server("--tls-self-signed", directory=tmp_path / "data")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "snapgate").symlink_to(BINARY)
    for name, text in (("kubectl", KUBECTL), ("jq", JQ)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    environment = clean_environment({"XDG_CONFIG_HOME": str(tmp_path / "config"),
                                     "PATH": f"{tools}:{os.environ['PATH']}"})
    found = blocks()
    assert len(found) >= 8
    for block in found:
        script = "set -eo pipefail\n" + block.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
        ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
                             timeout=120 * PATIENCE, check=False)
        assert ran.returncode == 0, (block, ran.stdout[-2000:], ran.stderr)
