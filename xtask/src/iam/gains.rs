//! `cargo xtask sample-gain`: what comparing says of pairs of callers, against requests.
//!
//! Where comparing says that a role may do nothing that a principal may not, random requests that the role is allowed
//! are evaluated for the principal too, by our evaluator and by programs that nobody here wrote. Where it says that there
//! is something, its witness is.

use std::collections::BTreeSet;

use rolecall_iam::{Answer, Authority, Caller, Engine, Grant, PolicyKind, Request, evaluate, parse_policy};
use rolecall_source::{Diagnostic, Span, Text};
use serde_json::{Value, json};

use super::dice::Dice;
use super::requests::Pool;
use super::subjects::{self, ACCOUNT, Subject};
use super::{Judge, Options, Tally, is_allowed, ours, say};
use crate::Outcome;

/// Most lines that go to the judges at once.
const LINES: usize = 10_000;
/// The longest AWS-managed policies that are sampled: the judges read the document again for each request.
const DOCUMENT: usize = 6_000;

/// Most wrong answers that are shown.
const SHOWN: usize = 5;

/// What was found for all pairs.
#[derive(Default)]
struct Totals {
    pairs: usize,
    without: usize,
    with: usize,
    depends: usize,
    samples: usize,
    /// Samples for the judges, each a line with the answer that it must have.
    lines: Vec<(Value, bool)>,
    wrong: Vec<String>,
}

pub(crate) fn sample(arguments: &[String]) -> Outcome {
    let options = super::options(arguments)?;
    let mut failures = 0;
    for seed in &options.seeds {
        let mut dice = Dice::new(*seed);
        for (what, managed) in [("written policies", false), ("AWS-managed policies", true)] {
            let totals = pairs(&options, managed, &mut dice);
            say(&format!(
                "seed {seed}, {what}: {} pairs, {} without a gain ({} requests sampled), {} with a witness, {} depend",
                totals.pairs, totals.without, totals.samples, totals.with, totals.depends
            ));
            for wrong in totals.wrong.iter().take(SHOWN) {
                say(&format!("  wrong: {wrong}"));
            }
            failures += totals.wrong.len() + judged(&options, &format!("seed {seed}, {what}"), &totals.lines)?;
        }
    }
    if failures == 0 {
        Ok(())
    } else {
        Err(format!("{failures} answers are wrong or not explained").into())
    }
}

fn pairs(options: &Options, managed: bool, dice: &mut Dice) -> Totals {
    let engine = Engine::new();
    let mut totals = Totals::default();
    let all: Vec<Value> = if managed { documents() } else { Vec::new() };
    // Half of the pairs have no gain; a pair with one is asked only once.
    let half = options.pairs.div_ceil(2);
    for _ in 0..options.pairs.saturating_mul(200) {
        if totals.without >= half && totals.with >= half {
            break;
        }
        let (target, principal) = if managed {
            of_managed(&all, dice)
        } else {
            of_written(dice)
        };
        let relation = engine.relation(
            &engine.prepare(&target.authority()),
            &engine.prepare(&principal.authority()),
        );
        match (&relation.answer, &relation.witness) {
            (Answer::No, _) if totals.without < half => totals.contained(options, &target, &principal, dice),
            (Answer::Yes, Some(witness)) if totals.with < half => {
                totals.with += 1;
                totals.pairs += 1;
                totals.lines.push((target.line(&witness.request), true));
                totals.lines.push((principal.line(&witness.request), false));
            }
            (Answer::No | Answer::Yes, _) => {}
            (Answer::Depends(_), _) => totals.depends += 1,
        }
    }
    totals
}

impl Totals {
    /// Samples what the target is allowed: the principal must be allowed it.
    fn contained(&mut self, options: &Options, target: &Subject, principal: &Subject, dice: &mut Dice) {
        let pool = Pool::of([target, principal]);
        let (first, second) = (target.authority(), principal.authority());
        let (mut seen, mut allowed) = (BTreeSet::new(), 0);
        for _ in 0..options.samples.saturating_mul(8) {
            if allowed >= options.samples {
                break;
            }
            let Some(request) = pool.request(dice) else { continue };
            if !evaluate(&first, &request).answer.is_yes() {
                continue;
            }
            allowed += 1;
            if !seen.insert(format!("{request:?}")) {
                continue;
            }
            if !evaluate(&second, &request).answer.is_yes() {
                let pair = json!([target.line(&request), principal.line(&request)]);
                self.wrong.push(format!("the first may and the second may not: {pair}"));
            }
            if seen.len() <= options.outside {
                self.lines.push((target.line(&request), true));
                self.lines.push((principal.line(&request), true));
            }
        }
        // A target that is allowed nothing is contained in everything: no example of the claim.
        if allowed > 0 {
            self.pairs += 1;
            self.without += 1;
            self.samples += seen.len();
        }
    }
}

fn of_written(dice: &mut Dice) -> (Subject, Subject) {
    let target = subjects::random(dice);
    let principal = if dice.often(90) {
        subjects::near(&target, dice)
    } else {
        subjects::random(dice)
    };
    (target, principal)
}

/// One AWS-managed policy, and another two, or the same among others.
fn of_managed(all: &[Value], dice: &mut Dice) -> (Subject, Subject) {
    let mut take = |n: usize| -> Vec<Value> { (0..n).filter_map(|_| dice.pick(all).cloned()).collect() };
    let (target, mut others) = (take(1), take(2));
    let limited = dice.often(25).then(|| others.pop()).flatten();
    if dice.often(30) {
        others.extend(target.iter().cloned());
    }
    let caller = |name: &str, identity: Vec<Value>, boundary: Option<Value>| Subject {
        principal: format!("arn:aws:iam::{ACCOUNT}:{name}"),
        team: None,
        identity,
        boundary,
        controls: Vec::new(),
    };
    (
        caller("role/app-ec2", target, limited),
        caller("user/dana", others, None),
    )
}

