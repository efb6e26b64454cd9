//! Plans and states, laid over the configuration that they are of. The documents in `testdata/plan` are what Terraform
//! prints for the configuration beside them, with `env = "prod"`, `teams = ["a", "b"]` and a provider that stands in for
//! AWS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

use std::io::Read;
use std::sync::Arc;

use rolecall_facts::{Configuration, Output, PolicyRef};
use rolecall_source::{Kind, MemoryLoader, Sources, Span, Value};
use rolecall_terraform::{GivenPlan, Options, Plan, PlanError, analyze, looks_like_plan};

const MAIN: &str = include_str!("../../../testdata/plan/main.tf");
const CI: &str = include_str!("../../../testdata/plan/ci/main.tf");
const PLAN: &str = include_str!("../../../testdata/plan/plan.json");
const STATE: &str = include_str!("../../../testdata/plan/state.json");

fn sources(files: &[(&str, &str)]) -> Sources {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
    let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    Sources::new(paths, Box::new(MemoryLoader(files.iter().map(own).collect())))
}

fn given(text: &str) -> GivenPlan {
    GivenPlan {
        plan: Arc::new(Plan::read(text.as_bytes()).unwrap()),
        name: "`p.json`".into(),
        dir: None,
        beside: None,
    }
}

fn with(sources: &Sources, plans: Vec<GivenPlan>) -> Output {
    let options = Options {
        plans,
        ..Options::default()
    };
    analyze(sources, &options)
}

fn the_one(sources: &Sources, plan: &str) -> Configuration {
    let mut output = with(sources, vec![given(plan)]);
    assert!(output.diagnostics.is_empty(), "{:?}", output.diagnostics);
    assert_eq!(output.configurations.len(), 1);
    output.configurations.remove(0)
}

/// The body of the inline policy of somebody.
fn inline(c: &Configuration, whom: &str) -> Value {
    let body = c.attachments.iter().find_map(|a| match &a.policy {
        PolicyRef::Inline { body, .. } if a.to.by.to_string() == whom => Some(body.clone()),
        _ => None,
    });
    let body = body.unwrap_or_else(|| panic!("nothing is attached to {whom}"));
    match &body.kind {
        Kind::Encoded(e) => e.value.clone(),
        _ => body,
    }
}

fn written(sources: &Sources, span: Span) -> (&str, &str) {
    let text = sources.text(span.file).unwrap();
    (sources.path(span.file), &text[span.start as usize..span.end as usize])
}

fn names(c: &Configuration) -> Vec<String> {
    c.principals.iter().map(|p| p.name.to_string()).collect()
}

#[test]
fn a_plan_fills_what_the_source_leaves_open_and_the_source_keeps_its_places() {
    let sources = sources(&[("main.tf", MAIN), ("ci/main.tf", CI)]);
    let c = the_one(&sources, PLAN);
    assert_eq!(c.scopes[0].account.to_string(), "123456789012");
    assert_eq!(c.scopes[0].region.to_string(), "us-east-1");
    let ci = "deploy-⟨module.ci[0].aws_iam_role.deploy.name⟩";
    assert_eq!(
        names(&c),
        ["team-a", "team-b", ci, "remote-main", "remote-prod", "remote-x"]
    );
    assert!(
        c.principals
            .iter()
            .all(|p| p.origin.exists.is_empty() && !p.origin.open)
    );
    let statement = inline(&c, "team-b").get("Statement").unwrap().as_list().unwrap().items[0].clone();
    let action = &statement.get("Action").unwrap().as_list().unwrap().items[1];
    assert_eq!(written(&sources, action.span), ("main.tf", "\"iam:PassRole\""));
    let resource = &statement.get("Resource").unwrap().as_list().unwrap().items[0];
    assert_eq!(resource.as_str(), Some("arn:aws:iam::123456789012:role/remote-*"));
    assert_eq!(written(&sources, resource.span).0, "main.tf");
}

#[test]
fn resources_of_a_module_that_is_not_there_stand_at_its_call() {
    let sources = sources(&[("main.tf", MAIN), ("ci/main.tf", CI)]);
    let c = the_one(&sources, PLAN);
    let role = |name: &str| c.principals.iter().find(|p| p.name.to_string() == name).unwrap();
    let x = role("remote-x");
    assert_eq!(&*x.origin.address, "module.service.aws_iam_role.this[\"x\"]");
    assert_eq!(written(&sources, x.origin.span), ("main.tf", "module \"service\""));
    assert_eq!(x.arn.to_string(), "arn:aws:iam::123456789012:role/remote-x");
    assert!(
        x.trust
            .as_ref()
            .unwrap()
            .as_str()
            .unwrap()
            .contains("ec2.amazonaws.com")
    );
    let managed = |whom: &str| {
        let mut found = c.attachments.iter().filter(|a| a.to.by.to_string() == whom);
        found.any(|a| matches!(&a.policy, PolicyRef::Managed(arn) if arn.as_str() == Some("arn:aws:iam::aws:policy/AdministratorAccess")))
    };
    assert!(managed("remote-x") && managed("remote-prod"));
    // A policy that is known after it was applied only is a symbol, not absent.
    let symbol = inline(&c, "remote-x").as_unknown().cloned().unwrap();
    assert_eq!(&*symbol.name, "module.service.aws_iam_role_policy.p[\"x\"].policy");
    // An output that passes on the ARN of a role.
    let deploy = inline(&c, "deploy-⟨module.ci[0].aws_iam_role.deploy.name⟩");
    let resource = deploy.get("Statement").unwrap().as_list().unwrap().items[0]
        .get("Resource")
        .cloned();
    assert_eq!(
        resource.unwrap().as_str(),
        Some("arn:aws:iam::123456789012:role/remote-main")
    );
}

