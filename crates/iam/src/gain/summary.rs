//! What was gained, by service, and how grave it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_catalog::{AccessLevel, Sensitivity};

use super::compare::{Action, id_of};
use super::solve::{Hit, Solved};
use super::types::{Rank, ServiceGain};

/// Most examples of one service.
const EXAMPLES: usize = 5;

/// The actions that are gained.
pub(super) struct Gained {
    actions: Vec<One>,
    gave_up: bool,
}

struct One {
    action: Action,
    /// `None`: allowed on everything by the one and on nothing by the other, so that any request will do.
    solved: Option<Arc<Solved>>,
    grade: Grade,
}

/// How grave one action is: sorted, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grade {
    rank: Rank,
    certain: bool,
    familiar: usize,
    sensitivity: Option<Sensitivity>,
    access: AccessLevel,
}

/// Services whose actions people recognize, the best known last: of equally grave requests one of these is shown.
const FAMILIAR: [&str; 9] = [
    "dynamodb",
    "lambda",
    "ec2",
    "s3",
    "ssm",
    "kms",
    "secretsmanager",
    "sts",
    "iam",
];

impl Gained {
    pub(super) fn new() -> Self {
        Self {
            actions: Vec::new(),
            gave_up: false,
        }
    }

    /// Takes an action into account; `everywhere` when it is allowed on every resource.
    pub(super) fn take(&mut self, action: Action, solved: Arc<Solved>, everywhere: bool) {
        let Some(hit) = solved.hit() else {
            self.gave_up |= solved.gave_up;
            return;
        };
        let grade = grade(&action, solved.plain.is_some(), hit.certain, everywhere);
        let solved = Some(solved);
        self.actions.push(One { action, solved, grade });
    }

    /// An action was not looked at.
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
    }

    /// Takes an action into account that the one is allowed on everything and the other on nothing.
    pub(super) fn take_whole(&mut self, action: Action) {
        let grade = grade(&action, true, true, true);
        let solved = None;
        self.actions.push(One { action, solved, grade });
    }

    /// The gravest actions, with a request where one was looked for.
    pub(super) fn gravest(&self, most: usize) -> impl Iterator<Item = (&Action, Option<&Hit>)> {
        let mut order: Vec<&One> = self.actions.iter().collect();
        order.sort_by_key(|one| std::cmp::Reverse(one.grade));
        order
            .into_iter()
            .map(|one| (&one.action, one.solved.as_ref().and_then(|s| s.hit())))
            .take(most)
    }
}

fn grade(action: &Action, plain: bool, certain: bool, everywhere: bool) -> Grade {
    let known = match action {
        Action::Known(at) => rolecall_catalog::action(id_of(*at)),
        Action::Named(_) => None,
    };
    let access = known.map_or(AccessLevel::Write, |a| a.access);
    let sensitivity = known.and_then(|a| a.sensitivity);
    let rank = match (access, sensitivity) {
        _ if !plain => Rank::Other,
        (AccessLevel::PermissionsManagement, _) | (_, Some(Sensitivity::Secret | Sensitivity::Credential)) => {
            Rank::Sensitive
        }
        (AccessLevel::Write | AccessLevel::Tagging, _) => Rank::Write,
        (_, Some(Sensitivity::Data)) if everywhere => Rank::Write,
        _ => Rank::Other,
    };
    let known_as = service(action);
    let familiar = FAMILIAR.iter().position(|s| *s == known_as).map_or(0, |at| at + 1);
    Grade {
        rank,
        certain,
        familiar,
        sensitivity,
        access,
    }
}

/// What is gained in sum, but for the highest rank.
pub(super) struct Summary {
    pub(super) by_service: Arc<[ServiceGain]>,
    pub(super) rank: Rank,
    pub(super) sensitivity: Option<Sensitivity>,
    /// There may be more.
    pub(super) gave_up: bool,
}

pub(super) fn summarize(gained: &Gained) -> Summary {
    let mut services: BTreeMap<&str, Vec<&One>> = BTreeMap::new();
    for one in &gained.actions {
        services.entry(service(&one.action)).or_default().push(one);
    }
    let mut graded: Vec<(Grade, ServiceGain)> = services
        .into_iter()
        .filter_map(|(service, actions)| of_service(service, actions))
        .collect();
    graded.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.service.cmp(&b.1.service)));
    let worst = graded.first().map(|g| g.0);
    Summary {
        by_service: graded.into_iter().map(|g| g.1).collect(),
        rank: worst.map_or(Rank::Other, |g| g.rank),
        sensitivity: gained.actions.iter().filter_map(|one| one.grade.sensitivity).max(),
        gave_up: gained.gave_up,
    }
}

fn of_service(service: &str, mut actions: Vec<&One>) -> Option<(Grade, ServiceGain)> {
    actions.sort_by_key(|one| std::cmp::Reverse(one.grade));
    let worst = actions.first()?.grade;
    let mut levels: Vec<AccessLevel> = actions.iter().map(|a| a.grade.access).collect();
    levels.sort_unstable();
    levels.dedup();
    let gain = ServiceGain {
        service: service.to_owned(),
        levels,
        actions: actions.len(),
        examples: actions.iter().take(EXAMPLES).map(|a| name(&a.action)).collect(),
    };
    Some((worst, gain))
}

fn service(action: &Action) -> &str {
    match action {
        Action::Known(at) => {
            let id = id_of(*at);
            rolecall_catalog::action(id).map_or("", |a| a.service)
        }
        Action::Named(name) => name.split(':').next().unwrap_or(name),
    }
}

/// `service:Name`.
pub(super) fn name(action: &Action) -> String {
    match action {
        Action::Known(at) => {
            let id = id_of(*at);
            rolecall_catalog::action(id).map_or_else(String::new, |a| format!("{}:{}", a.service, a.name))
        }
        Action::Named(name) => name.clone(),
    }
}