fn documents() -> Vec<Value> {
    rolecall_catalog::managed_policies()
        .filter(|p| p.document.len() <= DOCUMENT)
        .filter_map(|p| serde_json::from_str(&p.document).ok())
        .collect()
}

impl Subject {
    /// Every policy document.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Value> {
        self.identity
            .iter()
            .chain(&self.boundary)
            .chain(self.controls.iter().flatten())
    }

    fn username(&self) -> Option<&str> {
        let (_, path) = self.principal.split_once(":user/")?;
        path.rsplit('/').next()
    }

    fn authority(&self) -> Authority {
        let tags = self
            .team
            .map(|t| (Text::plain("team"), rolecall_source::Value::string(t, Span::NOWHERE)));
        let tags = rolecall_source::Value::map(tags, Span::NOWHERE);
        Authority {
            caller: Caller {
                arn: Some(Text::plain(&self.principal)),
                account: Some(Text::plain(ACCOUNT)),
                username: self.username().map(Text::plain),
                kind: Some(if self.username().is_some() {
                    "User"
                } else {
                    "AssumedRole"
                }),
                tags: tags.as_map().cloned(),
            },
            identity: self.identity.iter().map(|d| grant(d, PolicyKind::Identity)).collect(),
            boundary: self.boundary.as_ref().map(|d| grant(d, PolicyKind::Identity)),
            controls: self
                .controls
                .iter()
                .map(|level| level.iter().map(|d| grant(d, PolicyKind::Control)).collect())
                .collect(),
            ..Authority::default()
        }
    }

    /// A request of this caller as the judges read it.
    fn line(&self, request: &Request) -> Value {
        let mut context: serde_json::Map<String, Value> = request
            .context
            .iter()
            .map(|(key, values)| {
                let many = rolecall_catalog::condition_key_type(key).is_some_and(|t| t.starts_with("ArrayOf"));
                let mut texts: Vec<Value> = values.iter().map(|v| v.to_string().into()).collect();
                let one = if many || texts.len() > 1 { None } else { texts.pop() };
                (spelled(key), one.unwrap_or(Value::Array(texts)))
            })
            .collect();
        context.insert("aws:PrincipalArn".into(), self.principal.as_str().into());
        context.insert("aws:PrincipalAccount".into(), ACCOUNT.into());
        if let Some(name) = self.username() {
            context.insert("aws:username".into(), name.into());
        }
        if let Some(team) = self.team {
            context.insert("aws:PrincipalTag/team".into(), team.into());
        }
        let mut line = json!({
            "principal": self.principal, "action": request.action, "resource": request.resource.to_string(),
            "account": ACCOUNT, "context": context, "identity": self.identity,
        });
        if let (Some(fields), true) = (line.as_object_mut(), is_decided_by_its_policy(request)) {
            let account = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
            let everything = if request.action.starts_with("sts:") {
                json!({"Effect": "Allow", "Principal": account, "Action": "*"})
            } else {
                json!({"Effect": "Allow", "Principal": account, "Action": "*", "Resource": "*"})
            };
            fields.insert(
                "resourcePolicy".into(),
                json!({"Version": "2012-10-17", "Statement": everything}),
            );
        }
        if let (Some(fields), Some(boundary)) = (line.as_object_mut(), &self.boundary) {
            fields.insert("boundary".into(), json!([boundary]));
        }
        if let (Some(fields), false) = (line.as_object_mut(), self.controls.is_empty()) {
            fields.insert("scps".into(), json!(self.controls));
        }
        line
    }
}

/// Keys of KMS, and roles that are assumed: nobody may do anything that their policy does not allow. Comparing takes
/// such a policy for one that hands everything to its account; the judges are told so.
fn is_decided_by_its_policy(request: &Request) -> bool {
    let resource = request.resource.to_string();
    resource.contains(":kms:") && resource.contains(":key/") || request.action.starts_with("sts:") && resource != "*"
}

/// A condition key as AWS spells it, what fills a placeholder as it is.
fn spelled(key: &str) -> String {
    let Some(published) = rolecall_catalog::find_condition_key(key) else {
        return key.to_owned();
    };
    let fixed = published.name.split("${").next().unwrap_or_default();
    format!("{fixed}{}", key.get(fixed.len()..).unwrap_or_default())
}

fn grant(document: &Value, kind: PolicyKind) -> Grant {
    let document = rolecall_source::Value::string(&document.to_string(), Span::NOWHERE);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    Grant {
        policy: parse_policy(&document, kind, &mut diagnostics).into(),
        id: 0,
        exists: Default::default(),
    }
}

/// Asks `rolecall policy eval` and the judges; how many answers are wrong or not explained.
fn judged(options: &Options, what: &str, lines: &[(Value, bool)]) -> Result<usize, Box<dyn std::error::Error>> {
    let mut tallies = [Tally::new(Judge::IamSimulate), Tally::new(Judge::IamRs)];
    let mut wrong = 0;
    for batch in lines.chunks(LINES) {
        let requests: Vec<Value> = batch.iter().map(|(line, _)| line.clone()).collect();
        let answers = ours(options, &requests)?;
        for ((line, expected), answer) in batch.iter().zip(&answers) {
            if is_allowed(answer) != *expected {
                wrong += 1;
                if wrong <= SHOWN {
                    say(&format!("  wrong: {answer} for {line}"));
                }
            }
        }
        for tally in &mut tallies {
            tally.add(options, &requests, &answers)?;
        }
    }
    Ok(wrong + tallies.into_iter().map(|t| t.say(what)).sum::<usize>())
}
