//! A path as steps, in story order.

use rolecall_graph::{GrantInfo, Node, NodeId, PolicySource};
use rolecall_iam::{Effect, Reason, Witness};
use rolecall_source::Span;

use crate::context::Context;
use crate::finding::{Step, StepKind, Within};
use crate::prove::{Evidence, Goal, Hop, place};
use crate::wording::{document, named_compute, who};

/// A path told: its steps, and where each hop ends among them.
pub(crate) struct Story {
    pub(crate) steps: Vec<Step>,
    pub(crate) ends: Vec<usize>,
}

/// Who starts, hop by hop what it may do, and the statement behind the witness.
pub(crate) fn story(context: &Context<'_>, start: &Node, hops: &[(&Node, Hop)], witness: Option<&Witness>) -> Story {
    let mut steps = Steps {
        context,
        steps: Vec::new(),
    };
    let mut ends = Vec::new();
    steps.add(
        StepKind::Principal,
        format!("{} starts", who(start)),
        start.fact.origin.span,
        Within::from(&start.fact.origin),
    );
    for (at, (actor, hop)) in hops.iter().enumerate() {
        if at > 0 {
            ends.push(steps.steps.len());
        }
        for evidence in &hop.proof.evidence {
            steps.evidence(actor, evidence);
        }
        steps.goal(actor, hop);
    }
    if let (Some((actor, hop)), Some(witness)) = (hops.last(), witness) {
        let holder = match hop.goal {
            Goal::Principal(id) | Goal::Administrator(id) | Goal::Unbounded(id) => {
                context.graph.node(id).unwrap_or(actor)
            }
            Goal::Member(_) | Goal::Made => actor,
        };
        let gain = format!("allows {}, which {} may not do", witness.request.action, who(start));
        steps.statements(StepKind::Gain, &witness.because, &gain, holder);
    }
    ends.push(steps.steps.len());
    Story {
        steps: steps.steps,
        ends,
    }
}

/// The steps of a principal that may pass roles nobody stated.
pub(crate) fn open(context: &Context<'_>, principal: &Node, evidence: &[Evidence]) -> Vec<Step> {
    let mut steps = Steps {
        context,
        steps: Vec::new(),
    };
    steps.add(
        StepKind::Principal,
        format!("{} starts", who(principal)),
        principal.fact.origin.span,
        Within::from(&principal.fact.origin),
    );
    for piece in evidence {
        steps.evidence(principal, piece);
    }
    steps.steps
}

/// The steps of strangers who may assume a role, and where that is shown.
pub(crate) fn strangers(
    context: &Context<'_>,
    role: &Node,
    strangers: &str,
    reason: &Reason,
    witness: &Witness,
) -> (Vec<Step>, Span) {
    let mut steps = Steps {
        context,
        steps: Vec::new(),
    };
    let origin = &role.fact.origin;
    let span = if reason.span.is_nowhere() {
        origin.span
    } else {
        reason.span
    };
    let within = Within {
        statement: Some(span),
        ..Within::from(origin)
    };
    steps.add(
        StepKind::Trust,
        format!("{} trusts {strangers}", who(role)),
        span,
        within,
    );
    let gain = format!("allows {}", witness.request.action);
    steps.statements(StepKind::Gain, &witness.because, &gain, role);
    let mut places = [span, origin.span]
        .into_iter()
        .chain(origin.calls.iter().rev().copied());
    let own = places.clone().find(|s| context.options.is_own(*s));
    let shown = own
        .or_else(|| places.find(|s| !s.is_nowhere()))
        .unwrap_or(Span::NOWHERE);
    (steps.steps, shown)
}

