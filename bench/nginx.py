"""nginx as the measure of what a machine can serve: Debian's, with a configuration of its own."""

import os
import shutil
import tempfile
from pathlib import Path

import processes
from load import Contender
from server import get

BINARY = "/usr/sbin/nginx"
START_SECONDS = 10
# What zlib calls 1 is what libdeflate, with which snapgate compresses, calls 1: the fastest that still compresses.
GZIP_LEVEL = 1
CONFIGURATION = """\
daemon off;
worker_processes {workers};
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 1h;
    keepalive_time 24h;
    keepalive_requests 1000000000;
    server_tokens off;
    types {{ application/json json; }}
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    gzip on;
    gzip_types application/json;
    gzip_comp_level {gzip_level};
    gzip_min_length 2048;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        listen 127.0.0.1:{tls_port} ssl backlog=1024;
        root {prefix}/www;
    }}
}}
"""


class Nginx:
    """`with Nginx(...) as nginx:`. Serves what static() was given, over TLS with the certificate of the server whose
    data directory is named. gzip only for those who ask."""

    def __init__(self, workers, data_dir):
        self.prefix = Path(tempfile.mkdtemp(prefix="snapgate-nginx-"))
        self.port = processes.free_port()
        self.tls_port = processes.free_port()
        (self.prefix / "www").mkdir()
        # Workers of a master that runs as root would be nobody, whom the folder does not admit.
        user = "user root;" if os.geteuid() == 0 else ""
        self.configuration = self.prefix / "nginx.conf"
        self.configuration.write_text(CONFIGURATION.format(
            workers=workers, prefix=self.prefix, user=user, port=self.port, tls_port=self.tls_port,
            certificate=data_dir / "tls.crt", key=data_dir / "tls.key", gzip_level=GZIP_LEVEL), encoding="utf-8")
        self.process = None

    def __enter__(self):
        with open(self.prefix / "output.log", "wb") as log:
            self.process = processes.spawn([BINARY, "-p", self.prefix, "-e", self.prefix / "error.log",
                                            "-c", self.configuration], stdout=log, stderr=log)
        if not processes.comes_up(self.process, self.answers, START_SECONDS):
            words = "".join(path.read_text(encoding="utf-8") for path in self.prefix.glob("*.log"))
            self.__exit__()
            raise RuntimeError(f"nginx did not start; it says:\n{words}")
        return self

    def answers(self):
        try:
            get(self.port, "/")
            return True
        except OSError:
            return False

    def __exit__(self, *_):
        processes.stop(self.process)
        shutil.rmtree(self.prefix)

    @property
    def pid(self):
        return self.process.pid

    def static(self, source, name, **more):
        """A contender: the bytes of the source's answer as the file /name, asked for with the same headers."""
        (self.prefix / "www" / name).write_bytes(source.ask().plain())
        port = self.tls_port if source.tls else self.port
        fields = {"headers": dict(source.headers), "tls": source.tls, "connections": source.connections, **more}
        return Contender("nginx", self.pid, port, "/" + name, **fields)
