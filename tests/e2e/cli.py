"""The command line as somebody calls it who is logged in at a server."""

import json

from harness import BINARY, Following, clean_environment, wait_for

# How it ends.
OK, REFUSED, USAGE, UNREACHABLE, UNPROTECTED = 0, 1, 2, 3, 4


class Cli:
    """Calls snapgate with a server's admin key and a configuration folder of its own. `more` are arguments and `env`
    settings that every call has."""

    def __init__(self, server, config, *more, env=None, **options):
        self.server = server
        self.more = more
        self.env = {"XDG_CONFIG_HOME": str(config), **(env or {})}
        self.options = options

    def run(self, *arguments, env=None, **options):
        """Runs to whatever end; the key may not stand in what it says on the way."""
        ran = self.server.cli(*arguments, *self.more, env={**self.env, **(env or {})}, **{**self.options, **options})
        assert self.server.admin_key not in ran.stderr
        return ran

    def __call__(self, *arguments, code=OK, **options):
        """Runs to the end that is expected."""
        ran = self.run(*arguments, **options)
        assert ran.returncode == code, (arguments, ran.returncode, ran.stdout, ran.stderr)
        return ran

    def good(self, *arguments, **options):
        """Runs to a good end and returns what was printed."""
        return self(*arguments, **options).stdout


class Shell(Cli):
    """One that goes to its server by TLS, from a folder with the files that it names."""

    def __init__(self, server, folder):
        super().__init__(server, folder / "home", tls=True, cwd=folder)

    def clusters(self):
        return {item["name"]: item for item in json.loads(self.good("get", "clusters", "-o", "json"))["items"]}

    def wait_until_ready(self, name):
        return wait_for(lambda: self.clusters()[name]["state"] == "Ready", f"{name} is ready", 20)


def follow(server, uid, *arguments, env=None):
    """`get snapshots --watch` of a cluster, as it goes on."""
    return Following([BINARY, "get", "snapshots", "--cluster", uid, "--watch", *arguments],
                     clean_environment({**server.login(), **(env or {})}))
