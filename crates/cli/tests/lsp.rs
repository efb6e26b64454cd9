//! `rolecall lsp`, spoken to as an editor speaks.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

#[path = "support/editor.rs"]
mod editor;
#[expect(dead_code, reason = "only its folders are of use here")]
mod support;

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use editor::{Editor, edited, place, uri};
use serde_json::{Value, json};
use support::Folder;

/// A role that may do everything and one that may do little, each in an instance profile.
const ROLES: &str = r#"
data "aws_iam_policy_document" "ec2" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "admin" {
  name               = "shop-admin"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}
resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_instance_profile" "admin" {
  name = "shop-admin"
  role = aws_iam_role.admin.name
}
resource "aws_iam_role" "app" {
  name               = "shop-app"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}
resource "aws_iam_instance_profile" "app" {
  name = "shop-app"
  role = aws_iam_role.app.name
}
resource "aws_iam_user" "ci" {
  name = "ci"
}
"#;

/// The user's policy as an object, with letters outside the basic plane before the statement on its line.
const OBJECT: &str = r#"
resource "aws_iam_user_policy" "ci" {
  user = aws_iam_user.ci.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ec2:*", Resource = "*" },
      { Sid = /* 😀é */ "Pass", Effect = "Allow", Action = "iam:PassRole", Resource = "*" }
    ]
  })
}
"#;

/// The user's policy as a document of blocks.
const BLOCK: &str = r#"
data "aws_iam_policy_document" "ci" {
  statement {
    actions = [
      "ec2:*",
      "iam:PassRole"
    ]
    resources = ["*"]
  }
}
resource "aws_iam_user_policy" "ci" {
  user   = aws_iam_user.ci.name
  policy = data.aws_iam_policy_document.ci.json
}
"#;

fn open(text: &str) -> (Folder, std::path::PathBuf, Editor) {
    let folder = Folder::new();
    folder.file(".git/HEAD", "");
    folder.file("roles.tf", ROLES);
    let file = folder.file("main.tf", text);
    let editor = Editor::open_folder(&folder.0);
    (folder, file, editor)
}

fn is_open(found: &[Value]) -> bool {
    found.iter().any(|d| d["code"] == "launch-over-privileged-role")
}

#[test]
fn findings_are_shown_where_they_are() {
    let (folder, file, mut editor) = open(OBJECT);
    let registered = editor.wait(|m| m["method"] == "client/registerCapability");
    assert_eq!(
        registered["params"]["registrations"][0]["method"],
        "workspace/didChangeWatchedFiles"
    );
    let found = editor.diagnostics(&file, is_open);
    assert_eq!(found.len(), 1, "{found:?}");
    let finding = &found[0];
    assert_eq!(finding["severity"], 1);
    assert_eq!(finding["source"], "rolecall");
    let start = place(OBJECT, "\"iam:PassRole\"");
    let inside = json!({"line": start["line"], "character": start["character"].as_u64().unwrap() + 1});
    assert!(
        [&start, &inside].contains(&&finding["range"]["start"]),
        "{} {start}",
        finding["range"]
    );
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.starts_with("user `ci` can launch an EC2 instance with role `shop-admin`"),
        "{message}"
    );
    assert!(
        message.contains("\nwitness: ") && message.contains("\nfix: "),
        "{message}"
    );
    let related = finding["relatedInformation"].as_array().unwrap();
    assert!(related.len() >= 6, "{related:?}");
    assert_eq!(related[0]["location"]["uri"], uri(&folder.0.join("roles.tf")));
    assert_eq!(
        related[0]["location"]["range"]["start"],
        place(ROLES, "resource \"aws_iam_user\"")
    );
    assert_eq!(editor.quit(), 0);
}

