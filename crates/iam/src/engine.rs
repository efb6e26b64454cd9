use std::sync::Arc;

use crate::gain::{Comparer, Compiled, escalation};
use crate::{Answer, Authority, Escalation, Gain, Relation};

/// Compares authorities, remembering answers by content.
#[derive(Default)]
pub struct Engine {
    comparer: Comparer,
}

/// An authority that is ready for comparing by the engine that prepared it.
pub struct Prepared {
    authority: Authority,
    compiled: Arc<Compiled>,
}

impl Prepared {
    /// Equal for authorities that may make the same requests: comparing one of them with another authority of this
    /// engine is comparing all of them. (They may be called differently, and have what they have from elsewhere.)
    #[must_use]
    pub fn id(&self) -> u32 {
        self.compiled.id
    }

    /// False only if no statement that is known allows a request for `action`.
    #[must_use]
    pub fn may(&self, action: &str) -> bool {
        match rolecall_catalog::find_action(action) {
            Some(known) => self.compiled.some.contains(usize::from(known.id.0)),
            None => self.compiled.literals.keys().any(|l| l.eq_ignore_ascii_case(action)) || self.compiled.open,
        }
    }
}

impl Engine {
    /// An engine that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `target` may do and `principal` may not.
    #[must_use]
    pub fn gain(&self, target: &Authority, principal: &Authority) -> Gain {
        self.comparer.gain(target, principal, || {
            self.is_administrator_somehow(target).is_yes() && !self.is_administrator_somehow(principal).is_yes()
        })
    }

    /// Whether `target` is allowed a request that `principal` is not: the same answer as [`Engine::gain`], with the
    /// first request that is found and without a summary.
    #[must_use]
    pub fn relation(&self, target: &Prepared, principal: &Prepared) -> Relation {
        let (target, principal) = (
            (&target.authority, &*target.compiled),
            (&principal.authority, &*principal.compiled),
        );
        self.comparer.relation(target, principal)
    }

    /// The work of all comparisons so far, in steps: about the places of patterns and the values that were looked at. One
    /// comparison takes a bounded number, whatever the policies are.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.comparer.steps()
    }

    /// Makes an authority ready for many comparisons by this engine.
    #[must_use]
    pub fn prepare(&self, authority: &Authority) -> Prepared {
        Prepared {
            authority: authority.clone(),
            compiled: self.comparer.compile(authority),
        }
    }

    /// Can `authority` make itself administrator by changing its own permissions? The answer of
    /// [`Engine::escalation`], No when there is none.
    #[must_use]
    pub fn escalates(&self, authority: &Authority) -> Answer {
        self.escalation(authority).map_or(Answer::No, |e| e.answer)
    }

    /// The way for `authority` to make itself administrator that relies on least: by a policy on itself, by one of its
    /// policies or groups ([`Own`](crate::Own)), or by another role or user that it controls. `None` iff no way of
    /// [`EscalationKind`](crate::EscalationKind) is open to it. Decided by [`find`](crate::find).
    #[must_use]
    pub fn escalation(&self, authority: &Authority) -> Option<Escalation> {
        escalation(authority)
    }

    /// True iff `authority` is allowed every action on every resource (`Depends` when unknown parts decide). Policies on
    /// resources do not count: hardly anybody is allowed everything where there is one, and who is allowed everything
    /// else may change it.
    #[must_use]
    pub fn is_administrator(&self, authority: &Authority) -> Answer {
        self.comparer.is_administrator(authority)
    }

    fn is_administrator_somehow(&self, authority: &Authority) -> Answer {
        let find_out = || {
            let is = self.is_administrator(authority);
            if is.is_yes() {
                is
            } else {
                is.or(self.escalates(authority))
            }
        };
        let remembered = self.comparer.remember(authority);
        remembered.administrator.get_or_init(find_out).clone()
    }
}
