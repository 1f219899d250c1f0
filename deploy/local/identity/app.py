"""The provider as a WSGI program."""

import os

from flask import Flask

from deploy.local.identity.endpoints import Endpoints
from deploy.local.identity.guard import guard
from deploy.local.identity.pages import Pages
from deploy.local.identity.provider import Provider
from deploy.local.identity.settings import IdentitySettings


def build_app(settings: IdentitySettings) -> Flask:
    """All addresses of the provider over the state in its folder."""
    # Authlib refuses plain http without this; the settings let nothing but loopback through.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    app = Flask("deploy.local.identity", static_folder=None)
    provider = Provider(app, settings)
    guard(app, settings.issuer)
    Endpoints(provider).attach(app)
    Pages(provider).attach(app)
    return app
