#!/usr/bin/env python3
"""Asks Bowline for an account's token, and the provider who that is.

    whoami.py ACCOUNT USERINFO-URL

The least an app needs: Python's standard library and Bowline's socket (BOWLINE_SOCK, else the one under
BOWLINE_HOME, else the platform's place). The token is asked for again at each run and kept nowhere: Bowline
renews it. Prints one JSON object; of the token it shows the first 8 digits of its SHA-256 only.

Exit status 0; 4 when the person must reconnect, 5 when trying again later will help, 1 otherwise.
"""
import hashlib
import http.client
import json
import os
import socket
import sys
import urllib.parse
import urllib.request


class BowlineConnection(http.client.HTTPConnection):
    """HTTP over Bowline's Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=90)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def socket_path():
    if os.environ.get("BOWLINE_SOCK"):
        return os.environ["BOWLINE_SOCK"]
    if os.environ.get("BOWLINE_HOME"):
        return os.path.join(os.environ["BOWLINE_HOME"], "run", "agent.sock")
    if os.environ.get("XDG_RUNTIME_DIR"):
        return os.path.join(os.environ["XDG_RUNTIME_DIR"], "bowline", "agent.sock")
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "bowline", "run", "agent.sock")


def token(account):
    """The token document, or the problem document where there is none: (document, is it a token)."""
    connection = BowlineConnection(socket_path())
    connection.request("GET", f"/v1/accounts/{urllib.parse.quote(account, safe='')}/token")
    answer = connection.getresponse()
    return json.load(answer), answer.status == 200


def userinfo(url, grant):
    use = grant.get("use") or {}
    header, scheme = use.get("header") or "Authorization", use.get("scheme") or grant["token_type"]
    request = urllib.request.Request(url, headers={header: f"{scheme} {grant['access_token']}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    account, url = sys.argv[1:]
    try:
        grant, ok = token(account)
        if not ok:
            # `detail` is one sentence that a person can act on, `code` is for the program
            print(grant["detail"], file=sys.stderr)
            return {"reconnect_required": 4, "insufficient_scope": 4, "temporarily_unavailable": 5}.get(grant["code"], 1)
        who = userinfo(url, grant)
    except OSError as e:
        print(f"whoami.py: {e}", file=sys.stderr)
        return 1
    fingerprint = hashlib.sha256(grant["access_token"].encode()).hexdigest()[:8]
    print(json.dumps({"subject": who["sub"], "name": who.get("name"), "token_sha256": fingerprint,
                      "expires_in": grant["expires_in"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