#[test]
fn a_state_knows_what_is_generated_and_not_what_is_to_come() {
    let sources = sources(&[("main.tf", MAIN), ("ci/main.tf", CI)]);
    let c = the_one(&sources, STATE);
    let all = names(&c);
    for name in [
        "team-a",
        "team-b",
        "team-⟨each.key⟩",
        "deploy-cbdc64278af284578",
        "remote-x",
    ] {
        assert!(all.iter().any(|n| n == name), "{name} in {all:?}");
    }
    let policy = inline(&c, "remote-x");
    assert!(
        policy.as_str().unwrap().contains("arn:aws:s3:::"),
        "the applied policy is known"
    );
}

#[test]
fn the_plan_counts_before_the_state_and_the_state_fills_what_it_leaves_open() {
    let sources = sources(&[("main.tf", MAIN), ("ci/main.tf", CI)]);
    let mut output = with(&sources, vec![given(PLAN), given(STATE)]);
    let c = output.configurations.remove(0);
    let all = names(&c);
    assert_eq!(
        all,
        [
            "team-a",
            "team-b",
            "deploy-cbdc64278af284578",
            "remote-main",
            "remote-prod",
            "remote-x"
        ]
    );
}

#[test]
fn the_source_counts_where_the_plan_disagrees_and_a_note_says_so() {
    let other = MAIN.replace("\"ec2:RunInstances\", \"iam:PassRole\"", "\"ec2:*\"");
    let sources = sources(&[("main.tf", &other), ("ci/main.tf", CI)]);
    let output = with(&sources, vec![given(PLAN)]);
    let told: Vec<&str> = output.diagnostics.iter().map(|d| d.headline.as_str()).collect();
    assert_eq!(
        told,
        [
            "`aws_iam_user_policy.launch[\"a\"].policy` is something else in the plan; the source counts",
            "`aws_iam_user_policy.launch[\"b\"].policy` is something else in the plan; the source counts",
        ]
    );
    let note = &output.diagnostics[0];
    assert!(
        note.notes[0].contains("ec2:*") && note.notes[1].contains("ec2:RunInstances"),
        "{note:?}"
    );
    let policy = inline(&output.configurations[0], "team-a");
    assert!(rolecall_source::json::write(&policy).to_string().contains("ec2:*"));
}

#[test]
fn what_is_not_planned_is_told() {
    let more = format!(
        "{MAIN}\nresource \"aws_iam_role\" \"new\" {{\n  name = \"new\"\n  assume_role_policy = \"{{}}\"\n}}\n"
    );
    let sources = sources(&[("main.tf", &more), ("ci/main.tf", CI)]);
    let output = with(&sources, vec![given(PLAN)]);
    let told: Vec<&str> = output.diagnostics.iter().map(|d| d.headline.as_str()).collect();
    assert_eq!(told, ["`aws_iam_role.new` is not in the plan"]);
    assert!(names(&output.configurations[0]).contains(&"new".to_owned()));
}

#[test]
fn a_plan_finds_its_root_module() {
    let both = sources(&[
        ("a/main.tf", MAIN),
        ("a/ci/main.tf", CI),
        ("b/main.tf", MAIN),
        ("b/ci/main.tf", CI),
        (
            "c/main.tf",
            "resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = \"{}\"\n}\n",
        ),
    ]);
    let place = |dir: Option<&str>, beside: Option<&str>| {
        let plan = GivenPlan {
            dir: dir.map(str::to_owned),
            beside: beside.map(str::to_owned),
            ..given(PLAN)
        };
        let output = with(&both, vec![plan]);
        let filled = |c: &Configuration| names(c).contains(&"team-a".to_owned());
        let filled = output
            .configurations
            .iter()
            .filter(|c| filled(c))
            .map(|c| c.id.to_string())
            .collect();
        let errors = output
            .diagnostics
            .iter()
            .filter(|d| &*d.code == "terraform-plan")
            .map(|d| d.headline.clone());
        (filled, errors.collect())
    };
    let nothing = Vec::<String>::new();
    let told = |text: &str| vec![text.to_owned()];
    assert_eq!(place(Some("a"), Some("b")), (told("a"), nothing.clone()));
    assert_eq!(place(None, Some("b")), (told("b"), nothing.clone()));
    assert_eq!(
        place(None, None),
        (
            nothing.clone(),
            told("`p.json` is not used: it fits 2 configurations alike")
        )
    );
    assert_eq!(
        place(Some("d"), None),
        (nothing, told("`p.json` is not used: `d` holds no configuration"))
    );
    let one = sources(&[
        ("c/x.tf", "locals {}"),
        ("deep/er/main.tf", MAIN),
        ("deep/er/ci/main.tf", CI),
    ]);
    assert_eq!(&*the_one(&one, PLAN).id, "deep/er");
}