#[test]
fn what_is_typed_counts_at_once() {
    let (folder, file, mut editor) = open(OBJECT);
    editor.diagnostics(&file, is_open);
    editor.open(&file, OBJECT);
    let from = place(OBJECT, "Allow\", Action = \"iam:PassRole");
    let (line, character) = (from["line"].as_u64().unwrap(), from["character"].as_u64().unwrap());
    let range = json!({"start": from, "end": {"line": line, "character": character + 5}});
    let document = json!({"uri": uri(&file), "version": 2});
    let changes = json!([{"range": range, "text": "Deny"}]);
    editor.tell(
        "textDocument/didChange",
        &json!({"textDocument": document, "contentChanges": changes}),
    );
    editor.diagnostics(&file, |found| found.is_empty());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), OBJECT, "the disk is as it was");
    // Closed without saving: the disk counts again.
    editor.tell("textDocument/didClose", &json!({"textDocument": {"uri": uri(&file)}}));
    editor.diagnostics(&file, is_open);
    // Changed by another program.
    std::fs::write(&file, "").unwrap();
    editor.tell(
        "workspace/didChangeWatchedFiles",
        &json!({"changes": [{"uri": uri(&file), "type": 2}]}),
    );
    editor.diagnostics(&file, |found| found.is_empty());
    // A file that was never saved.
    let new = folder.0.join("new file.tf");
    let spaced = uri(&new).replace(' ', "%20");
    let document = json!({"uri": spaced, "languageId": "terraform", "version": 1, "text": OBJECT});
    editor.tell("textDocument/didOpen", &json!({"textDocument": document}));
    editor.diagnostics(Path::new(&new.display().to_string().replace(' ', "%20")), is_open);
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_statement_tells_what_it_reaches() {
    let (_folder, file, mut editor) = open(OBJECT);
    let at = |editor: &mut Editor, position: Value| {
        let params = json!({"textDocument": {"uri": uri(&file)}, "position": position});
        editor.ask("textDocument/hover", &params)["result"].clone()
    };
    let hover = at(&mut editor, place(OBJECT, "iam:PassRole"));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(
        text.starts_with("**`iam:PassRole` reaches 2 roles stated here**\n"),
        "{text}"
    );
    assert!(text.contains("user `ci` may pass"), "{text}");
    assert!(
        text.contains("- role `shop-admin`: gains **every permission** (critical: `ec2-run-instances`)"),
        "{text}"
    );
    assert!(text.contains("- role `shop-app`: gains nothing\n"), "{text}");
    assert_eq!(hover["range"]["start"], place(OBJECT, "{ Sid"));
    let (_other, block, mut blocks) = open(BLOCK);
    let params = json!({"textDocument": {"uri": uri(&block)}, "position": place(BLOCK, "resources")});
    let of_block = blocks.ask("textDocument/hover", &params)["result"].clone();
    assert_eq!(of_block["contents"], hover["contents"]);
    assert_eq!(
        of_block["range"]["end"],
        json!({"line": 8, "character": 3}),
        "{of_block}"
    );
    assert_eq!(at(&mut editor, place(OBJECT, "ec2:*")), Value::Null);
    assert_eq!(at(&mut editor, json!({"line": 9999, "character": 9999})), Value::Null);
    assert_eq!(editor.quit(), 0);
}

/// Asks for the fix of the only finding, makes it, and gives the text after it, which does not have it.
fn fixed(editor: &mut Editor, file: &Path, text: &str) -> String {
    let finding = editor.diagnostics(file, is_open)[0].clone();
    let context = json!({"diagnostics": [finding]});
    let params = json!({"textDocument": {"uri": uri(file)}, "range": finding["range"], "context": context});
    let answer = editor.ask("textDocument/codeAction", &params);
    let actions = answer["result"].as_array().unwrap();
    assert_eq!(actions.len(), 1, "{answer}\n{text}");
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(actions[0]["diagnostics"][0]["range"], finding["range"]);
    let edits = actions[0]["edit"]["changes"][uri(file)].as_array().unwrap();
    let after = edited(text, edits);
    editor.open(file, text);
    editor.replace(file, 2, &after);
    editor.diagnostics(file, |found| !is_open(found));
    after
}

#[test]
fn the_fix_is_an_edit_in_every_way_of_writing() {
    let heredoc = r#"
resource "aws_iam_user_policy" "ci" {
  user   = aws_iam_user.ci.name
  policy = <<-JSON
    { "Version": "2012-10-17", "Statement": [
      { "Effect": "Allow", "Action": ["ec2:*", "iam:PassRole", "s3:GetObject"], "Resource": "*" }
    ] }
  JSON
}
"#;
    let alone = BLOCK.replace("      \"ec2:*\",\n", "").replace(
        "  statement {\n",
        "  statement {\n    actions   = [\"ec2:*\"]\n    resources = [\"*\"]\n  }\n\n  statement {\n",
    );
    let wildcard = OBJECT.replace("\"iam:PassRole\"", "\"iam:Pass*\"");
    for (text, expected) in [
        (OBJECT, "Resource = [aws_iam_role.app.arn]"),
        (heredoc, "\"Action\": [\"ec2:*\", \"s3:GetObject\"]"),
        (
            BLOCK,
            "\n  statement {\n    actions   = [\"iam:PassRole\"]\n    resources = [aws_iam_role.app.arn]\n",
        ),
        (&alone, "variable = \"iam:PassedToService\""),
        (&wildcard, "Effect   = \"Deny\""),
    ] {
        let (_folder, file, mut editor) = open(text);
        let after = fixed(&mut editor, &file, text);
        assert!(after.contains(expected), "{after}");
        assert_eq!(editor.quit(), 0);
    }
}

#[test]
fn the_fix_is_an_edit_of_a_template() {
    let text = "\
Resources:
  Trusting: &trust
    Type: AWS::IAM::Role
    Properties:
      RoleName: admin
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: ec2.amazonaws.com } }
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: ec2.amazonaws.com } }
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties:
      Roles: [!Ref Trusting]
  User:
    Type: AWS::IAM::User
    Properties:
      Policies:
        - PolicyName: all
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action:
                  - ec2:*
                  - iam:PassRole
                Resource: '*'
