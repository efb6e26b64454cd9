//! A path as steps, in story order.

use rolecall_graph::{GrantInfo, Graph, Node, PolicySource};
use rolecall_iam::{Effect, Reason, Witness};
use rolecall_source::Span;

use crate::decide::{Launch, Profile, Proof, place};
use crate::finding::{Step, StepKind, Within};
use crate::rules::Context;
use crate::technique::Technique;
use crate::wording::{document, who};

/// Who, by which statements it may launch and pass, the profile, the role's trust, the role, and its statement behind
/// the witness.
pub(crate) fn path(graph: &Graph, principal: &Node, role: &Node, launch: &Launch, witness: &Witness) -> Vec<Step> {
    let mut steps = Steps {
        graph,
        steps: Vec::new(),
    };
    steps.add(
        StepKind::Principal,
        format!("{} starts", who(principal)),
        principal.fact.origin.span,
        Within::from(&principal.fact.origin),
    );
    let technique = launch.technique;
    steps.statements(
        StepKind::Launch,
        &launch.launch.because,
        &format!("may call {}", technique.action),
        principal,
    );
    let pass = format!("may pass {} to {}", who(role), technique.service);
    steps.statements(StepKind::Pass, &launch.pass.because, &pass, principal);
    steps.profile(principal, role, &launch.profile);
    let trust = launch.trust.because.iter().map(place).find(|s| !s.is_nowhere());
    let trust = trust.unwrap_or(role.fact.origin.span);
    steps.add(
        StepKind::Trust,
        format!("{} trusts {}", who(role), technique.service),
        trust,
        Within::from(&role.fact.origin),
    );
    steps.add(
        StepKind::Role,
        format!("{} runs the instance", who(role)),
        role.fact.origin.span,
        Within::from(&role.fact.origin),
    );
    let gain = format!("allows {}, which {} may not do", witness.request.action, who(principal));
    steps.statements(StepKind::Gain, &witness.because, &gain, role);
    steps.steps
}

struct Steps<'g> {
    graph: &'g Graph,
    steps: Vec<Step>,
}

impl Steps<'_> {
    fn add(&mut self, kind: StepKind, message: String, span: Span, within: Within) {
        let step = Step {
            kind,
            message,
            span,
            within,
        };
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    /// The statements that allow something, each after the wiring through which `holder` has it.
    fn statements(&mut self, kind: StepKind, because: &[Reason], what: &str, holder: &Node) {
        for reason in because.iter().filter(|r| r.effect == Effect::Allow) {
            let info = self.graph.grant(reason.grant);
            if let Some(info) = info {
                self.wiring(info, holder);
            }
            let by = info.map_or_else(String::new, |i| format!("{} ", document(i)));
            let span = Some(place(reason))
                .filter(|s| !s.is_nowhere())
                .or_else(|| info.map(|i| i.attachment.span));
            let within = info.map_or(&holder.fact.origin, |i| match &i.source {
                PolicySource::Customer(policy) => policy,
                _ => &i.attachment,
            });
            let span = span.unwrap_or(holder.fact.origin.span);
            self.add(kind, format!("{by}{what}"), span, Within::from(within));
        }
    }

    /// How a policy reaches its holder: group and attachment, where the statement itself does not show it.
    fn wiring(&mut self, info: &GrantInfo, holder: &Node) {
        if let Some((group, span)) = info.group
            && let Some(group) = self.graph.node(group)
        {
            let message = format!("{} is in {}", who(holder), who(group));
            self.add(StepKind::Wiring, message, span, Within::default());
        }
        if !matches!(info.source, PolicySource::Inline(_)) && !info.attachment.span.is_nowhere() {
            self.add(
                StepKind::Wiring,
                format!("{} is attached by `{}`", document(info), info.attachment.address),
                info.attachment.span,
                Within::from(&info.attachment),
            );
        }
    }

    fn profile(&mut self, principal: &Node, role: &Node, profile: &Profile) {
        match profile {
            Profile::Stated(index) => {
                if let Some(p) = self.graph.profiles.get(*index) {
                    let message = format!("instance profile `{}` contains {}", p.fact.name, who(role));
                    let origin = &p.fact.origin;
                    self.add(StepKind::Profile, message, origin.span, Within::from(origin));
                }
            }
            Profile::Made { because } => {
                let what = format!("may make an instance profile for {}", who(role));
                self.statements(StepKind::Profile, because, &what, principal);
            }
        }
    }
}

/// Where a finding is shown: the statement that passes the role, or what attaches it, or the principal; for what stands
/// in a module that is not the repository's own, the innermost call that is.
pub(crate) fn primary(context: &Context<'_>, principal: &Node, pass: &Proof) -> Span {
    let reason = pass.because.iter().find(|r| r.effect == Effect::Allow);
    let attachment = reason.and_then(|r| context.graph.grant(r.grant)).map(|g| &g.attachment);
    let origins = attachment.into_iter().chain([&principal.fact.origin]);
    let mut places: Vec<Span> = reason.map(place).into_iter().collect();
    for origin in origins {
        places.push(origin.span);
        places.extend(origin.calls.iter().rev());
    }
    let own = places.iter().copied().find(|s| context.options.is_own(*s));
    own.or_else(|| places.into_iter().find(|s| !s.is_nowhere()))
        .unwrap_or(Span::NOWHERE)
}

/// The path of a principal that may pass roles nobody stated.
pub(crate) fn open_path(
    graph: &Graph,
    principal: &Node,
    technique: &Technique,
    launch: &Proof,
    pass: &Proof,
) -> Vec<Step> {
    let mut steps = Steps {
        graph,
        steps: Vec::new(),
    };
    steps.add(
        StepKind::Principal,
        format!("{} starts", who(principal)),
        principal.fact.origin.span,
        Within::from(&principal.fact.origin),
    );
    steps.statements(
        StepKind::Launch,
        &launch.because,
        &format!("may call {}", technique.action),
        principal,
    );
    let what = format!("may pass roles to {} by a pattern", technique.service);
    steps.statements(StepKind::Pass, &pass.because, &what, principal);
    steps.steps
}