#[test]
fn what_is_no_plan_is_told_apart() {
    let read = |text: &[u8]| Plan::read(text).unwrap_err();
    assert_eq!(read(b"PK\x03\x04rest"), PlanError::Binary);
    assert_eq!(
        read(br#"{"version": 4, "terraform_version": "1.11.4", "serial": 3}"#),
        PlanError::RawState
    );
    assert_eq!(
        read(br#"{"@level":"info","@message":"Terraform 1.11.4"}"#),
        PlanError::Log
    );
    assert_eq!(read(br#"{"format_version": "2.0"}"#), PlanError::Version("2.0".into()));
    assert_eq!(read(b"{}"), PlanError::Neither);
    for malformed in [
        "",
        "[]",
        "null",
        "Plan: 2 to add",
        "{\"format_version\": \"1.2\"",
        "{\"format_version\": \"1.2\"} {}",
    ] {
        let why = read(malformed.as_bytes());
        assert!(matches!(why, PlanError::Malformed(_)), "{malformed}: {why:?}");
    }
    let cut = read(&PLAN.as_bytes()[..PLAN.len() / 2]);
    assert!(cut.to_string().contains("EOF"), "{cut}");
    let deep = format!(
        "{{\"format_version\":\"1.2\",\"variables\":{{\"x\":{{\"value\":{}",
        "[".repeat(100_000)
    );
    assert!(matches!(read(deep.as_bytes()), PlanError::Malformed(_)));
    assert!(
        Plan::read(&b"{\"format_version\":\"1.0\"}"[..]).is_ok(),
        "an empty state"
    );
    assert!(looks_like_plan(&PLAN.as_bytes()[..512]) && !looks_like_plan(b"{\"Resources\": {}}"));
}

/// A document that is made while it is read, a few bytes at a time.
struct Stream<I: Iterator<Item = String>> {
    parts: I,
    now: Vec<u8>,
    at: usize,
}

impl<I: Iterator<Item = String>> Read for Stream<I> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.now.len() {
            self.now = self.parts.next().unwrap_or_default().into_bytes();
            self.at = 0;
        }
        let len = into.len().min(self.now.len() - self.at).min(1000);
        into[..len].copy_from_slice(&self.now[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

#[test]
fn a_large_plan_is_read_as_a_stream() {
    const USERS: usize = 1_000;
    let resource = |i: usize| {
        format!(
            r#"{{"address":"aws_iam_user.u[{i}]","mode":"managed","type":"aws_iam_user","name":"u","index":{i},"values":{{"name":"user-{i}","path":"/","tags":{{"n":"{i}"}}}}}}"#
        )
    };
    let comma = |i: usize| if i == 0 { "" } else { "," };
    let begin =
        r#"{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":["#;
    let users = (0..USERS).map(|i| format!("{}{}", comma(i), resource(i)));
    let changes = (0..USERS).map(|i| {
        let change = format!(
            r#"{{"actions":["create"],"before":null,"after":{},"after_unknown":{{"arn":true}}}}"#,
            resource(i)
        );
        format!(r#"{}{{"address":"aws_iam_user.u[{i}]","change":{change}}}"#, comma(i))
    });
    let parts = std::iter::once(begin.to_owned())
        .chain(users)
        .chain(["]}},\"resource_changes\":[".to_owned()])
        .chain(changes)
        .chain(["]}".to_owned()]);
    let plan = Plan::read(Stream {
        parts,
        now: Vec::new(),
        at: 0,
    });
    let text =
        "variable \"n\" {}\nresource \"aws_iam_user\" \"u\" {\n  count = var.n\n  name = \"user-${count.index}\"\n}\n";
    let sources = sources(&[("main.tf", text)]);
    let plan = GivenPlan {
        plan: Arc::new(plan.unwrap()),
        ..given(PLAN)
    };
    let output = with(&sources, vec![plan]);
    let c = &output.configurations[0];
    assert_eq!(c.principals.len(), USERS);
    assert_eq!(c.principals[17].name.to_string(), "user-17");
}
