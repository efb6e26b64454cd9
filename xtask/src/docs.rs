//! `docs`: the pages that are made from the registry, and the book's summary of all pages there are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use rolecall_checks::{Technique, rules, techniques};

use crate::Outcome;

/// Where pages of techniques lie; nothing else does.
pub(crate) const TECHNIQUES: &str = "docs/techniques/";

/// What stands before the rules in the book, and what behind the techniques.
const HEAD: &str = "\
# Summary

- [Getting started](getting-started.md)
- [How to read a finding](reading-a-finding.md)
- [What is decided, and how](semantics.md)
- [Questions](faq.md)

# Using it

- [The command line](cli.md)
- [Pull requests](pull-requests.md)
- [Living with findings](living-with-findings.md)
- [Configuration](configuration.md)
- [The GitHub Action](github-action.md)
- [In CI](ci.md)
- [Editors](editors.md)

# Reference

";
const TAIL: &str = "\
- [Formats](formats.md)
- [JSON](json-v1.md)
- [JSON of comparisons](diff-v1.md)
- [Other tools](comparison.md)
- [Its own security](threat-model.md)

# How it works

- [Architecture](ARCHITECTURE.md)
- [Linking](linking.md)
- [Containment](containment.md)
- [Catalogue](catalog.md)
- [Terraform: differences](terraform-differences.md)
- [CloudFormation: differences](cloudformation-differences.md)
- [Judges](judges.md)
- [Labels](labels.md)
- [Public repositories](real-world.md)
";

/// Writes the pages, and takes away those of techniques that are no more.
pub(crate) fn write() -> Outcome {
    let root = crate::root();
    let pages = pages();
    let folder = root.join(TECHNIQUES);
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !pages.contains_key(&format!("{TECHNIQUES}{name}")) {
            fs::remove_file(&path)?;
        }
    }
    for (path, text) in pages {
        fs::write(root.join(path), text)?;
    }
    let there = |line: &str| page_of(line).is_none_or(|page| root.join("docs").join(page).exists());
    let summary: String = summary().split_inclusive('\n').filter(|l| there(l)).collect();
    fs::write(root.join("docs/SUMMARY.md"), summary)?;
    Ok(())
}

/// The page that a line of the summary links to.
fn page_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("](")?;
    rest.split_once(')').map(|(page, _)| page)
}

/// Every page that is made from the registry alone, by its path.
pub(crate) fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::from([
        ("docs/rules/README.md".to_owned(), rule_index()),
        (format!("{TECHNIQUES}README.md"), technique_index()),
    ]);
    for technique in techniques() {
        pages.insert(format!("{TECHNIQUES}{}.md", technique.id), technique.page());
    }
    pages
}

fn summary() -> String {
    let mut out = String::from(HEAD);
    out.push_str("- [Rules](rules/README.md)\n");
    for rule in rules() {
        let _ = writeln!(out, "  - [{0}](rules/{0}.md)", rule.id);
    }
    out.push_str("- [Techniques](techniques/README.md)\n");
    for technique in techniques() {
        let _ = writeln!(out, "  - [{0}](techniques/{0}.md)", technique.id);
    }
    out.push_str(TAIL);
    out
}

fn rule_index() -> String {
    let mut out = String::from(
        "# Rules\n\n`rolecall explain RULE` prints the page of a rule.\n\n| rule | what it finds |\n|---|---|\n",
    );
    for rule in rules() {
        let _ = writeln!(out, "| [`{0}`]({0}.md) | {1} |", rule.id, rule.summary);
    }
    out.push_str("\nHow they come about: [techniques](../techniques/README.md).\n");
    out
}

fn technique_index() -> String {
    let mut out = String::from(
        "# Techniques\n\nWays to come to act as somebody else, by the rule that reports them. `rolecall explain TECHNIQUE` prints \
         the page of one.\n",
    );
    let mut by_rule: BTreeMap<&str, Vec<&Technique>> = BTreeMap::new();
    for technique in techniques() {
        by_rule.entry(technique.rule.rule()).or_default().push(technique);
    }
    for (rule, techniques) in by_rule {
        let _ = writeln!(
            out,
            "\n## {rule}\n\n[The rule](../rules/{rule}.md)\n\n| technique | a principal can |\n|---|---|"
        );
        for technique in techniques {
            let _ = writeln!(out, "| [`{0}`]({0}.md) | {1} |", technique.id, technique.in_general());
        }
    }
    out
}
