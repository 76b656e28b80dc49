"""A program that gives the credentials, and hangs."""

import textwrap

from kube import kubeconfig_of
from mirror import TIMES, Mirror, start_server

# It gives what stands in a file, and nothing while there is a file "hang".
PROGRAM = """\
#!/bin/sh
while [ -e {folder}/hang ]; do sleep 0.05; done
printf '%s' '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"'"$(cat {folder}/token)"'"}}}}'
"""


class Declared(Mirror):
    """One that the server's configuration file declares."""

    def __init__(self, server, upstream, uid):
        self.server, self.upstream, self.uid = server, upstream, uid
        self.reconnect()


def test_it_is_named_when_it_hangs(tmp_path, upstream):
    """At the start, and when it is asked for new credentials; it is waited for all the while."""
    program, hang = tmp_path / "give-token", tmp_path / "hang"
    program.write_text(PROGRAM.format(folder=tmp_path))
    program.chmod(0o755)
    (tmp_path / "token").write_text("first-token")
    hang.touch()
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}}
    (tmp_path / "edge.kubeconfig").write_text(kubeconfig_of(f"https://127.0.0.1:{upstream.port}", user, upstream.authority.certificate))
    (tmp_path / "snapgate.yaml").write_text(textwrap.dedent(f"""\
        clusters:
        - {{name: edge, uid: edge, kubeconfig: edge.kubeconfig}}
        credential-programs: [{program}]
        """))
    server = start_server(tmp_path, TIMES + ",credentials=500ms", "--config", str(tmp_path / "snapgate.yaml"))
    try:
        mirror = Declared(server, upstream, "edge")
        named_as_hanging(mirror, program)
        hang.unlink()
        mirror.until_equal()

        hang.touch()
        upstream.tokens = {"second-token"}
        (tmp_path / "token").write_text("second-token")
        upstream.drop_connections()
        named_as_hanging(mirror, program)
        hang.unlink()
        upstream.objects.create("gamma", "later")
        mirror.until_equal()
    finally:
        server.stop()


def named_as_hanging(mirror, program):
    told = mirror.until_state("Unauthorized", "CredentialsTimeout")
    assert str(program) in told["message"], told
