//! A throw-away repository with a base and pull requests, and what `rolecall diff` must say of each, in every format.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

type Checked = Result<(), String>;

const MAIN: &str = "module \"ci\" {\n  source = \"./modules/ci\"\n}\n";

const PEOPLE: &str = r#"resource "aws_iam_user" "deployer" {
  name = "deployer"
}

resource "aws_iam_user_policy" "deployer" {
  user = aws_iam_user.deployer.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ec2:RunInstances", Resource = "*" },
      {
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = [aws_iam_role.web.arn]
      },
    ]
  })
}
"#;

const ROLES: &str = r#"resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = local.ec2
}

resource "aws_iam_instance_profile" "web" {
  name = "web"
  role = aws_iam_role.web.name
}

resource "aws_iam_role" "admin" {
  name               = "admin"
  assume_role_policy = local.ec2
}

resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_instance_profile" "admin" {
  name = "admin"
  role = aws_iam_role.admin.name
}

locals {
  ec2 = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
"#;

const CI: &str = r#"resource "aws_iam_user" "builder" {
  name = "builder"
}

data "aws_iam_policy_document" "builder" {
  statement {
    actions   = ["ec2:RunInstances"]
    resources = ["*"]
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.release.arn]
  }
}

resource "aws_iam_user_policy" "builder" {
  user   = aws_iam_user.builder.name
  policy = data.aws_iam_policy_document.builder.json
}

data "aws_iam_policy_document" "ec2" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "release" {
  name               = "release"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_iam_role_policy_attachment" "release" {
  role       = aws_iam_role.release.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_instance_profile" "release" {
  name = "release"
  role = aws_iam_role.release.name
}
"#;

/// What must be said of one pull request.
struct Scenario {
    branch: &'static str,
    exit: i32,
    /// New, fixed, unchanged.
    counts: [u64; 3],
    /// The first line of the text's summary.
    tally: &'static str,
    /// Of the finding that is new or fixed: its principal, its role, the file and line of the edit, a word of its text.
    edit: Option<(&'static str, &'static str, &'static str, u64, &'static str)>,
    recognised_by: Option<&'static str>,
}

const SCENARIOS: [Scenario; 5] = [
    Scenario {
        branch: "opens",
        exit: 1,
        counts: [1, 0, 1],
        tally: "1 new, 1 unchanged",
        edit: Some((
            "aws_iam_user.deployer",
            "aws_iam_role.admin",
            "infra/people.tf",
            14,
            "+        Resource = [aws_iam_role.web.arn, aws_iam_role.admin.arn]",
        )),
        recognised_by: Some("fingerprint"),
    },
    Scenario {
        branch: "closes",
        exit: 0,
        counts: [0, 1, 0],
        tally: "1 fixed",
        edit: Some((
            "module.ci.aws_iam_user.builder",
            "module.ci.aws_iam_role.release",
            "infra/modules/ci/main.tf",
            11,
            "-    actions   = [\"iam:PassRole\"]",
        )),
        recognised_by: None,
    },
    Scenario {
        branch: "moves-lines",
        exit: 0,
        counts: [0, 0, 1],
        tally: "1 unchanged",
        edit: None,
        recognised_by: Some("fingerprint"),
    },
    Scenario {
        branch: "renames-module",
        exit: 0,
        counts: [0, 0, 1],
        tally: "1 unchanged",
        edit: None,
        recognised_by: Some("name"),
    },
    Scenario {
        branch: "unrelated",
        exit: 0,
        counts: [0, 0, 1],
        tally: "1 unchanged",
        edit: None,
        recognised_by: Some("fingerprint"),
    },
];

/// A git repository in a folder of its own.
pub(crate) struct Repository(pub(crate) PathBuf);

impl Repository {
    /// An empty one, whose branch is `main`.
    pub(crate) fn new(folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        let repository = Self(folder.to_owned());
        repository.git(&["init", "--quiet", "--initial-branch=main"])?;
        Ok(repository)
    }

