//! `rolecall dump graph` in its formats.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Folder, run};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path)
}

fn dump(path: &Path, format: &str) -> String {
    let run = run(
        Path::new("."),
        &["dump", "graph", "--quiet", "--format", format, path.to_str().unwrap()],
    );
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run.stdout()
}

#[test]
fn json_names_who_can_act_as_whom() {
    for extension in ["tf", "yaml"] {
        let path = fixture(&format!("techniques/take-over/lambda-update-function-code.{extension}"));
        let graph: Value = serde_json::from_str(&dump(&path, "json")).unwrap();
        assert_eq!(graph["version"], 1);
        let nodes = graph["nodes"].as_array().unwrap();
        for (at, node) in nodes.iter().enumerate() {
            let keys: Vec<&str> = node.as_object().unwrap().keys().map(String::as_str).collect();
            let all = ["id", "kind", "address", "name", "location", "arn", "declared"];
            assert_eq!(BTreeSet::from_iter(keys), BTreeSet::from(all));
            assert_eq!(node["id"], at);
        }
        let name = |id: &Value| nodes[usize::try_from(id.as_u64().unwrap()).unwrap()]["name"].clone();
        let edges: BTreeSet<String> = graph["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                let through = if e["through"].is_null() {
                    Value::Null
                } else {
                    name(&e["through"])
                };
                let what = if e["kind"] == "can" {
                    &e["technique"]
                } else {
                    &e["what"]
                };
                format!(
                    "{} {what} {} {through} {}",
                    name(&e["from"]),
                    name(&e["to"]),
                    e["severity"]
                )
                .replace('"', "")
            })
            .collect();
        let edges: BTreeSet<String> = edges.into_iter().filter(|e| !e.starts_with("strong ")).collect();
        let expected = [
            "ada lambda-update-function-code strong jobs critical",
            "jobs runs with strong null null",
        ];
        assert_eq!(edges, BTreeSet::from(expected.map(str::to_owned)), "{extension}");
    }
}

/// The words and signs of the DOT language, as its grammar has them; `None` where something else stands.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            c if c.is_whitespace() => {}
            '{' | '}' | '[' | ']' | ';' | ',' | '=' => out.push(c.to_string()),
            '-' => out.push(letters.next().filter(|c| *c == '>').map(|_| "->".to_owned())?),
            '"' => {
                let mut word = String::from("\"");
                loop {
                    match letters.next()? {
                        '\\' => word.push(letters.next()?),
                        '"' => break,
                        c => word.push(c),
                    }
                }
                out.push(word);
            }
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = letters.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                out.push(word);
            }
            _ => return None,
        }
    }
    Some(out)
}

#[test]
fn dot_parses() {
    let folder = Folder::new();
    folder.file(
        "main.tf",
        "resource \"aws_iam_user\" \"a\" {\n  name = \"a\\\"]; b -> c [x=\\\\\"\n}\n",
    );
    for path in [folder.0.clone(), fixture("techniques/ec2-take-over"), fixture("rules")] {
        let dot = dump(&path, "dot");
        let tokens = tokens(&dot).unwrap_or_else(|| panic!("{dot}"));
        let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
        assert_eq!(&words[..3], ["digraph", "rolecall", "{"]);
        assert_eq!(words.last(), Some(&"}"));
        let (mut nodes, mut named) = (BTreeSet::new(), BTreeSet::new());
        for statement in words[3..words.len() - 1].split(|w| *w == ";").filter(|s| !s.is_empty()) {
            match statement {
                ["rankdir", "=", "LR"] => {}
                [node, "[", rest @ .., "]"] => {
                    assert!(node.starts_with('n') && attributes(rest), "{statement:?}");
                    nodes.insert(*node);
                }
                [from, "->", to, "[", rest @ .., "]"] => {
                    assert!(attributes(rest), "{statement:?}");
                    named.extend([*from, *to]);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(named.is_subset(&nodes) && !nodes.is_empty());
    }
}

/// `a = b, c = d`.
fn attributes(words: &[&str]) -> bool {
    words.split(|w| *w == ",").all(|pair| matches!(pair, [_, "=", _]))
}

#[test]
fn mermaid_has_a_line_for_each_node_and_edge() {
    let chart = dump(&fixture("rules"), "mermaid");
    let mut lines = chart.lines();
    assert_eq!(lines.next(), Some("flowchart LR"));
    let mut nodes = BTreeSet::new();
    let mut edges = 0;
    for line in lines {
        let line = line.strip_prefix("  ").unwrap();
        let (from, rest) = line.split_at(line.find(|c: char| c != 'n' && !c.is_ascii_digit()).unwrap());
        if let Some((arrow, rest)) = rest.strip_prefix(' ').and_then(|r| r.split_once("|\"")) {
            let (label, to) = rest.split_once("\"| ").unwrap();
            assert!(["-->", "-.->"].contains(&arrow) && !label.contains('"'), "{line}");
            assert!(nodes.contains(from) && nodes.contains(to), "{line}");
            edges += 1;
        } else {
            let (open, rest) = rest.split_once('"').unwrap();
            let (label, close) = rest.split_once('"').unwrap();
            assert!(
                !label.contains(['[', ']', '(', ')', '|', '<', '>']) || label.contains("<br/>"),
                "{line}"
            );
            assert!(
                [("[", "]"), ("([", "])"), ("[[", "]]"), ("[/", "/]")].contains(&(open, close)),
                "{line}"
            );
            assert!(nodes.insert(from), "{line}");
        }
    }
    assert!(nodes.len() > 20 && edges > 20, "{} {edges}", nodes.len());
}

#[test]
fn only_the_graph_has_formats() {
    let run = run(Path::new("."), &["dump", "facts", "--format", "json", "."]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("dump graph"), "{}", run.stderr());
}