struct Steps<'g> {
    context: &'g Context<'g>,
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

    fn name(&self, id: NodeId) -> String {
        self.context.graph.node(id).map_or_else(String::new, who)
    }

    fn span(&self, id: NodeId) -> Span {
        self.context
            .graph
            .node(id)
            .map_or(Span::NOWHERE, |n| n.fact.origin.span)
    }

    fn within(&self, id: NodeId) -> Within {
        let node = self.context.graph.node(id);
        node.map_or_else(Within::default, |n| Within::from(&n.fact.origin))
    }

    fn within_compute(&self, at: usize) -> Within {
        let node = self.context.graph.compute.get(at);
        node.map_or_else(Within::default, |n| Within::from(&n.fact.origin))
    }

    fn evidence(&mut self, actor: &Node, evidence: &Evidence) {
        match evidence {
            Evidence::May { action, because } => {
                let kind = if is_of_identity(action) {
                    StepKind::Assume
                } else {
                    StepKind::Launch
                };
                self.statements(kind, because, &format!("may call {action}"), actor);
            }
            Evidence::MayPass { role, to, because } => {
                let what = format!("may pass {} to {to}", self.name(*role));
                self.statements(StepKind::Pass, because, &what, actor);
            }
            Evidence::MayPassAny { to, because } => {
                let what = format!("may pass roles to {to} by a pattern");
                self.statements(StepKind::Pass, because, &what, actor);
            }
            Evidence::MayMakeProfile { role, because } => {
                let what = format!("may make an instance profile for {}", self.name(*role));
                self.statements(StepKind::Profile, because, &what, actor);
            }
            Evidence::Contains(index) => {
                if let Some(p) = self.context.graph.profiles.get(*index) {
                    let role = p.role.map_or_else(String::new, |id| self.name(id));
                    let message = format!("instance profile `{}` contains {role}", p.fact.name);
                    let origin = &p.fact.origin;
                    self.add(StepKind::Profile, message, origin.span, Within::from(origin));
                }
            }
            Evidence::Trusts { role, service, because } => {
                let message = format!("{} trusts {service}", self.name(*role));
                self.trust(*role, message, because);
            }
            Evidence::TrustsPrincipal { role, because } => {
                let message = format!("{} trusts {}", self.name(*role), who(actor));
                self.trust(*role, message, because);
            }
            Evidence::Refers { from: at, to, span } => {
                let (from, to) = (named_compute(self.context, *at), named_compute(self.context, *to));
                let within = self.within_compute(*at);
                self.add(
                    StepKind::Compute,
                    format!("{from} is launched from {to}"),
                    *span,
                    within,
                );
            }
            Evidence::RunsWith { compute, role, span } => {
                let message = format!(
                    "{} runs with {}",
                    named_compute(self.context, *compute),
                    self.name(*role)
                );
                self.add(StepKind::Compute, message, *span, self.within_compute(*compute));
            }
            Evidence::Concerns { what, span } => self.add(StepKind::Wiring, what.clone(), *span, Within::default()),
        }
    }

    fn trust(&mut self, role: NodeId, message: String, because: &[Reason]) {
        let span = because.iter().map(place).find(|s| !s.is_nowhere());
        let span = span.unwrap_or_else(|| self.span(role));
        self.add(StepKind::Trust, message, span, self.within(role));
    }

    /// Who is acted as after a hop.
    fn goal(&mut self, actor: &Node, hop: &Hop) {
        let message = match hop.goal {
            Goal::Principal(id) if hop.technique.pass.is_some() => format!("{} runs what is started", self.name(id)),
            Goal::Principal(id) => format!("{} acts as {}", who(actor), self.name(id)),
            Goal::Administrator(id) => format!("{} has every permission", self.name(id)),
            Goal::Member(id) => format!("{} is a member of {}", who(actor), self.name(id)),
            Goal::Unbounded(id) => format!("{} has no permissions boundary any more", self.name(id)),
            Goal::Made => return,
        };
        if let Some(id) = hop.goal.node() {
            self.add(StepKind::Role, message, self.span(id), self.within(id));
        } else {
            let origin = &actor.fact.origin;
            self.add(StepKind::Role, message, origin.span, Within::from(origin));
        }
    }

    /// The statements that allow something, each after the wiring through which `holder` has it.
    fn statements(&mut self, kind: StepKind, because: &[Reason], what: &str, holder: &Node) {
        for reason in because.iter().filter(|r| r.effect == Effect::Allow) {
            let info = self.context.graph.grant(reason.grant);
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
            let within = Within {
                statement: Some(reason.span).filter(|s| !s.is_nowhere()),
                ..Within::from(within)
            };
            self.add(kind, format!("{by}{what}"), span, within);
        }
    }

    /// How a policy reaches its holder: group and attachment, where the statement itself does not show it.
    fn wiring(&mut self, info: &GrantInfo, holder: &Node) {
        if let Some((group, span)) = info.group
            && let Some(group) = self.context.graph.node(group)
        {
            let message = format!("{} is in {}", who(holder), who(group));
            self.add(StepKind::Wiring, message, span, Within::default());
        }
        if !matches!(info.source, PolicySource::Inline(_) | PolicySource::Resource(_))
            && !info.attachment.span.is_nowhere()
        {
            self.add(
                StepKind::Wiring,
                format!("{} is attached by `{}`", document(info), info.attachment.address),
                info.attachment.span,
                Within::from(&info.attachment),
            );
        }
    }
}

/// Actions that change or take on an identity.
fn is_of_identity(action: &str) -> bool {
    action.starts_with("iam:") || action.starts_with("sts:")
}

/// Where a finding is shown: the statement that passes the role or else the first that allows something, or what
/// attaches it, or the principal; for what stands in a module that is not the repository's own, the innermost call that
/// is.
pub(crate) fn primary(context: &Context<'_>, hops: &[(&Node, Hop)]) -> Span {
    let Some((actor, hop)) = hops.last() else {
        return Span::NOWHERE;
    };
    shown(context, actor, &hop.proof.evidence)
}

/// The place of the evidence that matters most.
pub(crate) fn shown(context: &Context<'_>, actor: &Node, evidence: &[Evidence]) -> Span {
    let reason = deciding(evidence);
    let attachment = reason.and_then(|r| context.graph.grant(r.grant)).map(|g| &g.attachment);
    let mut places: Vec<Span> = reason.map(place).into_iter().collect();
    let trusted = evidence.iter().find_map(|e| match e {
        Evidence::TrustsPrincipal { because, .. } => because.first(),
        _ => None,
    });
    places.extend(trusted.filter(|_| reason.is_none()).map(place));
    for origin in attachment.into_iter().chain([&actor.fact.origin]) {
        places.push(origin.span);
        places.extend(origin.calls.iter().rev());
    }
    let own = places.iter().copied().find(|s| context.options.is_own(*s));
    own.or_else(|| places.into_iter().find(|s| !s.is_nowhere()))
        .unwrap_or(Span::NOWHERE)
}

/// The statement that passes the role, or the first that allows something.
pub(crate) fn deciding(evidence: &[Evidence]) -> Option<&Reason> {
    let passes = evidence.iter().find_map(|e| match e {
        Evidence::MayPass { because, .. } | Evidence::MayPassAny { because, .. } => Some(because),
        _ => None,
    });
    let may = || {
        evidence.iter().find_map(|e| match e {
            Evidence::May { because, .. } => Some(because),
            _ => None,
        })
    };
    passes.or_else(may)?.iter().find(|r| r.effect == Effect::Allow)
}