    /// What git says.
    pub(crate) fn git(&self, args: &[&str]) -> Result<String, String> {
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.0)
            .args(["-c", "user.name=tester", "-c", "user.email=tester@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .map_err(|e| format!("git: {e}"))?;
        if !output.status.success() {
            return Err(format!("git {args:?}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&self.0)).map_err(|e| e.to_string())?;
        fs::write(path, text).map_err(|e| e.to_string())
    }

    /// Commits everything there is.
    pub(crate) fn commit(&self, message: &str) -> Result<String, String> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])
    }

    fn branch(&self, name: &str, edit: &dyn Fn() -> Result<(), String>) -> Result<(), String> {
        self.git(&["checkout", "--quiet", "-b", name, "main"])?;
        edit()?;
        self.commit(name)?;
        self.git(&["checkout", "--quiet", "main"]).map(drop)
    }
}

/// The base, five pull requests, and a base that has moved on since.
pub(crate) fn build(folder: &Path) -> Result<Repository, String> {
    let repository = Repository::new(folder)?;
    let r = &repository;
    for (path, text) in [
        ("README.md", "Infrastructure.\n"),
        ("infra/main.tf", MAIN),
        ("infra/people.tf", PEOPLE),
        ("infra/roles.tf", ROLES),
        ("infra/modules/ci/main.tf", CI),
    ] {
        r.write(path, text)?;
    }
    r.commit("base")?;
    r.branch("opens", &|| {
        let opened = PEOPLE.replace(
            "[aws_iam_role.web.arn]",
            "[aws_iam_role.web.arn, aws_iam_role.admin.arn]",
        );
        r.write("infra/people.tf", &opened)
    })?;
    r.branch("closes", &|| {
        let pass =
            "  statement {\n    actions   = [\"iam:PassRole\"]\n    resources = [aws_iam_role.release.arn]\n  }\n";
        r.write("infra/modules/ci/main.tf", &CI.replace(pass, ""))
    })?;
    r.branch("moves-lines", &|| {
        let at = CI.find("resource \"aws_iam_role\" \"release\"").unwrap_or(0);
        let (head, tail) = CI.split_at_checked(at).unwrap_or((CI, ""));
        let moved = format!("# The roles come first now.\n{}{tail}\n{head}", "\n".repeat(12));
        r.write("infra/modules/ci/main.tf", &moved)
    })?;
    r.branch("renames-module", &|| {
        r.git(&["mv", "infra/modules/ci", "infra/modules/build"])?;
        r.write("infra/main.tf", &MAIN.replace("ci", "build"))
    })?;
    r.branch("unrelated", &|| r.write("README.md", "Infrastructure, described.\n"))?;
    r.write(
        "infra/more.tf",
        "resource \"aws_s3_bucket\" \"logs\" {\n  bucket = \"logs\"\n}\n",
    )?;
    r.commit("meanwhile")?;
    Ok(repository)
}

/// Builds the repository in `folder` and holds what `rolecall` says of every pull request against what is right.
pub(crate) fn check(rolecall: &Path, folder: &Path) -> Checked {
    let repository = build(&folder.join("repository"))?;
    for scenario in &SCENARIOS {
        one(rolecall, &repository, folder, scenario).map_err(|e| format!("{}: {e}", scenario.branch))?;
    }
    uncommitted(rolecall, &repository)
}

fn one(rolecall: &Path, repository: &Repository, folder: &Path, scenario: &Scenario) -> Checked {
    let out = |format: &str| folder.join(format!("{}.{format}", scenario.branch));
    let also = |format: &str| format!("{format}={}", out(format).display());
    let range = format!("main...{}", scenario.branch);
    let (json, sarif, markdown) = (also("json"), also("sarif"), also("markdown"));
    let args = ["diff", &range, "--also", &json, "--also", &sarif, "--also", &markdown];
    let run = rolecall_in(rolecall, &repository.0, &args)?;
    let (text, errors) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    same("exit code", run.status.code(), Some(scenario.exit)).map_err(|e| format!("{e}\n{text}{errors}"))?;
    same("git status", repository.git(&["status", "--porcelain"])?.as_str(), "")?;
    same("branch", repository.git(&["branch", "--show-current"])?.trim(), "main")?;
    let read = |format: &str| fs::read_to_string(out(format)).map_err(|e| e.to_string());
    let parsed = |format: &str| -> Result<Value, String> {
        serde_json::from_str(&read(format)?).map_err(|e| format!("{format}: {e}"))
    };
    in_text(&text, scenario)?;
    in_json(&parsed("json")?, scenario)?;
    in_sarif(&parsed("sarif")?, scenario)?;
    in_markdown(&read("markdown")?, scenario)
}

fn in_text(text: &str, scenario: &Scenario) -> Checked {
    holds(text, &format!("{}. Compared ", scenario.tally))?;
    if let Some((.., file, line, _)) = scenario.edit {
        holds(text, &format!("{file}:{line}"))?;
    }
    Ok(())
}

fn in_json(json: &Value, scenario: &Scenario) -> Checked {
    let summary = json.get("summary").unwrap_or(&Value::Null);
    for (name, count) in ["new", "fixed", "unchanged"].iter().zip(scenario.counts) {
        same(name, summary.get(name).and_then(Value::as_u64), Some(count))?;
    }
    let changes = json
        .get("changes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if let Some(way) = scenario.recognised_by {
        let last = changes.last().and_then(|c| text(c, "/recognised_by"));
        same("recognised_by", last.as_deref(), Some(way))?;
    }
    let Some((principal, role, file, line, word)) = scenario.edit else {
        let edits = |c: &Value| c.get("edits").and_then(Value::as_array).is_none_or(Vec::is_empty);
        return same("no edit is named", changes.iter().all(edits), true);
    };
    let first = changes.first().unwrap_or(&Value::Null);
    same(
        "principal",
        text(first, "/finding/principal/address").as_deref(),
        Some(principal),
    )?;
    same("role", text(first, "/finding/role/address").as_deref(), Some(role))?;
    let side = if scenario.counts.first() == Some(&1) {
        "after"
    } else {
        "before"
    };
    let path = text(first, &format!("/edits/0/{side}/path"));
    same("the edit's file", path.as_deref(), Some(file))?;
    let at = first.pointer(&format!("/edits/0/{side}/line")).and_then(Value::as_u64);
    same("the edit's line", at, Some(line))?;
    let lines = first
        .pointer("/edits/0/text")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    same("the edit's text", lines.iter().any(|l| l.as_str() == Some(word)), true)
        .map_err(|e| format!("{e}: {lines:?}"))?;
    let steps = first
        .pointer("/edits/0/steps")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let kinds: Vec<Option<String>> = steps
        .iter()
        .filter_map(Value::as_u64)
        .map(|step| text(first, &format!("/finding/steps/{step}/kind")))
        .collect();
    same(
        "the pass is among the edited steps",
        kinds.contains(&Some("pass".to_owned())),
        true,
    )
    .map_err(|e| format!("{e}: {kinds:?}"))
}

fn in_sarif(sarif: &Value, scenario: &Scenario) -> Checked {
    let results = sarif
        .pointer("/runs/0/results")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let new = scenario.counts.first().copied().unwrap_or(0);
    same("SARIF results", results.len() as u64, new)?;
    if let (Some(result), Some((_, _, file, ..))) = (results.first(), scenario.edit) {
        let uri = result.pointer("/locations/0/physicalLocation/artifactLocation/uri");
        same("SARIF location", uri.and_then(Value::as_str), Some(file))?;
        holds(&result.to_string(), "opened by")?;
    }
    Ok(())
}

fn in_markdown(markdown: &str, scenario: &Scenario) -> Checked {
    let head = format!("<!-- rolecall -->\n## rolecall: {}\n", scenario.tally);
    same("Markdown's head", markdown.starts_with(&head), true).map_err(|e| format!("{e}\n{markdown}"))?;
    let pictures = markdown.matches("```mermaid\nflowchart").count() as u64;
    same("pictures", pictures, scenario.counts.first().copied().unwrap_or(0))?;
    if let Some((_, role, file, line, _)) = scenario.edit {
        holds(markdown, &format!("{file}:{line}"))?;
        let name = role.rsplit('.').next().unwrap_or(role);
        holds(markdown, name)?;
    }
    Ok(())
}

/// What is not committed yet counts when no head is named.
fn uncommitted(rolecall: &Path, repository: &Repository) -> Checked {
    repository.git(&["checkout", "--quiet", "-b", "draft", "main"])?;
    repository.git(&["checkout", "--quiet", "opens", "--", "infra/people.tf"])?;
    repository.git(&["reset", "--quiet"])?;
    let run = rolecall_in(rolecall, &repository.0.join("infra"), &["diff", "main"])?;
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    same("exit code of the working tree", run.status.code(), Some(1))?;
    holds(&text, "1 new, 1 unchanged")?;
    holds(&text, "the working tree")?;
    same(
        "git status",
        repository.git(&["status", "--porcelain"])?.as_str(),
        " M infra/people.tf\n",
    )
}

fn rolecall_in(rolecall: &Path, folder: &Path, args: &[&str]) -> Result<Output, String> {
    let run = Command::new(rolecall).current_dir(folder).args(args).output();
    run.map_err(|e| format!("{}: {e}", rolecall.display()))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Checked {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, wanted {wanted:?}"))
}

fn holds(text: &str, part: &str) -> Checked {
    if text.contains(part) {
        return Ok(());
    }
    Err(format!("`{part}` is not in\n{text}"))
}
