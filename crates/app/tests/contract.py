#!/usr/bin/env python3
"""Holds a running FindMe to its own OpenAPI document, as nobody and as every role, with Schemathesis.

    FINDME_URL=http://127.0.0.1:8080 FINDME_SETUP_TOKEN=... python contract.py

The server must be fresh (the token is that of its one-time set-up link), read photos (`serve --with-worker`) and run
with `FINDME_RATE_LIMITS=off`, so that handlers are reached and not only 429. Whatever is made in it stays there.
`./test.sh` does all that; `requirements.txt` beside this file pins Schemathesis.

One person of each role is made through the API. Then Schemathesis calls every operation of the document, with data that
fits and data that does not, and checks each answer against the document. Seed, phases and number of examples are fixed.

So that a pass cannot spoil itself or those after it:

- calls that end the caller's session run at the end of a role's pass, each with a log-in of its own (`ENDINGS`,
  `DELETES_ACCOUNT`); the attendee who deletes their account is one who was made for that;
- calls that change how one logs in run when all passes are over (`ACCOUNT`);
- calls that delete get throw-away people, events and invitations; those that name one of ours are sent elsewhere
  (`spare_ours`);
- `require_mfa` is never switched on, since it would lock out all staff (`spare_ours`);
- the streams of progress never end, so only nobody calls them, who is refused; that of news, which is open to all, nobody.

Path parameters and bodies that lead somewhere are written into the document as examples and as values to choose from,
beside the generated ones (`before_load_schema`).

The same file is the program and, when Schemathesis loads it (`SCHEMATHESIS_HOOKS`), its hooks.
"""

import collections
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path

SEED = "20261121"
MAX_EXAMPLES = "12"
ACT_LIMIT_S = 240
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
# Every 4xx is a refusal: tus names 412 for another version of the protocol, HTTP 413 for what is too large.
SETTINGS = """
[checks]
negative_data_rejection.expected-statuses = ["4xx"]
"""
# Left out: positive_data_acceptance, because the document cannot say what makes a password easy or an address known;
# ignored_auth, because the document names no security schemes: who is refused is held by `web/tests/it/api.rs`.

ROLES = ("nobody", "attendee", "photographer", "organiser", "admin")
# A run that finds nothing must not pass: operations called at all, and by role, those that answered with a success.
CALLED_LEAST = 40
SUCCEEDED_LEAST = {"nobody": 4, "attendee": 5, "photographer": 8, "organiser": 10, "admin": 15}

ENDLESS = ("GET /api/events/{event}/progress", "GET /api/events/{event}/batches/{batch_id}/progress")
ENDLESS_FOR_ALL = ("GET /api/attendee/events/{event}/news",)
ENDINGS = ("POST /api/logout", "POST /api/logout/everywhere")
DELETES_ACCOUNT = "DELETE /api/me"
ACCOUNT = ("POST /api/me/password", "POST /api/me/mfa", "POST /api/me/mfa/confirm", "POST /api/me/mfa/disable")

# The id of no event and no person.
NOTHING = "00000000-0000-7000-8000-000000000000"

PASSWORD = "quartz lantern meadow 58"
OTHER_PASSWORD = "copper thistle harbour 91"


# The program -----------------------------------------------------------------------------------------------------


def main():
    began = time.monotonic()
    site = Site(os.environ["FINDME_URL"].rstrip("/"), os.environ["FINDME_SETUP_TOKEN"])
    wrong = []
    passes = [run_pass(site, role, wrong) for role in ROLES]
    for one in passes[1:]:
        run_act(site, one, "account", set(ACCOUNT), site.log_in(one.role), wrong)
    wrong += too_little(site, passes)
    print_summary(site, passes, time.monotonic() - began)
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


