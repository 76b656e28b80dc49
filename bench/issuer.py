"""An issuer of tokens whose keys the server has in a file."""

import base64
import json
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://id.example.com"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Its configuration is in a folder; the holder of any of its tokens may read everything."""

    def __init__(self, folder):
        self.key = ed25519.Ed25519PrivateKey.generate()
        public = encode(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        keys = Path(folder) / "jwks.json"
        keys.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": public, "kid": "bench"}]}), encoding="utf-8")
        self.config = Path(folder) / "snapgate.yaml"
        # JSON is YAML.
        self.config.write_text(json.dumps({"issuers": [{
            "name": "bench", "issuer": ISSUER, "audiences": ["snapgate"], "jwks-file": str(keys),
            "rules": [{"claim": "sub", "values": ["reader"], "role": "reader", "tenant": True}]}]}), encoding="utf-8")

    def token(self, seconds=24 * 3600):
        header = {"alg": "EdDSA", "kid": "bench"}
        claims = {"iss": ISSUER, "aud": "snapgate", "sub": "reader", "exp": int(time.time()) + seconds}
        message = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        return f"{message}.{encode(self.key.sign(message.encode()))}"
