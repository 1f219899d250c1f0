"""A form counts only if it was sent from a page of ours, by the browser that the page was shown to."""

import secrets

from registry.oidc import CLIENT
from registry.refused import Refused
from registry.store.sessions import SignedIn

OURS = (None, "same-origin")
"""What a browser says (`Sec-Fetch-Site`) of a form on a page of ours; an old one says nothing, and has the token."""


def must_be_ours(reader: SignedIn, csrf: str, sent_from: str | None) -> None:
    """Return if the form came from a page that this reader was shown, else raise `Refused`."""
    same = secrets.compare_digest(csrf.encode(), reader.csrf.encode())
    if not same or sent_from not in OURS or reader.person.client != CLIENT:
        raise Refused(code="authorization_denied", rule="registry/same-page", detail="another page asked for this")