class Site:
    """The server and the people and things made in it."""

    def __init__(self, url, setup_token):
        self.url = url
        self.document = self.call("GET", "/api-docs/openapi.json")
        self.operations = {
            f"{method.upper()} {path}"
            for path, methods in self.document["paths"].items()
            for method in methods
            if method in {"get", "put", "post", "delete", "patch", "head", "options"}
        }
        admin = {"token": setup_token, "name": "Contract Admin", "email": mail("admin"), "password": PASSWORD}
        users = {"admin": self.call("POST", "/api/setup", admin)["user"]}
        token = self.log_in("admin")
        for role in ("organiser", "photographer"):
            self.make_staff(token, role, role)
        organiser = self.log_in("organiser")
        self.event = self.call("POST", "/api/events", {"name": "Contract"}, organiser)
        self.call("POST", self.in_event("/staff"), {"email": mail("photographer")}, organiser)
        self.register("attendee")
        for role in ("organiser", "photographer", "attendee"):
            users[role] = self.call("GET", "/api/me", token=self.log_in(role))
        self.ours = [user["user_id"] for user in users.values()] + [self.event["event_id"], self.event["slug"]]

    def call(self, method, path, body=None, token=None, media_type="application/json", why=""):
        """One call that must succeed; without the header X-FindMe, so that tokens come in the body."""
        data = json.dumps(body).encode() if media_type == "application/json" and body is not None else body
        text = self.answer(urllib.request.Request(self.url + path, data, method=method), data, token, media_type, why)[0]
        return json.loads(text) if text else None

    def answer(self, request, data=None, token=None, media_type="", why=""):
        """Body and headers of the answer to a request that must succeed."""
        if data is not None:
            request.add_header("Content-Type", media_type)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            sys.exit(f"contract.py: {request.method} {request.full_url} answered {error.code}{why}: {text}")

    def in_event(self, rest=""):
        return f"/api/events/{self.event['slug']}{rest}"

    def credentials(self, role):
        event = {"event": self.event["slug"]} if role.startswith("attendee") else {}
        return {"login": mail(role), "password": PASSWORD, **event}

    def log_in(self, role):
        return self.call("POST", "/api/login", self.credentials(role))["access_token"]

    def make_staff(self, token, role, name):
        new = {"role": role, "name": f"Contract {name}", "email": mail(name), "password": PASSWORD}
        return self.call("POST", "/api/staff", new, token)["user_id"]

    def register(self, name):
        new = {"name": f"Contract {name}", "email": mail(name), "password": PASSWORD}
        return self.call("POST", self.in_event("/register"), new)

    def upload(self, token, role):
        """Uploads a picture that no other pass had; returns the row of its photo once it was read."""
        boundary = "contract-boundary"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="{role}.png"\r\n\r\n'
        body = head.encode() + picture(ROLES.index(role)) + f"\r\n--{boundary}--\r\n".encode()
        uploaded = self.call("POST", self.in_event("/photos"), body, token, f"multipart/form-data; boundary={boundary}")
        photo_id = uploaded["results"][0]["photo_id"]
        for _ in range(150):
            photos = self.call("GET", self.in_event("/photos"), token=token)["photos"]
            photo = next(photo for photo in photos if photo["photo_id"] == photo_id)
            if photo["thumb_url"]:
                return photo
            time.sleep(0.2)
        sys.exit(f"contract.py: the photo was not read within 30 s: {photo}")

    def begin_upload(self, token):
        """The id of an upload that was begun, and belongs to whoever has the token."""
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
        request = urllib.request.Request(self.url + self.in_event("/uploads"), None, headers, method="POST")
        return self.answer(request, token=token)[1]["Location"].rsplit("/", 1)[1]

    def examples(self, role):
        """What a pass needs that exists: values of path parameters by operation, and bodies that are accepted."""
        admin, organiser = self.log_in("admin"), self.log_in("organiser")
        # An earlier pass may have closed the event to those who come now.
        self.call("PATCH", self.in_event(), {"access": {"mode": "open"}, "review_enabled": False, "delete_on": None}, admin)
        people = [self.make_staff(admin, "photographer", f"thrown-{role}-{n}") for n in range(3)]
        guests = [self.register(f"attendee-thrown-{role}-{n}")["user"]["user_id"] for n in range(3)]
        events = [self.call("POST", "/api/events", {"name": f"Thrown {role} {n}"}, organiser)["slug"] for n in range(2)]
        invitations = [
            self.call("POST", "/api/invitations", {"email": mail(f"invited-{role}-{n}"), "role": "organiser"}, admin)
            for n in range(2)
        ]
        photo = self.upload(organiser, role)
        batch = self.call("POST", self.in_event("/batches"), {"name": role}, organiser)["batch_id"]
        uploader = self.log_in(role) if role in ("photographer", "organiser", "admin") else organiser
        uploads = [self.begin_upload(uploader) for _ in range(3)]
        refresh = self.call("POST", "/api/login", self.credentials("organiser"))["refresh_token"]
        return {
            "ours": self.ours,
            "event": [self.event["slug"], self.event["event_id"]],
            "path": {
                "DELETE /api/events/{event}": {"event": events},
                "GET /api/staff/{user_id}": {"user_id": people},
                "PATCH /api/staff/{user_id}": {"user_id": people},
                "DELETE /api/staff/{user_id}": {"user_id": people[:1]},
                "POST /api/staff/{user_id}/password-link": {"user_id": people[1:]},
                "PUT /api/events/{event}/staff/{user_id}": {"user_id": people[1:]},
                "DELETE /api/events/{event}/staff/{user_id}": {"user_id": people[1:]},
                "DELETE /api/events/{event}/attendees/{user_id}": {"user_id": guests},
                "DELETE /api/invitations/{invitation_id}": {
                    "invitation_id": [invitation["invitation_id"] for invitation in invitations]
                },
                "POST /api/events/{event}/photos/{photo_id}/retry": {"photo_id": [photo["photo_id"]]},
                "PUT /api/attendee/events/{event}/verdicts/{photo_id}": {"photo_id": [photo["photo_id"]]},
                "DELETE /api/attendee/events/{event}/verdicts/{photo_id}": {"photo_id": [photo["photo_id"]]},
                "PUT /api/attendee/events/{event}/favourites/{photo_id}": {"photo_id": [photo["photo_id"]]},
                "DELETE /api/attendee/events/{event}/favourites/{photo_id}": {"photo_id": [photo["photo_id"]]},
                "GET /api/events/{event}/batches/{batch_id}": {"batch_id": [batch]},
                "HEAD /api/events/{event}/uploads/{upload_id}": {"upload_id": uploads[1:], "Tus-Resumable": ["1.0.0"]},
                "PATCH /api/events/{event}/uploads/{upload_id}": {
                    "upload_id": uploads[1:],
                    "Tus-Resumable": ["1.0.0"],
                    "Upload-Offset": [0],
                },
                "DELETE /api/events/{event}/uploads/{upload_id}": {
                    "upload_id": uploads[:1],
                    "Tus-Resumable": ["1.0.0"],
                },
                "POST /api/events/{event}/uploads": {"Tus-Resumable": ["1.0.0"], "Upload-Length": [1000]},
                "GET /media/{event_id}/{sha256}/{rendition}": signed(photo["thumb_url"]),
            },
            "body": {
                "POST /api/login": self.credentials("attendee" if role == "nobody" else role),
                "POST /api/refresh": {"refresh_token": refresh},
                "POST /api/me/password": {"current": PASSWORD, "new": OTHER_PASSWORD},
                "POST /api/password/forgotten": {"login": mail("organiser")},
                "POST /api/invitations": {"email": mail(f"new-invited-{role}"), "role": "photographer"},
                "POST /api/staff": {
                    "role": "photographer",
                    "name": "New",
                    "email": mail(f"new-staff-{role}"),
                    "password": PASSWORD,
                },
                "PATCH /api/staff/{user_id}": {"name": "Renamed"},
                "PUT /api/settings": {"require_mfa": False},
                "PUT /api/attendee/events/{event}/verdicts/{photo_id}": {"is_me": True},
                "POST /media/zip": {"photos": [photo["preview_url"]]},
                "POST /api/events/{event}/batches": {"name": "Card"},
                "POST /api/events/{event}/photos/known": {"sha256": ["0" * 64]},
                "POST /api/events": {"name": f"New {role}", "held_on": "2026-11-20"},
                "PATCH /api/events/{event}": {"held_on": "2026-11-21"},
                "POST /api/events/{event}/staff": {"email": mail("photographer")},
                "POST /api/events/{event}/reindex": {"pack": "open"},
                "POST /api/photographer/events/{event}/attendees": new_guest(f"p-{role}"),
                "POST /api/organiser/events/{event}/attendees": new_guest(f"o-{role}"),
                "POST /api/admin/events/{event}/attendees": new_guest(f"a-{role}"),
                "POST /api/events/{event}/register": new_guest(f"r-{role}"),
                "POST /api/events/{event}/attendees/import": (
                    f"name,email,username,password\nCsv Guest,{mail(f'csv-{role}')},,{PASSWORD}\n"
                ),
            },
        }


