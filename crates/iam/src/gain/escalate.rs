//! Whether an authority can give itself everything.
//!
//! Follows the ways a principal changes its own permissions in
//! [IAM's actions](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html).

use std::collections::BTreeSet;

use rolecall_source::Text;

use crate::find::{context, find};
use crate::{Answer, Assumptions, Authority, Found, Query};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// The boundary of whom an action changes or makes.
const BOUNDARY: &str = "iam:permissionsboundary";

/// How an authority can give itself every permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EscalationKind {
    /// It puts or attaches a policy on itself.
    OwnPolicy,
    /// It writes a new version of a managed policy that it has.
    OwnPolicyVersion,
    /// It makes an earlier version of a managed policy that it has the default.
    EarlierPolicyVersion,
    /// It puts or attaches a policy on a group that it is in.
    OwnGroup,
    /// It joins a group on which it puts or attaches a policy.
    JoinedGroup,
    /// It makes a role that trusts it, and puts or attaches a policy on it.
    NewRole,
    /// It lets itself assume a role, and puts or attaches a policy on it.
    OpenedRole,
    /// It makes a user, puts or attaches a policy on it, and takes its credentials.
    NewUser,
    /// It puts or attaches a policy on another user, and takes that user's credentials.
    OtherUser,
}

impl EscalationKind {
    /// All of them, the simplest first.
    pub const ALL: [Self; 9] = [
        Self::OwnPolicy,
        Self::OwnPolicyVersion,
        Self::OwnGroup,
        Self::JoinedGroup,
        Self::NewRole,
        Self::NewUser,
        Self::OpenedRole,
        Self::OtherUser,
        Self::EarlierPolicyVersion,
    ];

    /// A name for it, in kebab case.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::OwnPolicy => "own-policy",
            Self::OwnPolicyVersion => "own-policy-version",
            Self::EarlierPolicyVersion => "earlier-policy-version",
            Self::OwnGroup => "own-group",
            Self::JoinedGroup => "joined-group",
            Self::NewRole => "new-role",
            Self::OpenedRole => "opened-role",
            Self::NewUser => "new-user",
            Self::OtherUser => "other-user",
        }
    }
}

/// A way for an authority to give itself every permission.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// Which.
    pub kind: EscalationKind,
    /// The requests it makes, in order; each is allowed, or may be.
    pub found: Vec<Found>,
    /// Yes, or what it relies on; never No.
    pub answer: Answer,
}

/// Actions on one kind of principal.
#[derive(PartialEq, Eq)]
struct Actions {
    word: &'static str,
    put: [&'static str; 2],
    make: &'static str,
    unbound: &'static str,
}

static USER: Actions = Actions {
    word: "user",
    put: ["iam:PutUserPolicy", "iam:AttachUserPolicy"],
    make: "iam:CreateUser",
    unbound: "iam:DeleteUserPermissionsBoundary",
};
static ROLE: Actions = Actions {
    word: "role",
    put: ["iam:PutRolePolicy", "iam:AttachRolePolicy"],
    make: "iam:CreateRole",
    unbound: "iam:DeleteRolePermissionsBoundary",
};
static GROUP: Actions = Actions {
    word: "group",
    put: ["iam:PutGroupPolicy", "iam:AttachGroupPolicy"],
    make: "iam:CreateGroup",
    unbound: "",
};

/// The way for `authority` to give itself every permission that relies on least, the simplest of equals; `None` iff
/// none of [`EscalationKind`] is open to it.
pub(crate) fn escalation(authority: &Authority) -> Option<Escalation> {
    let ways = Ways { authority };
    let mut best: Option<Escalation> = None;
    for kind in EscalationKind::ALL {
        for way in ways.of(kind) {
            if best.as_ref().is_none_or(|b| weight(&way.answer) < weight(&b.answer)) {
                best = Some(way);
            }
            if best.as_ref().is_some_and(|b| b.answer.is_yes()) {
                return best;
            }
        }
    }
    best
}

fn weight(answer: &Answer) -> usize {
    match answer {
        Answer::Yes => 0,
        Answer::Depends(assumptions) => assumptions.len(),
        Answer::No => usize::MAX,
    }
}

struct Ways<'a> {
    authority: &'a Authority,
}

