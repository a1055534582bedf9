#!/usr/bin/env python3
"""Plays the person at a provider's sign-in pages, without a browser: follows redirects, fills in the forms that
the server made, presses their button, and prints the last address.

    browse.py [--user NAME] [--password WORD] [--decline SCOPE]... [--refuse] [--stop-before PREFIX] URL

As BROWSER="python3 tests/browser/browse.py" it is what `bowline connect` opens. --decline unticks a scope,
--refuse presses Cancel once signed in, --stop-before leaves the first address with that prefix unvisited and
prints it. Scripts are not run: tests/browser/chromium.mjs is for pages that need them. Standard library only.
Exit status 0 when it came to a page that asks for nothing, else 1 with a sentence.
"""
import argparse
import http.cookiejar
import sys
import urllib.error
import urllib.request
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

NO = ("abort", "cancel", "deny", "decline", "refuse", "reject", "no")
MOST_PAGES = 25


class Page(HTMLParser):
    """The forms of one page: fields as they would be sent, buttons, and the words on them."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.form, self.button = [], None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.form = {"action": a.get("action", ""), "post": a.get("method", "").lower() == "post",
                         "fields": [], "buttons": []}
            self.forms.append(self.form)
        elif self.form is not None and tag in ("input", "button"):
            kind = a.get("type", "submit" if tag == "button" else "text").lower()
            field = {"kind": kind, "name": a.get("name", ""), "value": a.get("value", ""), "checked": "checked" in a,
                     "words": a.get("value", "") if tag == "input" else ""}
            if kind in ("submit", "image"):
                self.form["buttons"].append(field)
                self.button = field if tag == "button" else None
            elif kind not in ("button", "reset"):
                self.form["fields"].append(field)

    def handle_data(self, data):
        if self.button is not None:
            self.button["words"] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "button":
            self.button = None


def is_code(field):
    """True where a device's code is typed; it is filled in by the page's address."""
    return field["kind"] == "text" and "code" in field["name"].lower()


class Person:
    def __init__(self, options):
        self.options = options

    def choose(self, page):
        """The form and the button that this person presses: (form, button), or None where nothing is asked."""
        # who is asked for a password or a code is not asked for a yes yet
        typing = any(f["kind"] == "password" or is_code(f) for form in page.forms for f in form["fields"])
        refusing = self.options.refuse and not typing
        for form in page.forms:
            for button in form["buttons"] or [None]:
                if self.says_no(form, button) == refusing:
                    return form, button
        return None

    @staticmethod
    def says_no(form, button):
        texts = [urlsplit(form["action"]).path.rstrip("/").rsplit("/", 1)[-1]]
        if button:
            # where a form has one button for each answer, the button decides
            texts = [button["value"], button["words"], button["name"]] + texts
        first = [text.strip().lower().split()[:1] for text in texts if text.strip()]
        return any(word and word[0].strip(",.!") in NO for word in first)

    def answers(self, form, button):
        sent, chosen = [], self.pick(form["fields"])
        for field in form["fields"]:
            if not field["name"] or (field["kind"] == "checkbox" and not self.ticks(field)):
                continue
            if field["kind"] == "radio" and field is not chosen.get(field["name"]):
                continue
            sent.append((field["name"], self.types(field)))
        if button and button["name"]:
            sent.append((button["name"], button["value"]))
        return sent

    def pick(self, fields):
        """The radio button of each group: this person's own name, else "other" where a name can be typed, else
        the one that the page proposes."""
        groups = {}
        for field in fields:
            if field["kind"] == "radio":
                groups.setdefault(field["name"], []).append(field)
        ranks = (lambda f: f["value"] == self.options.user, lambda f: f["value"] == "other", lambda f: f["checked"])
        return {name: next((f for rank in ranks for f in group if rank(f)), None) for name, group in groups.items()}

    def ticks(self, field):
        return field["checked"] and field["value"] not in self.options.decline

    def types(self, field):
        if field["kind"] == "password":
            return self.options.password
        if is_code(field):
            return field["value"]
        if field["kind"] in ("text", "email") and any(w in field["name"].lower() for w in ("login", "user", "mail", "name")):
            return self.options.user
        return field["value"] or ("on" if field["kind"] == "checkbox" else "")


class Browser:
    """Carries cookies from page to page and takes one step at a time, so that every address is seen."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    def __init__(self):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(self.Stay, cookies)

    def fetch(self, url, data=None, came_from=None):
        request = urllib.request.Request(url, data, {"Accept": "text/html", "User-Agent": "browse.py"})
        if came_from:
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(came_from))
            request.add_header("Referer", came_from)
            request.add_header("Origin", origin)
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as e:
            answer = e
        return answer, answer.read(1 << 20).decode(errors="replace")


def onward(answer, url):
    """Where this answer sends a browser by itself: a redirect, or a Refresh without delay."""
    if answer.status in (301, 302, 303, 307, 308) and answer.headers.get("Location"):
        return urljoin(url, answer.headers["Location"])
    delay, _, target = answer.headers.get("Refresh", "").partition(";")
    if delay.strip() == "0" and target.strip().lower().startswith("url="):
        return urljoin(url, target.strip()[4:])
    return None


def walk(options):
    browser, person = Browser(), Person(options)
    url, data, came_from = options.url, None, None
    for _ in range(MOST_PAGES):
        answer, text = browser.fetch(url, data, came_from)
        then = onward(answer, url)
        if then:
            if options.stop_before and then.startswith(options.stop_before):
                return then
            url, data, came_from = then, None, None
            continue
        chosen = person.choose(Page(text))
        if chosen is None:
            return url
        form, button = chosen
        came_from, target = url, urljoin(url, form["action"] or url)
        sent = urlencode(person.answers(form, button))
        url, data = (target, sent.encode()) if form["post"] else (f"{target.split('?')[0]}?{sent}", None)
    raise OSError(f"no end of pages after {MOST_PAGES}; the last was {url}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--user", default="alice")
    parser.add_argument("--password", default="password")
    parser.add_argument("--decline", action="append", default=[], metavar="SCOPE")
    parser.add_argument("--refuse", action="store_true")
    parser.add_argument("--stop-before", default="", metavar="PREFIX")
    parser.add_argument("url")
    try:
        print(walk(parser.parse_args()))
    except OSError as e:
        print(f"browse.py: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
