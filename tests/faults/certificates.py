"""Authorities and certificates for servers on loopback, also expired ones."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates for a folder's servers; `certificate` is its own, as PEM."""

    def __init__(self, folder, label="authority"):
        self.folder = folder
        self.label = label
        self.count = 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        self.name = name(label)
        usage = x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False,
                              data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
                              encipher_only=False, decipher_only=False)
        signed = (x509.CertificateBuilder().subject_name(self.name).issuer_name(self.name)
                  .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                  .not_valid_before(now - 1000 * DAY).not_valid_after(now + 1000 * DAY)
                  .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                  .add_extension(usage, critical=True)
                  .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
                  .sign(self.key, hashes.SHA256()))
        self.certificate = signed.public_bytes(serialization.Encoding.PEM).decode()

    def server_context(self, expired=False, days=30):
        """What a server on loopback presents: good for so many days, or until yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"),
                                             x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        signed = (x509.CertificateBuilder().subject_name(name("upstream")).issuer_name(self.name)
                  .public_key(key.public_key()).serial_number(x509.random_serial_number())
                  .not_valid_before(now - 30 * DAY).not_valid_after(now - DAY if expired else now + days * DAY)
                  .add_extension(names, critical=False)
                  .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                  .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
                  .sign(self.key, hashes.SHA256()))
        self.count += 1
        path = self.folder / f"{self.label}-{self.count}.pem"
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption())
                         + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context