def mail(name):
    return f"{name}@contract.example.org"


def new_guest(name):
    return {"name": "New Guest", "email": mail(f"guest-{name}"), "password": PASSWORD}


def picture(shade):
    """A PNG of one shade."""
    side = 96
    rows = b"".join(b"\0" + bytes([40 * shade]) * (3 * side) for _ in range(side))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def signed(url):
    """The parameters of a photo's signed address, to be used together."""
    path, query = url.split("?")
    _, _, event_id, sha256, rendition = path.split("/")
    pairs = dict(pair.split("=") for pair in query.split("&"))
    values = {"event_id": event_id, "sha256": sha256, "rendition": rendition, **pairs, "expires": int(pairs["expires"])}
    return {name: [value] for name, value in values.items()}


# A pass ----------------------------------------------------------------------------------------------------------


class Pass:
    """What one role's calls were answered."""

    def __init__(self, site, role):
        self.role = role
        self.examples = site.examples(role)
        self.statuses = collections.defaultdict(collections.Counter)
        self.failures = collections.Counter()
        self.seconds = 0.0

    @property
    def cases(self):
        return sum(counter.total() for counter in self.statuses.values())

    @property
    def succeeded(self):
        return {name for name, counter in self.statuses.items() if any(status < 300 for status in counter)}


