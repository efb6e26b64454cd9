#!/usr/bin/env python3
"""Runs the shell steps of action.yml as a runner would and looks at what they leave: action_test.py BINARY [--build]."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

from action_runner import ACTION, ROOT, TOKEN, Hub, PullRequest, Runner, commit, copy_of_source, git, repository, write

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
UPLOAD = "github/codeql-action/upload-sarif"
SCHEMA = ROOT / "crates/report/tests/sarif-schema-2.1.0.json"

TRUST = """jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole",
    Principal = { Service = "ec2.amazonaws.com" } }] })"""
CLOSED = f"""
resource "aws_iam_user" "ci" {{ name = "ci" }}
resource "aws_iam_role" "admin" {{
  name               = "admin"
  assume_role_policy = {TRUST}
}}
resource "aws_iam_role_policy_attachment" "admin" {{
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}}
resource "aws_iam_instance_profile" "admin" {{
  name = "admin"
  role = aws_iam_role.admin.name
}}
"""
GRANT = """
resource "aws_iam_user_policy" "ci" {
  user   = aws_iam_user.ci.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["ec2:RunInstances", "iam:PassRole"], Resource = "*" }] })
}
"""
OPEN = CLOSED + GRANT


def check_sarif(run):
    """What is uploaded is valid, and every place in it is a file of the checkout."""
    file = run.used[UPLOAD]["sarif_file"]
    subprocess.run([sys.executable, "-m", "check_jsonschema", "--regex-variant", "python", "--schemafile", SCHEMA, file],
                   check=True, capture_output=True)
    log = run.sarif()
    for place in re.findall(r'"uri": "([^"]*)"', json.dumps(log["runs"][0]["results"])):
        assert pathlib.Path(run.checkout, place).is_file(), place
    return log["runs"][0]["results"]


def scans():
    vulnerable = repository({"infra/main.tf": OPEN})
    run = Runner(vulnerable, binary=BINARY)
    assert run.code == 1 and run.output("exit-code") == "1" and run.output("command") == "scan", run.log
    assert run.output("findings") == run.output("critical") == "1" and run.output("low") == "0", run.known
    assert "critical" in run.log and "see the step summary" in run.log, run.log
    place = check_sarif(run)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "infra/main.tf", place
    assert json.loads(pathlib.Path(run.output("json")).read_text())["version"] == 1
    assert "```mermaid" in run.summary.read_text()
    assert "Build" not in run.ran and run.ran[-1] == "Result"

    run = Runner(vulnerable, binary=BINARY, fail_on="never", summary="false", sarif="false", path="infra\n")
    assert run.code == 0 and run.output("exit-code") == "0", run.log
    assert run.output("findings") == "1" and not run.summary.read_text() and UPLOAD not in run.used

    run = Runner(repository({"main.tf": CLOSED}), binary=BINARY)
    assert run.code == 0 and run.output("findings") == "0" and check_sarif(run) == [], run.log

    run = Runner(repository({"README.md": ""}), binary=BINARY)
    assert run.code == 3 and UPLOAD not in run.used and "nothing to analyse" in run.log, run.log

    hostile = '$(touch pwned)`touch pwned`"; touch pwned; #'
    for name in ("path", "args", "fail-on", "min-severity", "format", "confidence", "config", "base"):
        run = Runner(vulnerable, binary=BINARY, **{name: hostile})
        assert run.code == 2 and run.output("exit-code") == "2" and UPLOAD not in run.used, (name, run.code, run.log)
    for name in ("binary", "version"):
        run = Runner(vulnerable, **{name: hostile})
        assert run.code == 2 and run.ran == ["Find rolecall"], (name, run.log)
    assert not list(vulnerable.rglob("pwned"))


def releases():
    hub, checkout = Hub(), repository({"main.tf": OPEN})
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    folder, target = hub.releases / f"v{version}", "x86_64-unknown-linux-musl"
    scripts = ROOT / ".github/scripts"
    subprocess.run([scripts / "package.sh", target, BINARY, folder], check=True)
    subprocess.run([scripts / "checksums.sh", folder], check=True)
    names = set(tarfile.open(folder / f"rolecall-{target}.tar.gz").getnames())
    assert {"./rolecall", "./LICENSE", "./NOTICE", "./man/rolecall.1", "./completions/rolecall.bash"} <= names, names

    fork = copy_of_source()

    def run(action=fork, **more):
        return Runner(checkout, action=action, server=hub.url, **more)

    done = run()
    assert ("GET", f"/octo/rolecall/releases/download/v{version}/SHA256SUMS") in hub.requests, hub.requests
    assert done.code == 1 and done.output("findings") == "1" and "Build" not in done.ran, done.log
    assert f"Release v{version} for {target}" in done.log, done.log
    done = run(version=f"v{version}", action=ROOT)
    assert ("GET", f"/rolecall-rs/rolecall/releases/download/v{version}/SHA256SUMS") in hub.requests, hub.requests
    assert done.code == 1 and "Build" not in done.ran, done.log

    # Another program under the same name, and a list of checksums without it.
    archive, sums = folder / f"rolecall-{target}.tar.gz", folder / "SHA256SUMS"
    good, listed = archive.read_bytes(), sums.read_text()
    for bad, list_ in ((good[:-1] + b"x", listed), (good, ""), (good, listed.replace("rolecall-", "other-"))):
        archive.write_bytes(bad)
        sums.write_text(list_)
        done = run()
        assert done.code == 2 and done.ran == ["Find rolecall"] and "nothing of it was run" in done.log, done.log
    archive.write_bytes(good)
    sums.write_text(listed)

    # A release that there is not: this source is built if it is the version asked for.
    done = run(version="99.0.0")
    assert done.code == 2 and done.ran == ["Find rolecall"] and "no release v99.0.0" in done.log, done.log
    archive.unlink()
    stub = pathlib.Path(tempfile.mkdtemp())
    write(stub, {"cargo": f'#!/bin/sh\nwhile [ "$1" != --root ]; do shift; done\nmkdir -p "$2/bin"\nln -s "{BINARY}" "$2/bin/rolecall"\n',
                 "rustc": "#!/bin/sh\necho rustc 1.0\n"})
    for program in stub.iterdir():
        program.chmod(0o755)
    for more in ({}, {"version": version}, {"version": "source"}, {"action": ROOT}):
        done = run(search=f"{stub}:{os.environ['PATH']}", **more)
        assert done.ran[:3] == ["Find rolecall", "Look for an earlier build", "Build"] and done.code == 1, (more, done.log)
        assert re.fullmatch(r"rolecall-Linux-X64-[0-9a-f]{32}", done.used["actions/cache"]["key"]), done.used
    changed = copy_of_source()
    write(changed, {"crates/cli/src/new.rs": "// new\n"})
    other = run(search=f"{stub}:{os.environ['PATH']}", action=changed)
    assert other.used["actions/cache"]["key"] != done.used["actions/cache"]["key"]


def release_scripts():
    """The shell steps of the release workflow that are not run above."""
    copy, scripts = copy_of_source(), ".github/scripts"
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]

    def script(name, *arguments):
        done = subprocess.run([copy / scripts / name, *arguments], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout.strip()

    (copy / "CHANGELOG.md").write_text(f"# Changelog\n\n## {version}, 2026-12-01\n\n- one\n\n## 0.0.1\n\n- old\n")
    assert script("version.sh", f"v{version}") == (0, version)
    assert script("notes.sh", f"v{version}") == (0, "- one")
    for tag in ("v99.0.0", version, f"v{version}.1", ""):
        assert script("version.sh", tag)[0] == 1, tag
    (copy / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- one\n")
    assert script("version.sh", f"v{version}")[0] == 1
    assert script("smoke.sh", BINARY)[0] == 0
    (copy / "testdata/quickstart/people.tf").unlink()
    assert script("smoke.sh", BINARY)[0] == 1


def hooks():
    """pre-commit itself, with the hook that uses an installed program."""
    source = pathlib.Path(tempfile.mkdtemp())
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", source)
    git(source, "init", "--quiet")
    commit(source, {})
    program = pathlib.Path(tempfile.mkdtemp())
    (program / "rolecall").symlink_to(BINARY)

    def hook(text, *arguments):
        config = f"repos: [{{repo: '{source}', rev: HEAD, hooks: [{{id: rolecall-installed, args: [{', '.join(arguments)}]}}]}}]\n"
        checkout = repository({"infra/main.tf": text, ".pre-commit-config.yaml": config})
        env = {"PATH": f"{program}:{os.environ['PATH']}", "HOME": tempfile.mkdtemp()}
        return subprocess.run([sys.executable, "-m", "pre_commit", "run", "--all-files"], cwd=checkout, env=env,
                              capture_output=True, text=True, timeout=120)

    done = hook(OPEN)
    assert done.returncode == 1 and "gain every permission" in done.stdout, done.stdout + done.stderr
    for done in (hook(CLOSED), hook(OPEN, "--fail-on=never")):
        assert done.returncode == 0 and "Passed" in done.stdout, done.stdout + done.stderr


def bases():
    hub = Hub()
    pull = PullRequest(hub, {"main.tf": CLOSED}, {"main.tf": OPEN}, "bases.git")

    def base(checkout, token=TOKEN, **env):
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "SERVER": hub.url, "TOKEN": token, "BASE": "",
               "EVENT_BASE": pull.base, "EVENT_HEAD": pull.head, **env}
        done = subprocess.run([ROOT / "action/base.sh"], cwd=checkout, env=env, capture_output=True, text=True, timeout=60)
        merged = subprocess.run(["git", "merge-base", done.stdout.strip() or "none", "HEAD"], cwd=checkout, capture_output=True, text=True)
        return done.returncode, done.stdout.strip(), merged.stdout.strip(), done.stderr

    merge = pull.checkout("refs/pull/7/merge")
    assert base(merge)[:3] == (0, pull.base, pull.base), base(merge)
    # The event is older than the merge.
    assert base(pull.checkout("refs/pull/7/merge"), EVENT_BASE=pull.fork_point)[:2] == (0, pull.base)
    # The head itself: the base has gone on since.
    assert base(pull.checkout(pull.head))[:3] == (0, pull.base, pull.fork_point)
    assert base(pull.checkout(pull.head, depth=0))[:3] == (0, pull.base, pull.fork_point)
    for name in ("main", pull.base):
        assert base(pull.checkout(pull.head), BASE=name)[:3] == (0, pull.base, pull.fork_point)
    for name in ("nowhere", "--upload-pack=touch pwned", "$(touch pwned)"):
        checkout = pull.checkout(pull.head)
        code, out, _, told = base(checkout, BASE=name)
        assert (code, out) == (2, "") and "cannot be fetched" in told and not list(checkout.rglob("pwned")), told
    code, _, _, told = base(pull.checkout(pull.head), token="")
    assert code == 2 and "fetch-depth: 0" in told, told


def comments():
    hub, checkout = Hub(), repository({"main.tf": OPEN})
    event = {"pull_request.number": 7, "pull_request.base.sha": "0" * 40}

    def run(folder=checkout, **more):
        return Runner(folder, hub, event=event, binary=BINARY, base="none", fail_on="never", **more)

    closed = repository({"main.tf": CLOSED})
    assert run(closed).code == 0 and hub.comments == {7: []}, "nothing to say makes no comment"
    for _ in range(130):
        hub.comment(7, "chat", kind="User")
    hub.comment(7, "<!-- rolecall --> mine", kind="User")
    for _ in range(2):
        done = run()
        assert done.code == 0 and "notice" not in done.log, done.log
        [body] = hub.ours(7)
        assert body.startswith("<!-- rolecall -->\n## rolecall: 1 finding") and "```mermaid" in body, body
    assert run(closed).code == 0
    [body] = hub.ours(7)
    assert "no findings" in body, body
    run(category="infra")
    assert len(hub.ours(7)) == 2 and hub.ours(7)[1].startswith("<!-- rolecall infra -->\n")
    assert run(comment="false").code == 0 and len(hub.comments[7]) == 133

    # GitHub would refuse more than 65,536 characters.
    many = "".join(OPEN.replace('"ci"', f'"ci{i}"').replace(".ci.", f".ci{i}.").replace('"admin"', f'"admin{i}"')
                   .replace(".admin.", f".admin{i}.") for i in range(60))
    run(repository({"main.tf": many}), category="many")
    body = hub.ours(7)[2]
    assert len(body) <= 65536 and len(re.findall(r"(?m)^ *```", body)) % 2 == 0 and body.endswith("in the summary of the run."), len(body)

    for refuse in ("all", "writes"):
        hub.refuse = refuse
        done = run(category="refused")
        assert done.code == 0 and "pull-requests: write" in done.log and "Result" in done.ran, done.log
    assert all(TOKEN not in str(request) for request in hub.requests)


def pulls():
    hub = Hub()

    def run(change, name, base=CLOSED, **more):
        pull = PullRequest(hub, {"infra/main.tf": base}, change, f"{name}.git")
        done = Runner(pull.checkout("refs/pull/7/merge"), hub, event=pull.event, binary=BINARY, **more)
        assert done.output("command") == "diff", done.log
        return done

    done = run({"main.tf": "# nothing\n"}, "unrelated", base=OPEN)
    assert done.code == 0 and done.output("findings") == "0" and check_sarif(done) == [], done.log
    assert hub.ours(7) == [], "nothing to say makes no comment"

    done = run({"infra/main.tf": OPEN}, "opens")
    assert done.code == 1 and done.output("findings") == done.output("critical") == "1", (done.known, done.log)
    assert [r["ruleId"] for r in check_sarif(done)] == ["launch-over-privileged-role/critical"]
    [body] = hub.ours(7)
    assert body.startswith("<!-- rolecall -->\n") and body.count("<!-- rolecall") == 1 and "```mermaid" in body, body
    assert body.split("\n", 1)[1].strip() in done.summary.read_text()

    assert run({"infra/main.tf": OPEN}, "accepts", fail_on="never", path="other.txt").code in (0, 3)
    done = run({"infra/main.tf": CLOSED}, "closes", base=OPEN)
    assert done.code == 0 and done.output("findings") == "0", done.log
    [updated] = hub.ours(7)
    assert updated != body and "fixed" in updated.lower(), updated

    merged = PullRequest(hub, {"main.tf": CLOSED}, {"main.tf": OPEN}, "queue.git")
    event = {"merge_group.base_sha": merged.base}
    done = Runner(merged.checkout(merged.merge), hub, event=event, binary=BINARY, sarif="false")
    assert done.code == 1 and done.output("command") == "diff" and "Comment on the pull request" not in done.ran, done.log


def main():
    scans()
    if subprocess.run([BINARY, "diff", "--help"], capture_output=True).returncode == 0:
        pulls()
    else:
        print("pull requests are not tried: this program has no diff")
    releases()
    release_scripts()
    hooks()
    bases()
    comments()
    if "--build" in sys.argv:
        run = Runner(repository({"main.tf": OPEN}))
        assert run.ran[:3] == ["Find rolecall", "Look for an earlier build", "Build"], run.ran
        assert run.code == 1, run.log
    print("action.yml: steps run, outputs, comments and uploads are as they should be")


main()
