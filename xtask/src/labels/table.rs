//! The labels of every technique, beside what a scan says: a page that is checked in.

use std::fmt::Write as _;

use rolecall_checks::techniques;
use serde_json::Value;

use super::{list, text};

/// What differs from its label, and why: a part of the scenario's name or `principal id`, and the reason.
const WHY: &[(&str, &str)] = &[
    (
        "lambda-invoke-update",
        "the function lets in a role of another account, and nothing says that the role of that name is of that account",
    ),
    (
        "simple-role-assumption",
        "the account that is trusted is a variable without a value, `\"\"` by default: it trusts nobody",
    ),
    (
        "ai-chatbot-to-admin",
        "anyone may call the function by its address; that runs the code that is there, not one's own",
    ),
    (
        "public-lambda-with-admin",
        "anyone may call the function by its address; that runs the code that is there, not one's own",
    ),
    (
        "SetExistingDefaultPolicyVersion",
        "only the default version of a policy stands in a configuration",
    ),
    (
        "CreateEC2WithExistingInstanceProfile",
        "it may give an instance another profile, and runs code on none; by launching one it has the path that the scan tells",
    ),
    (
        "EditExistingLambdaFunctionWithRole",
        "the function stands in a module that nothing calls, a configuration of its own: nothing says that both are of one account",
    ),
    (
        "UpdateExistingGlueDevEndpoint",
        "the endpoint stands in a module that nothing calls, a configuration of its own",
    ),
    (
        "CloudFormationUpdateStack",
        "the stack stands in a module that nothing calls, a configuration of its own",
    ),
    (
        "sageMakerCreatePresignedNotebookURL",
        "the notebook stands in a module that nothing calls, a configuration of its own",
    ),
];

/// One label and what became of it.
pub(crate) struct Row {
    scenario: String,
    expected: String,
    got: String,
    /// True iff what was told is what was labelled.
    pub(crate) right: bool,
    why: String,
}

/// What was labelled and told, and how much of it agrees.
pub(crate) struct Table {
    pub(crate) corpus: String,
    pub(crate) rows: Vec<Row>,
    score: String,
}

/// One finding, as far as labels speak of it.
struct Told {
    principal: String,
    role: String,
    rule: String,
    techniques: Vec<String>,
    certain: bool,
}

impl Told {
    fn of(report: &Value) -> Vec<Self> {
        let address = |f: &Value, key: &str| f.get(key).map(|p| text(p, "address")).unwrap_or_default();
        let one = |f: &Value| Self {
            principal: address(f, "principal"),
            role: address(f, "role"),
            rule: text(f, "rule"),
            techniques: list(f, "hops").iter().map(|h| text(h, "technique")).collect(),
            certain: text(f, "confidence") == "certain",
        };
        list(report, "findings").iter().map(one).collect()
    }

    fn words(&self) -> String {
        let sure = if self.certain { "" } else { " (possible)" };
        format!("`{}`{sure}", self.techniques.join("` then `"))
    }
}

/// One row for each scenario: a holder that it labels is told of with a role that it labels.
pub(crate) fn scenarios(labels: &Value, scan: impl Fn(&str) -> super::Scanned) -> super::Tabled {
    let mut rows = Vec::new();
    for scenario in list(labels, "scenarios") {
        let dir = text(scenario, "dir");
        let told = Told::of(&scan(&dir)?);
        let names = |key: &str| -> Vec<String> {
            let named = list(scenario, key).iter().filter_map(Value::as_str);
            named.map(|n| n.split(' ').next().unwrap_or(n).to_owned()).collect()
        };
        let (holders, targets) = (names("permission_holders"), names("target_roles"));
        let is = |t: &&Told| {
            let start = holders.contains(&t.principal) || holders.is_empty() && t.principal == "anyone";
            start && (targets.contains(&t.role) || t.rule == "self-escalation")
        };
        let hit = told.iter().find(is);
        let holders = if holders.is_empty() {
            vec!["anyone".to_owned()]
        } else {
            holders
        };
        let targets = if targets.is_empty() {
            vec!["itself".to_owned()]
        } else {
            targets
        };
        rows.push(Row {
            scenario: dir.trim_start_matches("modules/scenarios/").to_owned(),
            expected: format!("`{}` → `{}`", holders.join("`, `"), targets.join("`, `")),
            got: hit.map_or_else(|| "nothing".to_owned(), Told::words),
            right: hit.is_some(),
            why: why(&dir),
        });
    }
    let found = rows.iter().filter(|r| r.right).count();
    Ok(Table {
        corpus: text(labels, "corpus"),
        score: format!("{found} of {} scenarios found", rows.len()),
        rows,
    })
}

