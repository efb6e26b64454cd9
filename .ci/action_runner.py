"""A runner for action.yml, a GitHub for it to talk to, and repositories for it to run in."""
import base64
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import urllib.parse

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTION = YAML(typ="safe").load((ROOT / "action.yml").read_text())
TOKEN = "secret"


class Runner:
    """One run of the action in a checkout.

    Expressions are put into the environment only, as the action promises; steps that use other actions are recorded.
    """

    def __init__(self, checkout, github=None, event=None, action=ROOT, server=None, search=None, **inputs):
        self.checkout, self.action, self.server = checkout, action, server
        self.search = search or os.environ["PATH"]
        self.temp = tempfile.mkdtemp()
        defaults = {name: about["default"] for name, about in ACTION["inputs"].items()}
        inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
        unknown = set(inputs) - set(defaults)
        assert not unknown, unknown
        self.known = {"runner.temp": self.temp, "runner.os": "Linux", "runner.arch": "X64",
                      "github.action_path": str(action), "github.repository": "octo/infra", "github.token": TOKEN,
                      "github.server_url": github.url if github else "http://127.0.0.1:9",
                      "github.api_url": github.url if github else "http://127.0.0.1:9"}
        self.known |= {f"github.event.{name}": str(value) for name, value in (event or {}).items()}
        self.known |= {f"inputs.{k}": self.fill(v) for k, v in {**defaults, **inputs}.items()}
        self.used, self.ran, self.log, self.code = {}, [], "", 0
        self.summary = pathlib.Path(self.temp, "summary")
        self.summary.touch()
        for step in ACTION["runs"]["steps"]:
            if self.code == 0 and self.condition(step.get("if", "")):
                self.step(step)

    def value(self, expression):
        for part in expression.split("||"):
            part = part.strip()
            if re.fullmatch(r"'[^']*'", part):
                return part[1:-1]
            assert re.fullmatch(r"(inputs|runner|github|steps)\.[\w.-]+", part), part
            if self.known.get(part):
                return self.known[part]
        return ""

    def fill(self, text):
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: self.value(m.group(1)), str(text))

    def condition(self, text):
        for part in filter(None, text.split("&&")):
            left, operator, right = re.fullmatch(r"\s*(\S+) (==|!=) (\S+)\s*", part).groups()
            if (self.value(left) == self.value(right)) != (operator == "=="):
                return False
        return True

    def step(self, step):
        self.ran.append(step["name"])
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]), f"{step['uses']} is not pinned"
            self.used[step["uses"].split("@")[0]] = {k: self.fill(v) for k, v in step["with"].items()}
            return
        assert "${{" not in step["run"], f"{step['name']}: an expression in a script"
        output = pathlib.Path(self.temp, "output")
        output.write_text("")
        env = {"PATH": self.search, "HOME": self.temp, "GITHUB_OUTPUT": str(output), "GITHUB_ACTIONS": "true",
               "GITHUB_STEP_SUMMARY": str(self.summary), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64"}
        for name in ("CARGO_HOME", "RUSTUP_HOME"):
            env[name] = os.environ.get(name, str(pathlib.Path.home() / f".{name.split('_')[0].lower()}"))
        env |= {k: self.fill(v) for k, v in step.get("env", {}).items()}
        if self.server and step.get("id") == "install":
            env["SERVER"] = self.server
        done = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                              cwd=self.checkout, env=env, capture_output=True, text=True, timeout=1800)
        self.log += done.stdout + done.stderr
        self.code = done.returncode
        for line in output.read_text().splitlines():
            name, value = line.split("=", 1)
            self.known[f"steps.{step['id']}.outputs.{name}"] = value

    def output(self, name):
        return self.fill(ACTION["outputs"][name]["value"])

    def sarif(self):
        """The file that is uploaded."""
        return json.loads(pathlib.Path(self.used["github/codeql-action/upload-sarif"]["sarif_file"]).read_text())


