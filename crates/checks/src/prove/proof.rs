//! What makes a step so.

use std::sync::Arc;

use rolecall_graph::NodeId;
use rolecall_iam::{Answer, Assumptions, Effect, Found, Reason};
use rolecall_source::{Assumption, Span};

/// One piece of evidence of a hop, in story order. Worded in `steps`.
#[derive(Clone, Debug)]
pub(crate) enum Evidence {
    /// The one who acts may call an action, by these statements.
    May {
        /// The action.
        action: Arc<str>,
        /// The statements.
        because: Vec<Reason>,
    },
    /// It may pass a role to a service.
    MayPass {
        /// The role.
        role: NodeId,
        /// The service.
        to: Arc<str>,
        /// The statements.
        because: Vec<Reason>,
    },
    /// It may pass roles to a service by a pattern.
    MayPassAny {
        /// The service.
        to: Arc<str>,
        /// The statements.
        because: Vec<Reason>,
    },
    /// It may make an instance profile for the role.
    MayMakeProfile {
        /// The role.
        role: NodeId,
        /// The statements.
        because: Vec<Reason>,
    },
    /// The profile that contains the role: index into [`rolecall_graph::Graph::profiles`].
    Contains(usize),
    /// The role trusts a service.
    Trusts {
        /// The role.
        role: NodeId,
        /// The service or identity provider.
        service: Arc<str>,
        /// The statements of its trust policy.
        because: Vec<Reason>,
    },
    /// The role trusts the one who acts.
    TrustsPrincipal {
        /// The role.
        role: NodeId,
        /// The statements of its trust policy.
        because: Vec<Reason>,
    },
    /// Compute refers to what is changed: indices into [`rolecall_graph::Graph::compute`].
    Refers {
        /// What refers.
        from: usize,
        /// What is referred to.
        to: usize,
        /// Where.
        span: Span,
    },
    /// Compute runs with the role.
    RunsWith {
        /// The compute.
        compute: usize,
        /// The role.
        role: NodeId,
        /// Where it is said.
        span: Span,
    },
    /// A change concerns what stands here.
    Concerns {
        /// A clause: ``policy `p` is attached to user `u` ``.
        what: String,
        /// Where.
        span: Span,
    },
}

/// Something that is so, under assumptions, because of statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proof {
    pub(crate) assumes: Assumptions,
    pub(crate) evidence: Vec<Evidence>,
}

impl Proof {
    /// Adds an answer; `None` when it is No, or when no statement that was read allows it: what an unknown policy might
    /// allow is nobody's step.
    pub(crate) fn and(mut self, found: &Found, evidence: impl FnOnce(Vec<Reason>) -> Evidence) -> Option<Self> {
        if !found.because.iter().any(|r| r.effect == Effect::Allow) {
            return None;
        }
        match &found.answer {
            Answer::No => return None,
            Answer::Yes => {}
            Answer::Depends(assumes) => self.assumes = self.assumes.and(assumes.clone())?,
        }
        self.evidence.push(evidence(found.because.clone()));
        Some(self)
    }

    /// The same, for an action. Statements for one action stand together.
    pub(crate) fn and_may(self, found: &Found, action: &Arc<str>) -> Option<Self> {
        let action = Arc::clone(action);
        let one = Self::default().and(found, |because| Evidence::May { action, because })?;
        Some(self.then(one))
    }

    pub(crate) fn assuming(mut self, clause: impl Into<Arc<str>>) -> Self {
        self.assumes.insert(Assumption::new(clause));
        self
    }

    pub(crate) fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    pub(crate) fn relying(mut self, on: &Assumptions) -> Self {
        self.assumes.join(on);
        self
    }

    /// Both, in this order.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.assumes.join(&other.assumes);
        for evidence in other.evidence {
            match evidence {
                Evidence::May { action, because } => self = self.joined(action, because),
                other => self.evidence.push(other),
            }
        }
        self
    }

    fn joined(mut self, action: Arc<str>, because: Vec<Reason>) -> Self {
        let same = |e: &&mut Evidence| matches!(e, Evidence::May { action: a, .. } if *a == action);
        match self.evidence.iter_mut().find(same) {
            Some(Evidence::May { because: all, .. }) => {
                let new: Vec<Reason> = because.into_iter().filter(|r| !all.contains(r)).collect();
                all.extend(new);
            }
            _ => self.evidence.push(Evidence::May { action, because }),
        }
        self
    }

    /// Of two proofs the one that relies on less, the first of equals.
    pub(crate) fn better(self, other: Option<Self>) -> Self {
        match other {
            Some(o) if o.assumes.len() < self.assumes.len() => o,
            _ => self,
        }
    }
}

/// Of several proofs the one that relies on least, the first of equals.
pub(crate) fn best(proofs: impl IntoIterator<Item = Proof>) -> Option<Proof> {
    let mut best: Option<Proof> = None;
    for proof in proofs {
        let certain = proof.assumes.is_empty();
        best = Some(match best {
            Some(b) => b.better(Some(proof)),
            None => proof,
        });
        if certain {
            break;
        }
    }
    best
}

/// The place of a reason, the statement's policy standing in a file or not.
pub(crate) fn place(reason: &Reason) -> Span {
    if reason.action.is_nowhere() {
        reason.span
    } else {
        reason.action
    }
}