/// One row for each verdict on a principal of one configuration.
pub(crate) fn principals(labels: &Value, report: &Value) -> Table {
    let told = Told::of(report);
    let mut rows = Vec::new();
    let mut tally = std::collections::BTreeMap::<String, (usize, usize)>::new();
    for principal in list(labels, "principals") {
        let address = text(principal, "address");
        let mine: Vec<&Told> = told.iter().filter(|t| t.principal == address).collect();
        for path in list(principal, "other_paths") {
            let (verdict, id) = (text(path, "verdict"), text(path, "catalogue_id"));
            let actions: Vec<&str> = list(path, "actions").iter().filter_map(Value::as_str).collect();
            let hit = mine.iter().find(|t| is_of(t, &id));
            let right = match verdict.as_str() {
                "yes" => hit.is_some(),
                // What needs something outside the configuration may be told, and never as certain.
                "conditional" => hit.is_none_or(|t| !t.certain),
                _ => hit.is_none(),
            };
            let count = tally.entry(verdict.clone()).or_default();
            count.0 += usize::from(hit.is_some());
            count.1 += 1;
            let name = text(principal, "name");
            let wanted = if id.is_empty() { actions.join(", ") } else { id };
            rows.push(Row {
                expected: format!("{verdict}: {wanted}"),
                got: hit.map_or_else(|| "nothing".to_owned(), |t| t.words()),
                right,
                why: if hit.is_some() { String::new() } else { why(&name) },
                scenario: name,
            });
        }
    }
    let told: Vec<String> = tally
        .iter()
        .map(|(verdict, (told, all))| format!("{told} of {all} `{verdict}` told"))
        .collect();
    Table {
        corpus: text(labels, "corpus"),
        score: told.join(", "),
        rows,
    }
}

/// True iff a finding begins with a technique that other catalogues call so.
fn is_of(told: &Told, id: &str) -> bool {
    if id == "iam-*" {
        return told.rule == "self-escalation";
    }
    let first = told.techniques.first();
    let named = techniques().iter().filter(|t| t.known_as.iter().any(|k| k == id));
    let mut all = named.chain(
        techniques()
            .iter()
            .filter(|t| id == "codebuild-004" && *t.id == *"codebuild-create-project-and-build"),
    );
    all.any(|t| first.is_some_and(|f| **f == *t.id))
}

fn why(name: &str) -> String {
    let known = WHY.iter().find(|(part, _)| name.contains(part));
    known.map_or_else(String::new, |(_, why)| (*why).to_owned())
}

/// The page.
pub(crate) fn page(tables: &[Table]) -> String {
    let mut out = String::from(
        "# Labels\n\nPeople have labelled public configurations: who can come to act as whom. `cargo xtask labels` scans them and writes this\npage, one row a label. `got` is the technique of the finding, hop by hop; `(possible)` says that it relies on an assumption.\n",
    );
    for table in tables {
        let right = table.rows.iter().filter(|r| r.right).count();
        let _ = writeln!(
            out,
            "\n## {}\n\n{}; {right} of {} rows as labelled.\n\n| scenario | expected | got | |\n|---|---|---|---|",
            table.corpus,
            table.score,
            table.rows.len()
        );
        for row in &table.rows {
            let mark = match (row.right, row.why.as_str()) {
                (true, why) => why.to_owned(),
                (false, "") => "**not explained**".to_owned(),
                (false, why) => format!("**missed**: {why}"),
            };
            let _ = writeln!(out, "| {} | {} | {} | {mark} |", row.scenario, row.expected, row.got);
        }
    }
    out
}

impl Row {
    /// A difference that nobody has explained.
    pub(crate) fn is_unexplained(&self) -> bool {
        !self.right && self.why.is_empty()
    }

    pub(crate) fn told(&self) -> String {
        format!("{}: expected {}, got {}", self.scenario, self.expected, self.got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(principal: &str, role: &str, technique: &str, confidence: &str) -> Value {
        serde_json::json!({ "findings": [{
            "rule": "take-over-compute", "confidence": confidence,
            "principal": { "address": principal }, "role": { "address": role },
            "hops": [{ "technique": technique }],
        }] })
    }

    #[test]
    fn what_is_told_otherwise_than_labelled_is_not_right() {
        let labels = serde_json::json!({ "scenarios": [
            { "dir": "a", "permission_holders": ["u"], "target_roles": ["r (as declared)"] },
            { "dir": "b", "permission_holders": ["v"], "target_roles": ["r"] },
        ] });
        let table = scenarios(&labels, |_| Ok(report("u", "r", "ssm-start-session", "possible"))).unwrap();
        let right: Vec<bool> = table.rows.iter().map(|r| r.right).collect();
        assert_eq!(right, [true, false]);
        assert_eq!(table.rows[1].got, "nothing");
    }

    #[test]
    fn verdicts_are_held_by_their_kind() {
        let path = |verdict: &str| serde_json::json!({ "address": "u", "name": "u", "other_paths": [{ "verdict": verdict, "catalogue_id": "ssm-001" }] });
        let labels = serde_json::json!({ "principals": [path("yes"), path("conditional"), path("indirect")] });
        let right = |confidence: &str, technique: &str| -> Vec<bool> {
            let table = principals(&labels, &report("u", "r", technique, confidence));
            table.rows.iter().map(|r| r.right).collect()
        };
        assert_eq!(right("certain", "ssm-start-session"), [true, false, false]);
        assert_eq!(right("possible", "ssm-start-session"), [true, true, false]);
        assert_eq!(right("certain", "ssm-send-command"), [false, true, true]);
    }
}
