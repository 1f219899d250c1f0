"""What people see: pick who you are, answer for a terminal, sign out."""

import time
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749.errors import OAuth2Error
from flask import Flask, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from deploy.local.identity import sessions, words
from deploy.local.identity.flows import CodeFlow
from deploy.local.identity.guard import allow_form_to
from deploy.local.identity.people import Person
from deploy.local.identity.provider import Provider
from deploy.local.identity.records import DeviceCode, Session


class Pages:
    """The addresses that a browser opens."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._ledger, self._people, self._hours = provider.ledger, provider.people, provider.settings.login_hours

    def attach(self, app: Flask) -> None:
        app.add_url_rule("/authorize", view_func=self.authorize, methods=["GET", "POST"])
        app.add_url_rule("/device", view_func=self.device, methods=["GET"])
        app.add_url_rule("/device", "answer", view_func=self.answer, methods=["POST"])
        app.add_url_rule("/logout", view_func=self.logout, methods=["GET", "POST"])
        app.register_error_handler(HTTPException, _told)

    def authorize(self) -> Response:
        """A program sends a browser here to learn who is at it."""
        with self._ledger.turn():
            session = sessions.current(self._ledger)
            person = self._people.get(session.login) if session else None
            try:
                flow = self._provider.asked(person)
                self._provider.check_resource(request.args.getlist("resource"), flow.redirect_uri)
            except OAuth2Error as error:
                return self._refused(error)
            if request.method == "POST":
                return self._picked(flow)
            if session and person and not _asks_again(flow, session):
                return self._hand_over(flow, person, session)
            return self._login_page(flow, session)

    def _login_page(self, flow: CodeFlow, session: Session | None, fault: str = "") -> Response:
        page = self._page(
            "login.html",
            400 if fault else 200,
            client=flow.client,
            here=request.full_path,
            back_to=urlsplit(flow.redirect_uri).netloc,
            chosen=session.login if session else None,
            fault=fault,
        )
        return allow_form_to(page, flow.redirect_uri)

    def _picked(self, flow: CodeFlow) -> Response:
        if request.form.get("answer") != "yes":
            return self._provider.answer(flow, None)
        person = self._people.get(request.form.get("person", ""))
        if person is None:
            return self._login_page(flow, None, fault="Pick one of these people.")
        session, cookie = sessions.begin(self._ledger, person, self._hours)
        return sessions.remember(self._hand_over(flow, person, session), cookie, self._hours)

    def _hand_over(self, flow: CodeFlow, person: Person, session: Session) -> Response:
        flow.signed_in_since = session.since
        return self._provider.answer(flow, person)

    def _refused(self, error: OAuth2Error) -> Response:
        response = self._provider.refuse(error)
        if response.location:
            return response
        return _said("This sign-in ends here", f"{error.description or error.error} Start again from the program.", 400)

    def device(self) -> Response:
        """A person brings the code that a terminal shows."""
        typed = request.args.get("user_code", "")
        record = self._waiting(typed)
        session = sessions.current(self._ledger)
        return self._device_page(typed, record, chosen=session.login if session else None)

    def answer(self) -> Response:
        """The person's yes or no for the terminal."""
        typed = request.form.get("user_code", "")
        with self._ledger.turn():
            record = self._waiting(typed)
            if record is None:
                return self._device_page(typed, None)
            if request.form.get("answer") != "yes":
                self._ledger.put(record.key, record.model_copy(update={"declined": True}))
                return _said("Nobody was signed in", "The terminal was told no. You can close this page.")
            person = self._people.get(request.form.get("person", ""))
            if person is None:
                return self._device_page(typed, record, fault="Pick one of these people.")
            self._ledger.put(record.key, record.model_copy(update={"login": person.login}))
            _, cookie = sessions.begin(self._ledger, person, self._hours)
        name = self._provider.clients[record.client_id].name
        done = _said(f"{person.login} is signed in on the {name}", "Go back to your terminal. You can close this page.")
        return sessions.remember(done, cookie, self._hours)

    def _waiting(self, typed: str) -> DeviceCode | None:
        code = words.user_code(typed)
        records = self._ledger.every(DeviceCode)
        return next((record for record in records if record.user_code == code and record.waiting), None)

    def _device_page(
        self, typed: str, record: DeviceCode | None, *, chosen: str | None = None, fault: str = ""
    ) -> Response:
        now = time.time()
        facts: dict[str, Any] = {"typed": typed[:16], "unknown": bool(typed) and record is None, "fault": fault}
        if record:
            facts |= {
                "typed": record.user_code,
                "client": self._provider.clients[record.client_id],
                "ends": words.moment(record.ends_at, now),
                "asked": words.moment(record.asked_at, now),
            }
        status = 400 if fault or facts["unknown"] else 200
        return self._page("device.html", status, record=record, chosen=chosen, **facts)

    def logout(self) -> Response:
        """Sign this browser out; a program that shows its id_token does so without a question."""
        with self._ledger.turn():
            try:
                asked = self._provider.end_of_session()
            except OAuth2Error as error:
                return self._refused(error)
            if asked.needs_confirmation and request.method == "GET":
                return self._page("logout.html", 200, here=request.full_path)
            sessions.end(self._ledger)
        if asked.redirect_uri:
            return make_response(redirect(asked.redirect_uri))
        return _said("You are signed out of this browser", "You can close this page.")

    def _page(self, template: str, status: int, **facts: Any) -> Response:
        facts.setdefault("chosen", None)
        facts["chosen"] = facts["chosen"] or next(iter(self._people))
        return make_response(
            render_template(template, people=list(self._people.values()), hours=self._hours, **facts), status
        )


def _asks_again(flow: CodeFlow, session: Session) -> bool:
    oldest = request.args.get("max_age", type=int)
    return flow.prompt in ("login", "select_account") or (oldest is not None and time.time() - session.since > oldest)


def _said(title: str, text: str, status: int = 200) -> Response:
    return make_response(render_template("said.html", title=title, text=text), status)


def _told(error: HTTPException) -> Response:
    return _said(error.name, error.description or "", error.code or 500)