";
    let folder = Folder::new();
    folder.file(".git/HEAD", "");
    let file = folder.file("template.yaml", text);
    let mut editor = Editor::open_folder(&folder.0);
    let after = fixed(&mut editor, &file, text);
    assert!(
        after.contains("                  - ec2:*\n                Resource"),
        "{after}"
    );
    assert!(
        after.contains("\n              - Effect: Allow\n                Action: iam:PassRole\n"),
        "{after}"
    );
    assert_eq!(editor.quit(), 0);
}

#[test]
fn the_protocol_is_kept() {
    let mut editor = Editor::start(&[]);
    let early = editor.ask("textDocument/hover", &json!({}));
    assert_eq!(early["error"]["code"], -32002);
    editor.tell("textDocument/didOpen", &json!({}));
    let params = json!({"rootUri": null, "capabilities": {}});
    assert!(editor.ask("initialize", &params)["result"].is_object());
    assert_eq!(editor.ask("initialize", &params)["error"]["code"], -32600);
    assert_eq!(editor.ask("workspace/symbol", &json!({}))["error"]["code"], -32601);
    assert_eq!(
        editor.ask("textDocument/hover", &json!({"position": 7}))["error"]["code"],
        -32602
    );
    editor.raw("Content-Length: 5\r\n\r\n{oops");
    assert_eq!(editor.wait(|m| m["id"].is_null())["error"]["code"], -32700);
    editor.raw("Content-Length: 2\r\n\r\n[]");
    assert_eq!(editor.wait(|m| m["id"].is_null())["error"]["code"], -32600);
    let deep = "[".repeat(100_000);
    editor.raw(&format!("Content-Length: {}\r\n\r\n{deep}", deep.len()));
    assert_eq!(editor.wait(|m| m["id"].is_null())["error"]["code"], -32700);
    let wrong = [
        json!(null),
        json!([]),
        json!({"textDocument": 1, "contentChanges": [{}], "event": {"added": [1]}}),
    ];
    for method in ["didOpen", "didChange", "didClose", "didSave"] {
        for params in &wrong {
            editor.tell(&format!("textDocument/{method}"), params);
            editor.tell("workspace/didChangeWorkspaceFolders", params);
            editor.tell("$/cancelRequest", params);
        }
    }
    assert_eq!(editor.ask("shutdown", &Value::Null)["result"], Value::Null);
    assert_eq!(editor.ask("textDocument/hover", &json!({}))["error"]["code"], -32600);
    assert_eq!(editor.vanish(), 1, "no exit");

    let mut editor = Editor::start(&[]);
    editor.tell("exit", &Value::Null);
    assert_eq!(editor.vanish(), 1, "no shutdown");
}

#[test]
fn a_request_can_be_cancelled() {
    let (_folder, file, mut editor) = open(OBJECT);
    editor.diagnostics(&file, is_open);
    // Waits for the analysis of what was typed.
    editor.open(&file, OBJECT);
    let params = json!({"textDocument": {"uri": uri(&file)}, "position": place(OBJECT, "iam:PassRole")});
    let hover = editor.request("textDocument/hover", &params);
    editor.tell("$/cancelRequest", &json!({"id": hover}));
    assert_eq!(editor.wait(|m| m["id"] == hover)["error"]["code"], -32800);
    assert!(editor.ask("textDocument/hover", &params)["result"].is_object());
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_single_file_and_a_large_one() {
    let folder = Folder::new();
    let mut large = format!("{ROLES}{OBJECT}locals {{\n");
    for i in 0..60_000 {
        writeln!(large, "  value_{i} = \"{i} and some more letters\"").unwrap();
    }
    large.push_str("}\n");
    let file = folder.file("main.tf", &large);
    let mut editor = Editor::start(&["--account", "123456789012"]);
    editor.ask("initialize", &json!({"rootUri": null, "capabilities": {}}));
    editor.tell("initialized", &json!({}));
    editor.open(&file, &large);
    editor.diagnostics(&file, is_open);
    let began = Instant::now();
    for version in 2..102 {
        let document = json!({"uri": uri(&file), "version": version});
        let at = json!({"line": 0, "character": 0});
        let changes = json!([{"range": {"start": at, "end": at}, "text": "\n"}]);
        editor.tell(
            "textDocument/didChange",
            &json!({"textDocument": document, "contentChanges": changes}),
        );
    }
    let found = editor.diagnostics(&file, |found| {
        is_open(found)
            && found[0]["range"]["start"]["line"].as_u64()
                > place(&large, "iam:PassRole")["line"].as_u64().map(|l| l + 99)
    });
    assert!(!found.is_empty());
    assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
    assert_eq!(editor.quit(), 0);
}