def run_pass(site, role, wrong):
    began = time.monotonic()
    result = Pass(site, role)
    missing = (
        set(result.examples["path"])
        | set(result.examples["body"])
        | {*ENDLESS, *ENDLESS_FOR_ALL, DELETES_ACCOUNT, *ENDINGS, *ACCOUNT}
    ) - site.operations
    if missing and role == ROLES[0]:
        wrong.append(f"contract.py names what the document lacks: {', '.join(sorted(missing))}")
    if role == "nobody":
        run_act(site, result, "all", site.operations - {*ENDLESS_FOR_ALL}, None, wrong)
    else:
        token = site.log_in(role)
        most = site.operations - {*ENDINGS, *ACCOUNT, DELETES_ACCOUNT, *ENDLESS, *ENDLESS_FOR_ALL}
        run_act(site, result, "most", most, token, wrong)
        check_unspoilt(site, role, token, wrong)
        for ending in ENDINGS:
            run_act(site, result, ending, {ending}, site.log_in(role), wrong)
        leaving = role
        if role == "attendee":
            leaving = "attendee-leaving"
            site.register(leaving)
        run_act(site, result, DELETES_ACCOUNT, {DELETES_ACCOUNT}, site.log_in(leaving), wrong)
    result.seconds = time.monotonic() - began
    print(
        f"{role}: {len(result.statuses)} operations, {result.cases} calls, "
        f"{len(result.succeeded)} operations answered with a success, {result.seconds:.0f} s",
        flush=True,
    )
    return result


def check_unspoilt(site, role, token, wrong):
    """A pass that loses its session, its role or its event calls much less than it says."""
    why = f" ({role}: a call of this pass must have ended its own session or deleted its event)"
    me = site.call("GET", "/api/me", token=token, why=why)
    site.call("GET", f"/api/attendee/events/{site.event['slug']}", why=why)
    if me["role"] != role:
        wrong.append(f"{role}: the pass changed its own role to {me['role']}")


def run_act(site, result, name, operations, token, wrong):
    """Runs Schemathesis over `operations`, in a folder of its own: it reads settings there and remembers findings."""
    operations = operations & site.operations
    if not operations:
        return
    with tempfile.TemporaryDirectory() as folder:
        inputs, answers = Path(folder, "examples.json"), Path(folder, "answers")
        inputs.write_text(json.dumps(result.examples | {"role": result.role}))
        answers.touch()
        Path(folder, "schemathesis.toml").write_text(SETTINGS)
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/api-docs/openapi.json"]
        command += [
            "--checks",
            ",".join(CHECKS),
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            MAX_EXAMPLES,
        ]
        command += ["--seed", SEED, "--generation-database", "none", "--workers", "1", "--request-timeout", "20"]
        command += ["--continue-on-failure", "--no-shrink", "--warnings", "off", "--no-color"]
        command += ["--suppress-health-check", "all"]
        command += ["--include-name-regex", f"^({'|'.join(re.escape(one) for one in sorted(operations))})$"]
        if token:
            command += ["--header", f"Authorization: Bearer {token}"]
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": __file__,
            "CONTRACT_EXAMPLES": str(inputs),
            "CONTRACT_ANSWERS": str(answers),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            run = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=ACT_LIMIT_S, check=False
            )
            output, status = run.stdout + run.stderr, run.returncode
        except subprocess.TimeoutExpired as error:
            output, status = (error.stdout or b"").decode(errors="replace"), f"none within {ACT_LIMIT_S} s"
        for line in answers.read_text().splitlines():
            operation, code, failure = json.loads(line)
            if failure:
                result.failures[operation, code, failure] += 1
            else:
                result.statuses[operation][code] += 1
    if status != 0:
        print(f"---- {result.role}, {name}\n{output}", flush=True)
        wrong.append(f"{result.role}, {name}: Schemathesis ended with status {status}")
    uncalled = operations - set(result.statuses)
    if uncalled:
        wrong.append(f"{result.role}, {name}: never called: {', '.join(sorted(uncalled))}")


