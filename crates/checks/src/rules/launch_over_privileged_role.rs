use rolecall_graph::Node;
use rolecall_iam::{Answer, Assumptions, Gain, Rank, Witness};
use rolecall_source::{Assumption, Confidence, Diagnostic, Level, Severity};

use super::Context;
use crate::decide::{Launch, Launcher, Proof};
use crate::finding::{Finding, Hop, Rule};
use crate::technique::techniques;
use crate::{fix, steps, wording};

pub(crate) const RULE: Rule = Rule {
    id: "launch-over-privileged-role",
    summary: "A principal can launch compute with a role that may do what the principal may not",
    page: include_str!("../../../../docs/rules/launch-over-privileged-role.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/launch-over-privileged-role.md",
};

/// The findings of one principal, and what could not be decided.
pub(crate) fn check(context: &Context<'_>, principal: &Node) -> (Vec<Finding>, Vec<Diagnostic>) {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    let launcher = Launcher::new(context, principal);
    let service = "ec2.amazonaws.com";
    if Proof::default().and(&launcher.passes_any(service)).is_none() {
        return (findings, notes);
    }
    for (role_id, role) in context.trusting(principal, service) {
        let launches: Vec<Launch> = techniques()
            .iter()
            .filter_map(|t| launcher.launch(t, role_id, role))
            .collect();
        let Some(launch) = launches.iter().min_by_key(|l| !l.assumes().is_empty()) else {
            continue;
        };
        let gain = context.engine.gain(&role.authority, &principal.authority);
        match (&gain.answer, &gain.witness) {
            (Answer::No, _) => {}
            (_, Some(witness)) => {
                let also = launches
                    .iter()
                    .filter(|l| l.technique.id != launch.technique.id)
                    .map(|l| l.technique.id)
                    .collect();
                findings.push(
                    Case {
                        context,
                        principal,
                        role,
                        launch,
                        gain: &gain,
                        witness,
                        also,
                    }
                    .finding(),
                );
            }
            (Answer::Depends(why), None) => notes.push(undecided(principal, role, why)),
            (Answer::Yes, None) => {}
        }
    }
    (findings, notes)
}

/// Gain could not be decided within the engine's bounds.
fn undecided(principal: &Node, role: &Node, why: &Assumptions) -> Diagnostic {
    let headline = format!(
        "{} can launch with {}, and whether that gains anything was not decided",
        wording::who(principal),
        wording::who(role)
    );
    let mut note = Diagnostic::new("gain-undecided", Level::Note, headline, role.fact.origin.span);
    note.notes = why.iter().map(ToString::to_string).collect();
    note
}

/// Everything a finding is made of.
struct Case<'a> {
    context: &'a Context<'a>,
    principal: &'a Node,
    role: &'a Node,
    launch: &'a Launch,
    gain: &'a Gain,
    witness: &'a Witness,
    also: Vec<&'static str>,
}

impl Case<'_> {
    fn assumes(&self) -> Vec<Assumption> {
        let mut all = self.launch.assumes();
        if let Answer::Depends(more) = &self.gain.answer {
            all.extend(more.iter().cloned());
        }
        all.extend(self.principal.exists.iter().chain(&self.role.exists).cloned());
        all.into_iter().collect()
    }

    fn hop(&self, steps: usize) -> Hop {
        Hop {
            technique: self.launch.technique.id.into(),
            does: self.launch.technique.does.into(),
            from: wording::party(self.principal),
            to: wording::party(self.role),
            through: None,
            steps: 0..steps,
        }
    }

    fn finding(self) -> Finding {
        let graph = self.context.graph;
        let assumes = self.assumes();
        let escalates = self.context.engine.escalates(&self.principal.authority);
        let steps = steps::path(graph, self.principal, self.role, self.launch, self.witness);
        let (technique, rule) = (self.launch.technique, RULE.id);
        let configuration = graph
            .configurations
            .get(self.principal.configuration)
            .map_or("", |c| &c.id);
        let identity = [
            rule,
            configuration,
            &self.principal.fact.origin.address,
            &self.role.fact.origin.address,
            technique.id,
        ];
        Finding {
            rule,
            technique: technique.id.into(),
            severity: severity(self.gain.rank),
            confidence: if assumes.is_empty() {
                Confidence::Certain
            } else {
                Confidence::Possible
            },
            headline: wording::headline(self.principal, self.role, technique, self.gain),
            principal: wording::party(self.principal),
            role: Some(wording::party(self.role)),
            gain: wording::gain(self.gain),
            witness: Some(wording::witness(self.witness)),
            primary: steps::primary(self.context, self.principal, &self.launch.pass),
            hops: vec![self.hop(steps.len())],
            steps,
            assumptions: assumes.iter().map(ToString::to_string).collect(),
            notes: wording::notes(&self.also, &escalates),
            fix: fix::pass_role(self.context, self.principal, self.role, self.launch),
            fingerprint: wording::fingerprint(&identity),
            suppressed: None,
        }
    }
}

fn severity(rank: Rank) -> Severity {
    match rank {
        Rank::Administrator => Severity::Critical,
        Rank::Sensitive => Severity::High,
        Rank::Write => Severity::Medium,
        Rank::Other => Severity::Low,
    }
}
