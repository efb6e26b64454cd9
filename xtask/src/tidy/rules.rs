//! Every rule of `checks` has its page and its fixtures.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::Problem;
use crate::tidy::repo::Repo;

const SOURCES: &str = "crates/checks/src/rules/";
const PAGES: &str = "docs/rules/";
const FIXTURES: &str = "testdata/rules/";
/// Folders of each fixture.
const LANGUAGES: [&str; 2] = ["terraform", "cloudformation"];
/// Headings that every page has.
const HEADINGS: [&str; 4] = ["## What it finds", "## Why it matters", "## Example", "## Fix"];

pub(crate) fn rules(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repo.files {
        let Some(name) = file
            .path
            .strip_prefix(SOURCES)
            .and_then(|rest| rest.strip_suffix(".rs"))
        else {
            continue;
        };
        if name.contains('/') || name == "mod" || file.is_test {
            continue;
        }
        let id = name.replace('_', "-");
        if !file.text.contains(&format!("\"{id}\"")) {
            problems.push(Problem::new(
                &file.path,
                0,
                format!("no rule {id} here: a rule's file is named after it"),
            ));
        }
        page(repo, &format!("{PAGES}{id}.md"), &id, &mut problems);
        fixtures(repo, &id, &mut problems);
    }
    problems
}

fn page(repo: &Repo, path: &str, id: &str, problems: &mut Vec<Problem>) {
    let Some(page) = repo.file(path) else {
        problems.push(Problem::new(path, 0, format!("rule {id} has no page")));
        return;
    };
    for heading in HEADINGS {
        if !page.text.lines().any(|line| line == heading) {
            problems.push(Problem::new(path, 0, format!("no heading {heading}")));
        }
    }
}

/// A rule has fixtures, and each is stated in both languages.
fn fixtures(repo: &Repo, id: &str, problems: &mut Vec<Problem>) {
    let folder = format!("{FIXTURES}{id}/");
    let mut cases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in repo.files.iter().filter_map(|file| file.path.strip_prefix(&folder)) {
        if let Some((case, rest)) = path.split_once('/') {
            let language = rest.split_once('/').map(|(language, _)| language);
            cases.entry(case).or_default().extend(language);
        }
    }
    if cases.is_empty() {
        problems.push(Problem::new(&folder, 0, format!("rule {id} has no fixture")));
    }
    for (case, languages) in cases {
        for language in LANGUAGES.iter().filter(|language| !languages.contains(**language)) {
            problems.push(Problem::new(
                &format!("{folder}{case}"),
                0,
                format!("no {language} twin"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_lacks_is_seen() {
        let page = "# r\n\n## What it finds\n\n## Why it matters\n\n## Example\n\n## Fix\n";
        let whole = [
            ("crates/checks/src/rules/open_role.rs", "id: \"open-role\""),
            ("docs/rules/open-role.md", page),
            ("testdata/rules/open-role/a/terraform/main.tf", ""),
            ("testdata/rules/open-role/a/cloudformation/template.yaml", ""),
        ];
        assert_eq!(rules(&Repo::of(&whole)), []);
        for lacking in 1..whole.len() {
            let mut files = whole.to_vec();
            files.remove(lacking);
            assert_eq!(rules(&Repo::of(&files)).len(), 1, "{lacking}");
        }
        assert_eq!(rules(&Repo::of(&whole[..2])).len(), 1);
        let mut files = whole.to_vec();
        files[0].1 = "id: \"other\"";
        files[1].1 = "## What it finds\n";
        assert_eq!(rules(&Repo::of(&files)).len(), 4);
    }
}