class GitHub(http.server.BaseHTTPRequestHandler):
    """Comments of pull requests, files of releases, and repositories over git's own protocol."""

    protocol_version = "HTTP/1.1"

    def answer(self, code, body=b"", kind="application/json"):
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if self.headers.get("transfer-encoding") == "chunked":
            text = b""
            while size := int(self.rfile.readline(), 16):
                text += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return text
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def handle_any(self):
        hub, address = self.server.hub, urllib.parse.urlsplit(self.path)
        body = self.body()
        hub.requests.append((self.command, self.path))
        if address.path.startswith("/git/"):
            return self.git(address, body)
        if "/releases/download/" in address.path:
            file = hub.releases / address.path.split("/releases/download/")[1]
            return self.answer(200, file.read_bytes(), "application/octet-stream") if file.is_file() else self.answer(404)
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.answer(401)
        if hub.refuse and (hub.refuse == "all" or self.command != "GET"):
            return self.answer(403, b'{"message":"Resource not accessible by integration"}')
        if found := re.fullmatch(r"/repos/octo/infra/issues/(\d+)/comments", address.path):
            comments = hub.comments.setdefault(int(found[1]), [])
            if self.command == "GET":
                query = {k: int(v[0]) for k, v in urllib.parse.parse_qs(address.query).items()}
                start = (query["page"] - 1) * query["per_page"]
                return self.answer(200, json.dumps(comments[start:start + query["per_page"]]).encode())
            hub.comment(int(found[1]), json.loads(body)["body"])
            return self.answer(201, b"{}")
        if (found := re.fullmatch(r"/repos/octo/infra/issues/comments/(\d+)", address.path)) and self.command == "PATCH":
            for comment in sum(hub.comments.values(), []):
                if comment["id"] == int(found[1]):
                    comment["body"] = json.loads(body)["body"]
                    return self.answer(200, b"{}")
        return self.answer(404)

    do_GET = do_POST = do_PATCH = handle_any

    def git(self, address, body):
        told = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("authorization", "").lower() != f"basic {told}".lower():
            self.send_response(401)
            self.send_header("www-authenticate", "Basic")
            self.send_header("content-length", "0")
            return self.end_headers()
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.server.hub.repositories), "GIT_HTTP_EXPORT_ALL": "1",
               "PATH_INFO": address.path.removeprefix("/git"), "QUERY_STRING": address.query, "REQUEST_METHOD": self.command,
               "CONTENT_TYPE": self.headers.get("content-type", ""), "CONTENT_LENGTH": str(len(body)),
               "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
               "GIT_PROTOCOL": self.headers.get("git-protocol", "")}
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, timeout=60)
        head, _, text = done.stdout.partition(b"\r\n\r\n")
        kind = re.search(rb"(?i)content-type: (.*)", head)
        status = re.search(rb"(?i)status: (\d+)", head)
        self.answer(int(status[1]) if status else 200, text, kind[1].strip().decode() if kind else "text/plain")

    def log_message(self, *_):
        pass


class Hub:
    """A GitHub on the loopback interface."""

    def __init__(self):
        self.comments, self.requests, self.refuse, self.next = {}, [], None, 1
        self.releases, self.repositories = pathlib.Path(tempfile.mkdtemp()), pathlib.Path(tempfile.mkdtemp())
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GitHub)
        server.hub, self.url = self, f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def comment(self, number, body, kind="Bot"):
        self.comments.setdefault(number, []).append({"id": self.next, "body": body, "user": {"type": kind}})
        self.next += 1

    def ours(self, number):
        return [c["body"] for c in self.comments.get(number, []) if c["body"].startswith("<!-- rolecall") and c["user"]["type"] == "Bot"]


def git(folder, *arguments, check=True):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
           "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
           "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
           "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or not check, (arguments, done.stderr)
    return done.stdout.strip()


def write(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder, name)
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def commit(folder, files, message="change"):
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def repository(files):
    """A folder that is a repository of one commit."""
    folder = pathlib.Path(tempfile.mkdtemp())
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, files)
    return folder


class PullRequest:
    """A repository with a pull request on it: the base goes on by one commit after the branch leaves it."""

    def __init__(self, hub, base, change, name):
        self.origin = hub.repositories / name
        self.work = repository(base)
        self.fork_point = git(self.work, "rev-parse", "HEAD")
        git(self.work, "switch", "--quiet", "--create", "feature")
        self.head = commit(self.work, change)
        git(self.work, "switch", "--quiet", "main")
        self.base = commit(self.work, {"other.txt": "goes on\n"})
        git(self.work, "switch", "--quiet", "--detach", "main")
        git(self.work, "merge", "--quiet", "--no-ff", "--message", "merge", "feature")
        self.merge = git(self.work, "rev-parse", "HEAD")
        git(self.work, "update-ref", "refs/pull/7/merge", self.merge)
        git(self.work, "clone", "--quiet", "--mirror", ".", str(self.origin))
        git(self.origin, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.url = f"{hub.url}/git/{name}"
        self.event = {"pull_request.number": 7, "pull_request.base.sha": self.base, "pull_request.head.sha": self.head}

    def checkout(self, commit, depth=1):
        """What actions/checkout leaves with `persist-credentials: false`."""
        folder = pathlib.Path(tempfile.mkdtemp())
        git(folder, "init", "--quiet")
        git(folder, "remote", "add", "origin", self.url)
        told = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        depth = [f"--depth={depth}"] if depth else []
        git(folder, "-c", f"http.extraheader=AUTHORIZATION: basic {told}", "fetch", "--quiet", "--no-tags", *depth, "origin", commit)
        git(folder, "checkout", "--quiet", "--force", "FETCH_HEAD")
        return folder


def copy_of_source():
    """The action's files where a runner puts them."""
    folder = pathlib.Path(tempfile.mkdtemp(), "_actions", "octo", "rolecall", "v1")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("target", ".git", "corpus", "fuzz"))
    return folder
