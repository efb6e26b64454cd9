//! The contract between frontends and the graph: what a configuration states, in AWS's words.
//!
//! Plain data, spans included. A frontend fills it; the graph links it. Nothing here is decided: names and ARNs are
//! texts with symbols, and who refers to whom is found by comparing them.

mod attach;
mod directive;

use std::sync::Arc;

use rolecall_source::{Assumption, Diagnostic, Span, Text, Value};

pub use attach::Commented;
pub use directive::{Directive, MARKER, is_day, uncommented};

/// What a frontend made of the files it was given.
#[derive(Debug, Default)]
pub struct Output {
    /// One per root module, template or stack, in order of `id`.
    pub configurations: Vec<Configuration>,
    /// Syntax errors and what could not be evaluated, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// Modules, nested stacks and includes whose source is not in the scan.
    pub unresolved: Vec<Unresolved>,
    /// The ignores that people wrote, in order of file and place.
    pub directives: Vec<Directive>,
    /// How many files were parsed.
    pub files: usize,
}

/// A module or nested stack whose source is not in the scan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// The address of the call: `module.vpc`, or `template.yaml#Network`.
    pub address: Arc<str>,
    /// The source as written: `terraform-aws-modules/vpc/aws`, a URL.
    pub source: Arc<str>,
    /// The call.
    pub span: Span,
    /// What would bring it, as a command: ``terraform -chdir=infra init``.
    pub help: Option<String>,
}

/// Which frontend read a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Terraform or OpenTofu.
    Terraform,
    /// CloudFormation, SAM or CDK output.
    CloudFormation,
}

/// What one root module or one template (with what it calls) states.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The root module's folder (`.` for the root of the scan) or the template's path; unique in a scan with `language`.
    pub id: Arc<str>,
    /// Which frontend read it.
    pub language: Language,
    /// The accounts it deploys to; [`Scope`]s are referred to by index.
    pub scopes: Vec<Scope>,
    /// Users, groups, roles and permission sets.
    pub principals: Vec<Principal>,
    /// Customer-managed policies.
    pub policies: Vec<ManagedPolicy>,
    /// Which policy is attached to which principal.
    pub attachments: Vec<Attachment>,
    /// Which user is in which group.
    pub memberships: Vec<Membership>,
    /// Instance profiles.
    pub profiles: Vec<InstanceProfile>,
    /// Compute and other resources that carry a role.
    pub compute: Vec<Compute>,
    /// Service control policies.
    pub controls: Vec<ControlPolicy>,
    /// The organization, as far as the configuration states it.
    pub organization: Vec<OrganizationPart>,
    /// Policies on resources.
    pub resource_policies: Vec<ResourcePolicy>,
    /// Who gets a permission set in which account.
    pub assignments: Vec<Assignment>,
}

impl Configuration {
    /// A configuration that states nothing yet.
    pub fn new(id: impl Into<Arc<str>>, language: Language) -> Self {
        Self {
            id: id.into(),
            language,
            scopes: Vec::new(),
            principals: Vec::new(),
            policies: Vec::new(),
            attachments: Vec::new(),
            memberships: Vec::new(),
            profiles: Vec::new(),
            compute: Vec::new(),
            controls: Vec::new(),
            organization: Vec::new(),
            resource_policies: Vec::new(),
            assignments: Vec::new(),
        }
    }
}

/// Index of a [`Scope`] in its [`Configuration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// One account that a configuration deploys to: a provider configuration, or a stack's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// How people see it: `provider aws`, `provider aws.prod`, `stack`.
    pub name: Arc<str>,
    /// The account id: twelve digits, or a symbol of class `Account` that is unique to this account.
    pub account: Text,
    /// The partition, `aws` unless the configuration says otherwise.
    pub partition: Text,
    /// The region, or a symbol.
    pub region: Text,
}

/// Where a fact is stated, and whether it is there at all.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What the user would write: `module.ci.aws_iam_role.deploy["eu"]`, `template.yaml#DeployRole`.
    pub address: Arc<str>,
    /// The block's header or the logical id.
    pub span: Span,
    /// The module calls or nested stacks it is inside of, outermost first.
    pub calls: Vec<Span>,
    /// What must hold for it to exist; empty when it certainly does.
    pub exists: Vec<Assumption>,
    /// There may be more like it (an unknown `count` or `for_each`): this one stands for all of them.
    pub open: bool,
}

/// What kind of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// An IAM group: does not act itself.
    Group,
    /// An IAM role.
    Role,
    /// An IAM Identity Center permission set: a role in every account it is assigned to.
    PermissionSet,
}

impl PrincipalKind {
    /// How people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::PermissionSet => "permission set",
        }
    }
}

/// A user, group, role or permission set.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Which kind.
    pub kind: PrincipalKind,
    /// Where it is stated.
    pub origin: Origin,
    /// The account it is in.
    pub scope: ScopeId,
    /// Its name.
    pub name: Text,
    /// Its path, `/` unless stated.
    pub path: Text,
    /// Its ARN (for a permission set: the ARN of the permission set).
    pub arn: Text,
    /// A role's trust policy.
    pub trust: Option<Value>,
    /// The ARN of its permissions boundary (`Null` values are left out).
    pub boundary: Option<Value>,
    /// Its tags: a map, perhaps open.
    pub tags: Option<Value>,
    /// False when the configuration only refers to it (a data source, a name or ARN used in an attachment): it may
    /// hold other policies.
    pub declared: bool,
}

/// Names a principal as a configuration does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalRef {
    /// Which kind.
    pub kind: PrincipalKind,
    /// Its name or ARN, with the span it was written at.
    pub by: Text,
    /// The account it is looked for in.
    pub scope: ScopeId,
}

