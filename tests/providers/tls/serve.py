#!/usr/bin/env python3
"""Metadata of an OpenID provider behind TLS, once for each kind of certificate, for the tests (row E-06).

    serve.py FOLDER

Makes an authority of its own in FOLDER/authority.pem, and says {"event":"ready","authority":…,"issuers":{KIND:URL}}
on stdout once it answers; ends on SIGTERM. The kinds: `good`, signed by that authority; `expired`; `other-host`, made
out to another name; `unknown`, of an authority that nobody has; `self-signed`. Runs with the Python of
tests/providers/prepare django-oauth-toolkit, which has the package cryptography.
"""
import datetime
import http.server
import ipaddress
import json
import os
import signal
import ssl
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, names=(HERE,), ends=NOW + DAY, authority=False):
    made = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(NOW - 30 * DAY).not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
    if not authority:
        made = made.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
        made = made.add_extension(usage, critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class Metadata(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        issuer = f"https://127.0.0.1:{self.server.server_port}"
        known = {"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": issuer + "/t",
                 "jwks_uri": issuer + "/k", "response_types_supported": ["code"],
                 "code_challenge_methods_supported": ["S256"]}
        body = json.dumps(known).encode()
        self.send_response(200 if self.path.startswith("/.well-known/") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):  # a client that hangs up in the handshake is what is tested
        pass


def serve(folder, kind, key, leaf):
    file = os.path.join(folder, kind + ".pem")
    with open(file, "wb") as f:
        f.write(pem(key) + pem(leaf))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = Quiet(("127.0.0.1", 0), Metadata)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"https://127.0.0.1:{server.server_port}"


def main():
    folder = sys.argv[1]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ours, theirs, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    with open(os.path.join(folder, "authority.pem"), "wb") as f:
        f.write(pem(certificate("Authority of the tests", ours, "Authority of the tests", ours, authority=True)))
    elsewhere = [x509.DNSName("elsewhere.example")]
    leaves = {
        "good": certificate("127.0.0.1", key, "Authority of the tests", ours),
        "expired": certificate("127.0.0.1", key, "Authority of the tests", ours, ends=NOW - DAY),
        "other-host": certificate("elsewhere.example", key, "Authority of the tests", ours, names=elsewhere),
        "unknown": certificate("127.0.0.1", key, "Another authority", theirs),
        "self-signed": certificate("127.0.0.1", key, "127.0.0.1", key),
    }
    issuers = {kind: serve(folder, kind, key, leaf) for kind, leaf in leaves.items()}
    ready = {"event": "ready", "authority": os.path.join(folder, "authority.pem"), "issuers": issuers, "pid": os.getpid()}
    print(json.dumps(ready), flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
