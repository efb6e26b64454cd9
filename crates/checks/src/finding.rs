//! What a rule says: plain data, worded, ready to be rendered.

use std::sync::Arc;

use rolecall_facts::Origin;
pub use rolecall_graph::Documents;
use rolecall_source::{Confidence, Diagnostic, Severity, Span};

/// Whom a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// `user`, `group`, `role` or `permission set`; of compute, its kind.
    pub kind: Arc<str>,
    /// What the user would write: `module.ci.aws_iam_role.deploy["eu"]`, `template.yaml#DeployRole`.
    pub address: Arc<str>,
    /// Its name in AWS, symbols in angle brackets.
    pub name: String,
    /// Where it is stated.
    pub span: Span,
}

/// What a step of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepKind {
    /// Who starts.
    Principal,
    /// A group, attachment or module call through which a statement reaches the principal.
    Wiring,
    /// The statement by which it may launch.
    Launch,
    /// The statement by which it may pass the role.
    Pass,
    /// The role's trust policy.
    Trust,
    /// The instance profile, or the statement by which one can be made.
    Profile,
    /// The role.
    Role,
    /// The role's statement behind the witness.
    Gain,
    /// Compute that runs with the role already, or says what is launched with it.
    Compute,
    /// The statement by which one principal may become another, or change its own permissions.
    Assume,
}

/// The fact that a step is taken from: what an ignore on its resource or on a module call speaks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Its address: `module.ci["eu"].aws_iam_policy.ops`; empty where it is not known.
    pub address: Arc<str>,
    /// Its block's header or logical id.
    pub span: Option<Span>,
    /// The module calls or nested stacks it is inside of, outermost first.
    pub calls: Vec<Span>,
    /// The whole statement, where the step shows an action of it.
    pub statement: Option<Span>,
}

impl From<&Origin> for Within {
    fn from(origin: &Origin) -> Self {
        Self {
            address: Arc::clone(&origin.address),
            span: Some(origin.span),
            calls: origin.calls.clone(),
            statement: None,
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// A sentence, no full stop.
    pub message: String,
    /// Where; [`Span::NOWHERE`] for what stands in no file (an AWS-managed policy).
    pub span: Span,
    /// What it is taken from.
    pub within: Within,
}

/// One hop of a path: how somebody comes to act as somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The technique's id.
    pub technique: Arc<str>,
    /// What is done, after "can": `launch an EC2 instance`.
    pub does: Arc<str>,
    /// Who does it: the finding's principal in the first hop, the one gained before in every other.
    pub from: Party,
    /// Who is gained by it; the finding's role in the last hop. For a principal that changes its own permissions, itself.
    pub to: Party,
    /// Existing compute that is taken over or used, where the technique needs any: its kind is AWS's (`ec2:instance`).
    pub through: Option<Party>,
    /// Which of [`Finding::steps`] tell of it.
    pub steps: std::ops::Range<usize>,
}

/// One concrete request that the role may make and the principal may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRequest {
    /// `service:Action`.
    pub action: String,
    /// The resource's ARN or `*`.
    pub resource: String,
    /// Condition keys and values, sorted.
    pub context: Vec<(String, String)>,
}

/// What is gained in one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceGain {
    /// Service prefix.
    pub service: String,
    /// Access levels as AWS writes them: `List`, `Read`, `Write`, `Tagging`, `Permissions management`.
    pub levels: Vec<&'static str>,
    /// How many actions.
    pub actions: usize,
    /// Some of them.
    pub examples: Vec<String>,
}

/// What is gained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GainSummary {
    /// The role may do everything and the principal may not.
    pub administrator: bool,
    /// By service, the gravest first.
    pub by_service: Vec<ServiceGain>,
}

/// The smallest edit that closes a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, a sentence.
    pub summary: String,
    /// Where.
    pub span: Span,
    /// A snippet to write there, in the language of the file.
    pub snippet: Option<String>,
}

/// Why a finding is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What accepts it: `ignore` in a file, `accept` in the user's configuration, `baseline`.
    pub by: &'static str,
    /// The reason the user gave.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it counts.
    pub until: Option<String>,
    /// Where the user said so.
    pub span: Span,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id: `launch-over-privileged-role`.
    pub rule: &'static str,
    /// The id of the technique of the first hop: `ec2-run-instances`.
    pub technique: Arc<str>,
    /// How much is at stake.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence a person understands, no full stop.
    pub headline: String,
    /// Who.
    pub principal: Party,
    /// The role (or user) gained; `None` for rules that name none (`open-pass-role`).
    pub role: Option<Party>,
    /// What is gained.
    pub gain: GainSummary,
    /// One request that the role may make and the principal may not; `None` only for rules that gain no role.
    pub witness: Option<WitnessRequest>,
    /// The place the finding is shown at: in a file of the repository.
    pub primary: Span,
    /// The path, in story order.
    pub steps: Vec<Step>,
    /// The path as hops, each with its part of the steps: one, or several for a chain. Empty for rules that gain no
    /// role.
    pub hops: Vec<Hop>,
    /// What it relies on; empty iff confidence is certain. Clauses that read after "assuming".
    pub assumptions: Vec<String>,
    /// Further sentences.
    pub notes: Vec<String>,
    /// The smallest edit that closes it.
    pub fix: Option<Fix>,
    /// Stable identity: (rule, principal address, role address, technique), 32 hexadecimal digits.
    pub fingerprint: String,
    /// Set when the user has accepted it.
    pub suppressed: Option<Suppression>,
}

/// What was analysed and what was not.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files parsed.
    pub files: usize,
    /// Root modules and templates, `language` and id, sorted.
    pub roots: Vec<String>,
    /// Modules and nested stacks whose source is not in the scan.
    pub modules_unresolved: Vec<rolecall_facts::Unresolved>,
    /// Policies whose document is unknown, wholly or in part: whose, why, where.
    pub policies_unknown: Vec<PolicyUnknown>,
    /// Principals analysed.
    pub principals: usize,
    /// Roles analysed.
    pub roles: usize,
    /// Policies analysed.
    pub policies: usize,
    /// How much of them could be read.
    pub documents: Documents,
}

/// A policy that could not be read in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyUnknown {
    /// The address of the policy, attachment or principal.
    pub address: Arc<str>,
    /// Why, as a clause.
    pub why: String,
    /// True iff statements of it are known.
    pub partly: bool,
    /// Where.
    pub span: Span,
}

/// The outcome of a scan, sorted for display: gravest first, then by place.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The findings, suppressed ones included.
    pub findings: Vec<Finding>,
    /// Syntax errors and what could not be evaluated.
    pub diagnostics: Vec<Diagnostic>,
    /// What was analysed and what was not.
    pub coverage: Coverage,
    /// The fewest edits that close what is grave, where they were looked for.
    pub cut: Option<crate::Cut>,
}

/// A rule, for `rolecall rules` and SARIF.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Kebab-case id.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The rule's page, Markdown.
    pub page: &'static str,
    /// The page's address.
    pub url: &'static str,
}