/// A customer-managed policy.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// Where it is stated.
    pub origin: Origin,
    /// The account it is in.
    pub scope: ScopeId,
    /// Its name.
    pub name: Text,
    /// Its ARN.
    pub arn: Text,
    /// Its document: text with JSON in it, an encoded document, a map, a choice or an unknown.
    pub body: Value,
}

/// The policy that an [`Attachment`] attaches.
#[derive(Clone, Debug)]
pub enum PolicyRef {
    /// A document that belongs to the principal alone.
    Inline {
        /// The inline policy's name.
        name: Option<Text>,
        /// Its document, as in [`ManagedPolicy::body`].
        body: Value,
    },
    /// A managed policy, AWS's or the customer's, by ARN. The value is text, a choice or an unknown.
    Managed(Value),
}

/// A policy attached to a principal.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Where it is stated: the attachment resource, or the principal that lists the policy.
    pub origin: Origin,
    /// To whom.
    pub to: PrincipalRef,
    /// What.
    pub policy: PolicyRef,
}

/// A user in a group.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Where it is stated.
    pub origin: Origin,
    /// The user.
    pub user: PrincipalRef,
    /// The group.
    pub group: PrincipalRef,
}

/// An EC2 instance profile.
#[derive(Clone, Debug)]
pub struct InstanceProfile {
    /// Where it is stated.
    pub origin: Origin,
    /// The account it is in.
    pub scope: ScopeId,
    /// Its name.
    pub name: Text,
    /// Its ARN.
    pub arn: Text,
    /// The role it contains, by name.
    pub role: Option<PrincipalRef>,
    /// False when the configuration only refers to it (a data source).
    pub declared: bool,
}

/// How a [`RoleUse`] names what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleUseKind {
    /// The name of an instance profile.
    ProfileName,
    /// The ARN of an instance profile.
    ProfileArn,
    /// The name or the ARN of an instance profile.
    ProfileNameOrArn,
    /// The name of a role.
    RoleName,
    /// The ARN of a role.
    RoleArn,
    /// The name or the ARN of a role.
    RoleNameOrArn,
}

/// A role or instance profile that a resource runs with.
#[derive(Clone, Debug)]
pub struct RoleUse {
    /// How it is named.
    pub kind: RoleUseKind,
    /// The name or ARN: text, a choice or an unknown.
    pub value: Value,
    /// The property that names it, as written: `iam_instance_profile`, `launch_template_data.iam_instance_profile.arn`.
    pub property: Arc<str>,
}

/// A reference from one compute resource to another: an Auto Scaling group to its launch template.
#[derive(Clone, Debug)]
pub struct Link {
    /// The kind of what is referred to, as in [`Compute::kind`].
    pub kind: Arc<str>,
    /// Its id, name or ARN.
    pub to: Value,
    /// The version it is pinned to, as written: `$Latest`, `$Default`, `3`.
    pub version: Option<Value>,
}

/// A resource that runs code with a role, or says how such a resource is launched.
#[derive(Clone, Debug)]
pub struct Compute {
    /// Where it is stated.
    pub origin: Origin,
    /// The account it is in.
    pub scope: ScopeId,
    /// What it is, `service:type` as in AWS's service authorization reference: `ec2:instance`, `ec2:launch-template`,
    /// `autoscaling:autoScalingGroup`, `autoscaling:launchConfiguration`, `lambda:function`.
    pub kind: Arc<str>,
    /// Its ARN, with symbols for what AWS generates.
    pub arn: Option<Text>,
    /// The names and ids by which others refer to it.
    pub names: Vec<Text>,
    /// The roles and profiles it runs with.
    pub uses: Vec<RoleUse>,
    /// What it refers to.
    pub links: Vec<Link>,
    /// Its tags: a map, perhaps open.
    pub tags: Option<Value>,
}

/// A service control policy and where it is attached.
#[derive(Clone, Debug)]
pub struct ControlPolicy {
    /// Where it is stated.
    pub origin: Origin,
    /// Its document, as in [`ManagedPolicy::body`].
    pub body: Value,
    /// Ids of roots, organizational units and accounts it is attached to: texts, choices or unknowns.
    pub targets: Vec<Value>,
}

/// What an [`OrganizationPart`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrganizationKind {
    /// The root of an organization, in the scope of its management account.
    Root,
    /// An organizational unit.
    Unit,
    /// An account.
    Account,
}

/// A part of an organization, and what it is directly below.
#[derive(Clone, Debug)]
pub struct OrganizationPart {
    /// Where it is stated.
    pub origin: Origin,
    /// The account that states it.
    pub scope: ScopeId,
    /// What it is.
    pub kind: OrganizationKind,
    /// Its id: `r-…`, `ou-…`, twelve digits, or a symbol.
    pub id: Text,
    /// The id of what it is directly below; `None` for the root itself, and for what stands below the root by default.
    pub parent: Option<Value>,
}

/// A policy on a resource.
#[derive(Clone, Debug)]
pub struct ResourcePolicy {
    /// Where it is stated.
    pub origin: Origin,
    /// The account the resource is in.
    pub scope: ScopeId,
    /// The resource's ARN.
    pub resource: Text,
    /// Its document, as in [`ManagedPolicy::body`].
    pub body: Value,
}

/// A permission set given to somebody in an account.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Where it is stated.
    pub origin: Origin,
    /// The permission set, by ARN.
    pub permission_set: PrincipalRef,
    /// The account it is assigned in.
    pub account: Value,
}
