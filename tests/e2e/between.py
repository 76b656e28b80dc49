"""Connecting one server to a cluster of another, and what may stand between the two: a proxy that says what a test wants."""

import http.client
import http.server
import json
import threading
import time

from harness import wait_for


def connect(follower, uid, followed, their_uid, key=None, port=None):
    """Makes cluster `uid` of one server a connected one: cluster `their_uid` of another, or the same; by way of `port`, if one is given."""
    return follower.client().create_cluster(uid, type="connected", kubeconfig=json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port or followed.port}/clusters/{their_uid}"}}],
        "users": [{"name": "u", "user": {"token": key or followed.admin_key}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}))


def cluster_of(server, uid):
    return server.client().get(f"/admin/v1/clusters/{uid}").json()


def wait_for_state(server, uid, state, reason=None):
    return wait_for(lambda: (lambda c: c if c["state"] == state and reason in (None, c.get("reason")) else None)(cluster_of(server, uid)),
                    f"{uid} is {state} ({reason})", 20)


class Between:
    """Hands requests to a server and its answers back, as they come. `say(method, path, answer)` answers the
    requests that it takes itself; `seen` are (method, target, headers, body) of what came for the cluster."""

    def __init__(self, server):
        self.rules = []
        self.seen = []
        self.changes = []  # functions of (path, body of an answer) that give another body
        self.delay = 0  # seconds by which what a watch tells is late
        self.going = threading.Event()  # cleared: nothing goes either way, and nobody is told
        self.going.set()
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                between.seen.append((self.command, self.path, dict(self.headers), body))
                path = self.path.partition("?")[0]
                between.going.wait()
                for method, part, answer in list(between.rules):
                    if method == self.command and part in path:
                        self.say(*answer)
                        return
                self.hand_on(server.port, path, body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

            def say(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def hand_on(self, port, path, body):
                there = http.client.HTTPConnection("127.0.0.1", port)
                try:
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
                    there.request(self.command, self.path, body=body or None, headers=headers)
                    answer = there.getresponse()
                    type_of = {"Content-Type": answer.getheader("Content-Type")} if answer.getheader("Content-Type") else {}
                    if "watch=" not in self.path or answer.status != 200:
                        whole = answer.read()
                        for change in between.changes:
                            whole = change(path, whole)
                        self.say(answer.status, type_of, whole)
                        return
                    self.send_response(answer.status)
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    while piece := answer.read1(65536):
                        time.sleep(between.delay)
                        between.going.wait()
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                        self.wfile.flush()
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True
                finally:
                    there.close()

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def say(self, method, part, status, body=b"", **headers):
        """From now on requests of that method whose path has `part` in it are answered so."""
        self.rules.insert(0, (method, part, (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)))

    def hand_all_on(self):
        self.rules.clear()

    def came(self, method):
        return [one for one in self.seen if one[0] == method]

    def stop(self):
        self.going.set()
        self.http.shutdown()
        self.http.server_close()
