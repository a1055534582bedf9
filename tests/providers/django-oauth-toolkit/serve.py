#!/usr/bin/env python3
"""Django OAuth Toolkit on a free loopback port, for the tests: a second provider from other hands.

    serve.py [--port N] [--access-ttl SECONDS] [--refresh-ttl SECONDS] [--no-rotation]
             [--reuse-protection] [--grace SECONDS]

Says {"event":"ready","issuer":…} on stdout once it answers, and ends on SIGTERM, leaving nothing behind.
alice and bob sign in with "password". The redirect http://127.0.0.1:ANY/callback belongs to native-app
(public) and basic-app (with the secret in the ready line). The issuer is http://127.0.0.1:PORT/o, so that its
metadata lies under a path; the revocation endpoint is named in the OAuth metadata alone (RFC 8414).
device-app (public) signs in by a code; no metadata names the address for that, which is ISSUER/device-authorization/.
GET /test/revoke/NAME withdraws everything that this person allowed.
"""
import argparse
import json
import os
import signal
import socketserver
import sys
import tempfile
from wsgiref import simple_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

SECRET = "a-confidential-client-of-the-tests"
SCOPES = ("openid", "offline_access", "profile", "email", "mail.read", "mail.send")
SIGN_IN = """<!doctype html><title>Sign in</title><h1>Sign in</h1><form method="post">{% csrf_token %}
{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}"><button>Sign in</button></form>"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--access-ttl", type=int, default=3600)
    parser.add_argument("--refresh-ttl", type=int, default=1209600)
    parser.add_argument("--no-rotation", action="store_true")
    parser.add_argument("--reuse-protection", action="store_true", help="a token used twice ends its whole family")
    parser.add_argument("--grace", type=int, default=0, help="how long a rotated token still works")
    return parser.parse_args()


def signing_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def configure(given, folder):
    middleware = ("sessions.middleware.SessionMiddleware", "auth.middleware.AuthenticationMiddleware",
                  "messages.middleware.MessageMiddleware")
    processors = ("django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                  "django.contrib.messages.context_processors.messages")
    templates = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"context_processors": processors, "loaders": [
            ("django.template.loaders.locmem.Loader", {"sign-in.html": SIGN_IN}),
            "django.template.loaders.app_directories.Loader",
        ]},
    }
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="nothing here is a secret", USE_TZ=True,
        INSTALLED_APPS=["django.contrib." + app for app in ("auth", "contenttypes", "sessions", "messages")]
        + ["oauth2_provider"],
        MIDDLEWARE=["django.contrib." + name for name in middleware] + ["django.middleware.csrf.CsrfViewMiddleware"],
        TEMPLATES=[templates], LOGIN_URL="/sign-in/", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "db"),
                               "OPTIONS": {"timeout": 20}}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # quick is enough here
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True, "OIDC_RSA_PRIVATE_KEY": signing_key(), "PKCE_REQUIRED": True,
            "SCOPES": {scope: scope for scope in SCOPES},
            "ACCESS_TOKEN_EXPIRE_SECONDS": given.access_ttl, "REFRESH_TOKEN_EXPIRE_SECONDS": given.refresh_ttl,
            "ROTATE_REFRESH_TOKEN": not given.no_rotation, "REFRESH_TOKEN_REUSE_PROTECTION": given.reuse_protection,
            "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": given.grace,
        })
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback has no TLS
    django.setup()


def routes():
    from django.contrib.auth.views import LoginView
    from django.urls import include, path
    from oauth2_provider.urls import metadata_urlpatterns
    return [path("", include(metadata_urlpatterns)),  # RFC 8414: inserted between host and path
            path("test/revoke/<str:name>", withdraw),
            path("sign-in/", LoginView.as_view(template_name="sign-in.html")),
            path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def withdraw(_request, name):
    """What a person does at the provider's own page: everything they allowed is withdrawn."""
    from django.http import HttpResponse
    from oauth2_provider.models import get_access_token_model, get_refresh_token_model
    for model in (get_refresh_token_model(), get_access_token_model()):
        for token in model.objects.filter(user__username=name):
            token.revoke()
    return HttpResponse("withdrawn")


def fill():
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from oauth2_provider.models import get_application_model
    call_command("migrate", verbosity=0)
    for name in ("alice", "bob"):
        get_user_model().objects.create_user(name, name + "@example.test", "password")
    for client_id, kind, secret in (("native-app", "public", ""), ("basic-app", "confidential", SECRET)):
        get_application_model().objects.create(
            client_id=client_id, client_type=kind, client_secret=secret, name=client_id, algorithm="RS256",
            authorization_grant_type="authorization-code", redirect_uris="http://127.0.0.1/callback")
    get_application_model().objects.create(
        client_id="device-app", client_type="public", name="device-app", algorithm="RS256",
        authorization_grant_type="urn:ietf:params:oauth:grant-type:device_code")


def name_device_pages(issuer):
    """Where a person types a code; the port is known only now."""
    from oauth2_provider.settings import oauth2_settings
    settings.OAUTH2_PROVIDER.update({
        "OAUTH_DEVICE_VERIFICATION_URI": issuer + "/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": lambda code: f"{issuer}/device/?user_code={code}"})
    oauth2_settings.reload()


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class Silent(simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main():
    global urlpatterns
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="bowline-django-") as folder:
        configure(given, folder)
        urlpatterns = routes()
        fill()
        from django.core.wsgi import get_wsgi_application
        server = simple_server.make_server("127.0.0.1", given.port, get_wsgi_application(), Server, Silent)
        issuer = f"http://127.0.0.1:{server.server_port}/o"
        name_device_pages(issuer)
        ready = {"event": "ready", "issuer": issuer, "secret": SECRET, "clients": ["native-app", "basic-app", "device-app"],
                 "pid": os.getpid()}
        print(json.dumps(ready), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
