"""A web application that signs people in with Authlib, as its documentation tells. It knows one visitor at a time.

ISSUER, CLIENT_ID, CLIENT_SECRET   as `doorward client add` prints them
ORIGIN                             where it is visited; ORIGIN/callback and ORIGIN/signed-out are registered
"""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken

ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ORIGIN"))

provider = requests.get(ISSUER + "/.well-known/openid-configuration", timeout=10).json()

session = OAuth2Session(
    CLIENT_ID,
    CLIENT_SECRET,
    scope="openid profile email",
    redirect_uri=ORIGIN + "/callback",
    code_challenge_method="S256",
    token_endpoint=provider["token_endpoint"],
    token_endpoint_auth_method="client_secret_basic",
    revocation_endpoint_auth_method="client_secret_basic",
)
asked = {}  # what was sent to the provider and must come back


def id_token(token, nonce):
    """Verifies the ID token; at_hash too, since the access token is given."""
    keys = JsonWebKey.import_key_set(requests.get(provider["jwks_uri"], timeout=10).json())
    claims = JsonWebToken(["ES256"]).decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"values": [provider["issuer"]]}, "aud": {"values": [CLIENT_ID]}},
        claims_params={"nonce": nonce, "client_id": CLIENT_ID, "access_token": token["access_token"]},
    )
    claims.validate(leeway=10)
    return claims


def sign_in(_):
    asked["nonce"], asked["verifier"] = generate_token(), generate_token(48)
    url, asked["state"] = session.create_authorization_url(
        provider["authorization_endpoint"], nonce=asked["nonce"], code_verifier=asked["verifier"]
    )
    return url


def callback(url):
    token = session.fetch_token(authorization_response=url, state=asked["state"], code_verifier=asked["verifier"])
    return state(token, asked["nonce"])


def state(token, nonce=None):
    info = session.get(provider["userinfo_endpoint"])
    info.raise_for_status()
    return {"claims": id_token(token, nonce), "userinfo": info.json()}


def refresh(_):
    before = dict(session.token)
    after = session.refresh_token(provider["token_endpoint"])
    rotated = all(before[name] != after[name] for name in ("access_token", "refresh_token"))
    return {**state(after), "rotated": rotated}


def introspect(_):
    return session.introspect_token(provider["introspection_endpoint"], token=session.token["access_token"]).json()


def revoke(_):
    session.revoke_token(provider["revocation_endpoint"], token=session.token["refresh_token"]).raise_for_status()
    return {}


def sign_out(_):
    return provider["end_session_endpoint"] + "?" + urlencode({
        "id_token_hint": session.token["id_token"],
        "post_logout_redirect_uri": ORIGIN + "/signed-out",
        "state": 'kept & "whole"',
    })


def signed_out(url):
    return {"state": parse_qs(urlsplit(url).query)["state"][0]}


PAGES = {
    "/": lambda _: {},
    "/sign-in": sign_in,
    "/callback": callback,
    "/refresh": refresh,
    "/introspect": introspect,
    "/revoke": revoke,
    "/sign-out": sign_out,
    "/signed-out": signed_out,
}


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            says, status = PAGES[urlsplit(self.path).path](ORIGIN + self.path), 200
        except Exception as error:  # whatever the library says is what the test wants to see
            says, status = {"error": getattr(error, "error", type(error).__name__), "why": str(error)}, 500
        if isinstance(says, str):
            self.send_response(302)
            self.send_header("Location", says)
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(says).encode())


HTTPServer(("127.0.0.1", urlsplit(ORIGIN).port), App).serve_forever()