def too_little(site, passes):
    called = set().union(*(one.statuses for one in passes))
    if len(called) < CALLED_LEAST:
        yield f"{len(called)} of {len(site.operations)} operations were called, expected {CALLED_LEAST}"
    for one in passes:
        if len(one.succeeded) < SUCCEEDED_LEAST[one.role]:
            yield (
                f"{one.role}: only {len(one.succeeded)} operations answered with a success, expected "
                f"{SUCCEEDED_LEAST[one.role]}: {', '.join(sorted(one.succeeded))}"
            )


def print_summary(site, passes, seconds):
    print(f"\n{len(site.operations)} operations in the document, seed {SEED}, {seconds:.0f} s")
    print(f"{'role':13} {'operations':>10} {'calls':>6} {'2xx':>4} {'failures':>8} {'seconds':>7}")
    for one in passes:
        called, succeeded, failures = len(one.statuses), len(one.succeeded), len(one.failures)
        print(f"{one.role:13} {called:10} {one.cases:6} {succeeded:4} {failures:8} {one.seconds:7.0f}")
    never = site.operations - set().union(*(one.succeeded for one in passes))
    print(f"answered nobody with a success: {', '.join(sorted(never)) or 'none'}")
    failures = collections.defaultdict(set)
    for one in passes:
        for failure in one.failures:
            failures[failure].add(one.role)
    for (operation, status, failure), roles in sorted(failures.items()):
        print(f"FAILED {operation}: {failure}, answered {status} ({', '.join(sorted(roles))})")


# The hooks -------------------------------------------------------------------------------------------------------


def register_hooks():
    import schemathesis

    examples = json.loads(Path(os.environ["CONTRACT_EXAMPLES"]).read_text())
    answers = Path(os.environ["CONTRACT_ANSWERS"]).open("a", buffering=1)
    calls = collections.Counter()

    @schemathesis.serializer("text/csv")
    def csv(_, value):
        text = value if isinstance(value, (str, bytes)) else json.dumps(value)
        return text if isinstance(text, bytes) else text.encode()

    @schemathesis.serializer("application/offset+octet-stream")
    def piece(_, value):
        return value if isinstance(value, bytes) else json.dumps(value).encode()

    @schemathesis.hook
    def before_load_schema(_, raw_schema):
        for path, methods in raw_schema["paths"].items():
            for method, operation in methods.items():
                name = f"{method.upper()} {path}"
                values = {"event": examples["event"]} | examples["path"].get(name, {})
                for parameter in operation.get("parameters", []):
                    if parameter["name"] in values:
                        offer(parameter, values[parameter["name"]])
                if name in examples["body"]:
                    for content in operation.get("requestBody", {}).get("content", {}).values():
                        content["example"] = examples["body"][name]

    def offer(parameter, values):
        parameter.pop("examples", None)
        parameter["example"] = values[0]
        if parameter["in"] == "path":
            # The real values are named twice so that they come about as often as generated ones do.
            parameter["schema"] = {"anyOf": [{"enum": values}, {"enum": values}, parameter["schema"]]}

    @schemathesis.hook
    def before_call(_, case, kwargs):
        spare_ours(case)
        # What changes something is refused without this header or a bearer; nobody tries both ways.
        calls[case.operation.label] += 1
        if examples["role"] == "nobody" and calls[case.operation.label] % 2 == 0:
            case.headers["X-FindMe"] = "1"

    def spare_ours(case):
        """Ids come from answers, too, so that a call may name what the passes rely on: it gets one that nothing has."""
        path = case.operation.path
        spoils = case.method.upper() == "DELETE" or (case.method.upper(), path) == ("PATCH", "/api/staff/{user_id}")
        if spoils and path.endswith("}"):
            target = path.rsplit("{", 1)[1].rstrip("}")
            if str(case.path_parameters.get(target)) in examples["ours"]:
                case.path_parameters[target] = NOTHING
        if isinstance(case.body, dict) and case.body.get("require_mfa") is True:
            case.body["require_mfa"] = False
        if isinstance(case.body, dict) and "bytes_max" in case.body:
            case.body["bytes_max"] = None  # A full event would turn away the photos of the passes that follow.

    # Probes with a method that the document does not name are no calls of the operation.
    def is_call(case):
        return case.method.upper() == case.operation.method.upper()

    @schemathesis.hook
    def after_call(_, case, response):
        if is_call(case):
            answers.write(json.dumps([case.operation.label, response.status_code, None]) + "\n")

    @schemathesis.hook
    def filter_failure(_, failure, case, response):
        answers.write(json.dumps([case.operation.label, response.status_code, failure.title]) + "\n")
        return True


if __name__ == "__main__":
    main()
elif "CONTRACT_EXAMPLES" in os.environ:
    register_hooks()