impl Ways<'_> {
    fn of(&self, kind: EscalationKind) -> Vec<Escalation> {
        let nothing = Assumptions::new;
        match kind {
            EscalationKind::OwnPolicy => self.on_itself(),
            EscalationKind::OwnPolicyVersion => self.version(kind, "iam:CreatePolicyVersion", &|_| nothing()),
            EscalationKind::EarlierPolicyVersion => self.version(kind, "iam:SetDefaultPolicyVersion", &|arn| {
                assuming(format!("an earlier version of `{arn}` allows everything"))
            }),
            EscalationKind::OwnGroup => self.own_groups(),
            EscalationKind::JoinedGroup => self.joined_group(),
            EscalationKind::NewRole => self.another(kind, &ROLE, &[ROLE.make]),
            EscalationKind::OpenedRole => self.another(kind, &ROLE, &["iam:UpdateAssumeRolePolicy"]),
            EscalationKind::NewUser => {
                let mut ways = self.another(kind, &USER, &[USER.make, "iam:CreateAccessKey"]);
                ways.extend(self.another(kind, &USER, &[USER.make, "iam:CreateLoginProfile"]));
                ways
            }
            EscalationKind::OtherUser => self.another(kind, &USER, &["iam:CreateAccessKey"]),
        }
    }

    /// What it needs on its own ARN, and its kind's actions. Roles that AWS keeps for a service or for IAM Identity
    /// Center [cannot be changed](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html).
    fn itself(&self) -> Option<(&Text, &'static Actions)> {
        let arn = self.authority.caller.arn.as_ref()?;
        let shown = arn.to_string();
        if shown.contains(":user/") {
            return Some((arn, &USER));
        }
        let kept = [":role/aws-reserved/", ":role/aws-service-role/"];
        let changeable = shown.contains(":role/") && !kept.iter().any(|k| shown.contains(k));
        changeable.then_some((arn, &ROLE))
    }

    /// What makes a change of its own permissions count: that its boundary goes away, if it has one, and that no policy
    /// of its session limits it. `None` when it does not.
    fn unlimited(&self) -> Option<Vec<Found>> {
        if self.authority.session.is_some() {
            return None;
        }
        if self.authority.boundary.is_none() {
            return Some(Vec::new());
        }
        let (arn, actions) = self.itself()?;
        let found = self.ask(actions.unbound, arn, false);
        (!found.answer.is_no()).then(|| vec![found])
    }

    fn on_itself(&self) -> Vec<Escalation> {
        let Some((arn, actions)) = self.itself() else {
            return Vec::new();
        };
        let asked = actions.put.iter().map(|action| vec![self.ask(action, arn, true)]);
        self.after_unbinding(
            EscalationKind::OwnPolicy,
            asked.map(|found| (found, Assumptions::new())),
        )
    }

    fn version(&self, kind: EscalationKind, action: &str, relies: &dyn Fn(&Text) -> Assumptions) -> Vec<Escalation> {
        let asked = self.authority.own.policies.iter().map(|own| {
            let relies = own.exists.iter().cloned().chain(relies(&own.arn)).collect();
            (vec![self.ask(action, &own.arn, false)], relies)
        });
        self.after_unbinding(kind, asked)
    }

    fn own_groups(&self) -> Vec<Escalation> {
        let asked = self.authority.own.groups.iter().flat_map(|(group, member)| {
            let put = GROUP.put.iter().map(|action| self.ask(action, group, true));
            put.map(|found| (vec![found], member.clone()))
        });
        self.after_unbinding(EscalationKind::OwnGroup, asked)
    }

    /// The ways among those asked for that are open, each with what unbinds the authority before.
    fn after_unbinding(
        &self,
        kind: EscalationKind,
        asked: impl Iterator<Item = (Vec<Found>, Assumptions)>,
    ) -> Vec<Escalation> {
        let open: Vec<_> = asked
            .filter(|(found, _)| found.iter().all(|f| !f.answer.is_no()))
            .collect();
        if open.is_empty() {
            return Vec::new();
        }
        let Some(before) = self.unlimited() else {
            return Vec::new();
        };
        let ways = open
            .into_iter()
            .filter_map(|(found, relies)| way(kind, before.iter().cloned().chain(found).collect(), relies));
        ways.collect()
    }

    fn joined_group(&self) -> Vec<Escalation> {
        if !self.itself().is_some_and(|(_, actions)| *actions == USER) {
            return Vec::new();
        }
        let join = ["iam:AddUserToGroup"];
        let mut ways = self.another(EscalationKind::JoinedGroup, &GROUP, &join);
        ways.retain(|_| self.authority.session.is_none());
        let Some(before) = self.unlimited().filter(|_| !ways.is_empty()) else {
            return Vec::new();
        };
        for way in &mut ways {
            for found in before.iter().rev() {
                way.answer = std::mem::replace(&mut way.answer, Answer::No).and(found.answer.clone());
                way.found.insert(0, found.clone());
            }
        }
        ways
    }

    /// By another principal of its account, on which it puts or attaches a policy and does what `first` says. One that
    /// it does not make must be there.
    fn another(&self, kind: EscalationKind, actions: &Actions, first: &[&str]) -> Vec<Escalation> {
        let all = self.all(actions.word);
        let made = first.contains(&actions.make);
        let mut ways = Vec::new();
        for action in actions.put {
            let put = self.ask(action, &all, true);
            let Some(on) = put.request.as_ref().map(|r| r.resource.clone()) else {
                continue;
            };
            let mut found: Vec<Found> = first.iter().map(|action| self.ask(action, &on, true)).collect();
            let mut relies = Assumptions::new();
            if !made {
                relies = self.is_there(actions, &on, &mut found);
            }
            found.push(put);
            ways.extend(way(kind, found, relies));
        }
        ways
    }

    /// A group may be made first; of another role or user it is assumed that it is there.
    fn is_there(&self, actions: &Actions, on: &Text, found: &mut Vec<Found>) -> Assumptions {
        let word = actions.word;
        if word == "group" {
            let made = self.ask(actions.make, on, true);
            if made.answer.is_yes() {
                found.insert(0, made);
                return Assumptions::new();
            }
        }
        assuming(format!("there is a {word} `{on}`"))
    }

    /// All principals of a kind in its account.
    fn all(&self, word: &str) -> Text {
        let caller = &self.authority.caller;
        let any = Text::plain("*");
        let partition = caller.arn.as_ref().and_then(|arn| arn.split(":")?.get(1).cloned());
        let account = caller.account.as_ref().unwrap_or(&any);
        Text::plain("arn:")
            .concat(&partition.unwrap_or_else(|| Text::plain("aws")))
            .concat(&Text::plain(":iam::"))
            .concat(account)
            .concat(&Text::plain(&format!(":{word}/*")))
    }

    /// Asks for a request; `unbounded` when whom it changes or makes has no boundary.
    fn ask(&self, action: &str, resource: &Text, unbounded: bool) -> Found {
        let attached = action.contains("Attach").then_some(("iam:policyarn", ADMINISTRATOR));
        let absent = unbounded.then(|| BOUNDARY.to_owned());
        let query = Query {
            action: action.to_owned(),
            resource: resource.clone(),
            fixed: context(attached.as_slice()),
            absent: absent.into_iter().collect::<BTreeSet<_>>(),
        };
        find(self.authority, &query)
    }
}

/// The requests as a way, unless one of them is not allowed.
fn way(kind: EscalationKind, found: Vec<Found>, relies: Assumptions) -> Option<Escalation> {
    let start = if relies.is_empty() {
        Answer::Yes
    } else {
        Answer::Depends(relies)
    };
    let answer = found.iter().fold(start, |all, f| all.and(f.answer.clone()));
    (!answer.is_no()).then_some(Escalation { kind, found, answer })
}

fn assuming(clause: String) -> Assumptions {
    Assumptions::from([rolecall_source::Assumption::new(clause)])
}

#[cfg(test)]
mod tests;
