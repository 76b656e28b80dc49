"""An issuer of tokens that a test runs: OpenID Connect's discovery over https, with a CA of its own."""

import base64
import http.server
import json
import ssl
import threading
import time

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DIGESTS = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class SigningKey:
    """A key of one algorithm, and its public half as a JSON Web Key."""

    def __init__(self, name, algorithm="RS256"):
        self.name = name
        self.algorithm = algorithm
        if algorithm[:2] in ("RS", "PS"):
            self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif algorithm == "EdDSA":
            self.key = ed25519.Ed25519PrivateKey.generate()
        else:
            self.key = ec.generate_private_key({"256": ec.SECP256R1(), "384": ec.SECP384R1()}[algorithm[2:]])

    def public(self):
        shared = {"kid": self.name, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "EdDSA":
            x = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": encode(x), **shared}
        numbers = self.key.public_key().public_numbers()
        if self.algorithm[:2] == "ES":
            size = self.key.key_size // 8
            return {"kty": "EC", "crv": f"P-{self.key.key_size}", "x": number(numbers.x, size), "y": number(numbers.y, size),
                    **shared}
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **shared}

    def sign(self, message):
        digest = DIGESTS.get(self.algorithm[2:])
        if self.algorithm == "EdDSA":
            return self.key.sign(message)
        if self.algorithm[:2] == "ES":
            size = self.key.key_size // 8
            r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self.algorithm[:2] == "PS":
            return self.key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.key.sign(message, padding.PKCS1v15(), digest)

    def token(self, claims, **header):
        header = {"alg": self.algorithm, "kid": self.name, **header}
        parts = [encode(json.dumps({k: v for k, v in part.items() if v is not None}, separators=(",", ":")).encode())
                 for part in (header, claims)]
        message = ".".join(parts).encode()
        return ".".join([*parts, encode(self.sign(message))])


def hmac_token(secret, claims, name):
    """A token whose signature is a secret's: with a public key as the secret, the oldest trick of all."""
    parts = [encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": name}, claims)]
    made = hmac.HMAC(secret, hashes.SHA256())
    made.update(".".join(parts).encode())
    return ".".join([*parts, encode(made.finalize())])


class Issuer:
    """Serves its discovery document and its keys until stop(), and again after start(), at the same port."""

    def __init__(self, certificate, key, name="corp"):
        self.name = name
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.certificate = certificate
        self.keys = [SigningKey("first")]
        self.asked = []
        self.bearers = []
        self.port = 0
        self.server = None
        self.start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/realm"

    def documents(self):
        return {"/realm/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys?set=1"},
                "/realm/keys?set=1": {"keys": [key.public() for key in self.keys]}}

    def start(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                issuer.bearers.append(self.headers.get("Authorization"))
                found = issuer.documents().get(self.path)
                body = json.dumps(found).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Https(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, address):
                with issuer.context.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, address)

            def handle_error(self, request, address):
                pass  # a handshake that failed

        self.server = Https(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def fetches(self):
        """How often the keys were fetched."""
        return sum(path.startswith("/realm/keys") for path in self.asked)

    def claims(self, user="alice", **claims):
        now = int(time.time())
        return {"iss": self.url, "sub": user, "aud": "snapgate", "iat": now, "exp": now + 600, **claims}

    def token(self, user="alice", key=None, **claims):
        """A token of the newest key."""
        return (key or self.keys[-1]).token(self.claims(user, **claims))

    def declared(self, *rules, **settings):
        """What a configuration file says of it."""
        return {"name": self.name, "issuer": self.url, "audiences": ["snapgate"], "ca-file": str(self.certificate),
                "clock-skew": "0s", "refresh": "1s", "rules": list(rules), **settings}


def group(name, role, *projects, **more):
    """A rule for the members of a group."""
    where = {"projects": list(projects)} if projects else {"tenant": True}
    return {"claim": "groups", "values": [name], "role": role, **where, **more}
