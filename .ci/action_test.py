#!/usr/bin/env python3
"""Runs the shell steps of action.yml as a runner would and looks at what they leave: action_test.py BINARY.

Expressions are put into the environment only, as the action promises; steps that use other actions are recorded.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTION = YAML(typ="safe").load((ROOT / "action.yml").read_text())


class Runner:
    """One run of the action in a repository."""

    def __init__(self, repository, **inputs):
        self.repository = repository
        self.temp = tempfile.mkdtemp()
        defaults = {name: about["default"] for name, about in ACTION["inputs"].items()}
        unknown = set(inputs) - set(defaults)
        assert not unknown, unknown
        self.known = {f"inputs.{k}": str(v) for k, v in {**defaults, **inputs}.items()}
        self.known |= {"runner.temp": self.temp, "runner.os": "Linux", "runner.arch": "X64", "github.action_path": str(ROOT)}
        self.used, self.ran, self.log, self.code = {}, [], "", 0
        self.summary = pathlib.Path(self.temp, "summary")
        self.summary.touch()
        for step in ACTION["runs"]["steps"]:
            if self.code == 0 and self.condition(step.get("if", "")):
                self.step(step)

    def value(self, expression):
        expression = expression.strip()
        if re.fullmatch(r"'[^']*'", expression):
            return expression[1:-1]
        assert re.fullmatch(r"(inputs|runner|github|steps)\.[\w.-]+", expression), expression
        return self.known.get(expression, "")

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
        env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "GITHUB_OUTPUT": str(output),
               "GITHUB_STEP_SUMMARY": str(self.summary)}
        env |= {k: self.fill(v) for k, v in step.get("env", {}).items()}
        done = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                              cwd=self.repository, env=env, capture_output=True, text=True, timeout=1800)
        self.log += done.stdout + done.stderr
        self.code = done.returncode
        for line in output.read_text().splitlines():
            name, value = line.split("=", 1)
            self.known[f"steps.{step['id']}.outputs.{name}"] = value

    def output(self, name):
        return self.fill(ACTION["outputs"][name]["value"])


def repository(files):
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / ".git").mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


TRUST = """jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole",
    Principal = { Service = "ec2.amazonaws.com" } }] })"""
OPEN = f"""
resource "aws_iam_user" "ci" {{ name = "ci" }}
resource "aws_iam_user_policy" "ci" {{
  user   = aws_iam_user.ci.name
  policy = jsonencode({{ Version = "2012-10-17", Statement = [
    {{ Effect = "Allow", Action = ["ec2:RunInstances", "iam:PassRole"], Resource = "*" }}] }})
}}
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


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    vulnerable = repository({"infra/main.tf": OPEN})
    upload = "github/codeql-action/upload-sarif"

    run = Runner(vulnerable, binary=binary)
    assert run.code == 1 and run.output("exit-code") == "1", run.log
    assert int(run.output("findings")) >= 1 and "critical" in run.log, run.log
    log = json.loads(pathlib.Path(run.used[upload]["sarif_file"]).read_text())
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "infra/main.tf", place
    assert json.loads(pathlib.Path(run.output("json")).read_text())["version"] == 1
    assert "```mermaid" in run.summary.read_text()
    assert "Build" not in run.ran and "Result" in run.ran

    run = Runner(vulnerable, binary=binary, **{"fail-on": "never", "summary": "false", "sarif": "false", "path": "infra\n"})
    assert run.code == 0 and run.output("exit-code") == "0", run.log
    assert run.output("findings") != "0" and not run.summary.read_text() and upload not in run.used

    run = Runner(repository({"main.tf": 'resource "aws_iam_user" "ci" { name = "ci" }\n'}), binary=binary)
    assert run.code == 0 and run.output("findings") == "0" and upload in run.used, run.log

    run = Runner(repository({"README.md": ""}), binary=binary)
    assert run.code == 3 and upload not in run.used and "nothing to analyse" in run.log, run.log

    hostile = '$(touch pwned)`touch pwned`"; touch pwned; #'
    for name in ("path", "args", "fail-on", "min-severity", "format", "confidence"):
        run = Runner(vulnerable, binary=binary, **{name: hostile})
        assert run.code == 2 and run.output("exit-code") == "2" and upload not in run.used, (name, run.code, run.log)
        assert not list(vulnerable.rglob("pwned"))
    run = Runner(vulnerable, binary=hostile)
    assert run.code == 2 and run.ran == ["Find out what to run"], run.log

    if "--build" in sys.argv:
        run = Runner(vulnerable)
        assert run.ran[:3] == ["Find out what to run", "Look for an earlier build", "Build"], run.ran
        assert run.code == 1, run.log
        assert re.fullmatch(r"rolecall-Linux-X64-[0-9a-f]{32}", run.used["actions/cache"]["key"]), run.used
    print("action.yml: steps run, outputs and uploads are as they should be")


main()
