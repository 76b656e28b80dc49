"""What may stand between a client and a server: a proxy that says what a test wants."""

import http.client
import http.server
import threading
import time

# What is said of one connection and not of the message: it is not handed on.
OF_THE_CONNECTION = ("host", "connection", "content-length", "transfer-encoding", "date", "server")


class Answering(http.server.BaseHTTPRequestHandler):
    """What a server of a test says its answers with."""

    protocol_version = "HTTP/1.1"

    def say(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


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

        class Handler(Answering):
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

            def hand_on(self, port, path, body):
                there = http.client.HTTPConnection("127.0.0.1", port)
                try:
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION}
                    there.request(self.command, self.path, body=body or None, headers=headers)
                    answer = there.getresponse()
                    passed = {name: value for name, value in answer.getheaders() if name.lower() not in OF_THE_CONNECTION}
                    if "watch=" not in self.path or answer.status != 200:
                        whole = answer.read()
                        for change in between.changes:
                            whole = change(path, whole)
                        self.say(answer.status, passed, whole)
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
