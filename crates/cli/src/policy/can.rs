//! `rolecall policy can`: may this caller make this request, and by which statements?

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use rolecall_iam::{Answer, Context, Decision, Effect, Outcome, Request, evaluate};
use rolecall_source::Text;

use super::files::{Files, PolicyFiles};
use crate::console::{self, Failure};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct CanArgs {
    /// The action, for example `ec2:RunInstances`
    pub(crate) action: String,
    /// The resource's ARN, or `*` for actions without resources
    pub(crate) resource: String,
    /// An identity policy of the caller; several add up
    #[arg(long, value_name = "FILE", required_unless_present = "resource_policy")]
    pub(crate) policy: Vec<PathBuf>,
    /// The caller's permissions boundary
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Option<PathBuf>,
    /// A policy of the caller's session; one of several must allow
    #[arg(long, value_name = "FILE")]
    pub(crate) session: Vec<PathBuf>,
    /// The policy of the resource: a bucket policy, a key policy, a role's trust policy
    #[arg(long, value_name = "FILE")]
    pub(crate) resource_policy: Option<PathBuf>,
    /// A service control policy; each is a level of its own, and every level must allow
    #[arg(long, value_name = "FILE")]
    pub(crate) scp: Vec<PathBuf>,
    /// A condition key of the request; a key that is given several times has several values
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::pair)]
    pub(crate) context: Vec<(String, String)>,
    /// The ARN of the user or role that asks
    #[arg(long, value_name = "ARN", default_value = super::SOMEBODY)]
    pub(crate) principal: String,
}

/// Ends with 0 when the request is allowed, else with 1.
pub(crate) fn run(args: &CanArgs) -> Result<Exit, Failure> {
    let mut context = Context::new();
    for (key, value) in &args.context {
        context
            .entry(key.to_ascii_lowercase())
            .or_default()
            .push(Text::plain(value));
    }
    let own = args.policy.iter().chain(&args.boundary).chain(&args.session);
    let mut files = Files::new(own.chain(&args.scp).chain(&args.resource_policy));
    let which = PolicyFiles {
        identity: &args.policy,
        boundary: args.boundary.as_ref(),
        session: &args.session,
        controls: &args.scp,
        resource: args.resource_policy.as_ref().map(|path| (path, args.resource.as_str())),
        ..PolicyFiles::of(&args.principal)
    };
    let authority = files.authority(&which, &context)?;
    let request = Request {
        action: args.action.clone(),
        resource: Text::plain(&args.resource),
        context,
    };
    let decision = evaluate(&authority, &request);
    files.complain();
    console::print(explain(&decision, &request, &files).as_bytes())?;
    Ok(if decision.answer.is_yes() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn explain(decision: &Decision, request: &Request, files: &Files) -> String {
    let word = match (&decision.answer, decision.outcome) {
        (Answer::Depends(_), _) => "it depends",
        (_, Outcome::Allowed) => "allowed",
        (_, Outcome::ExplicitlyDenied) => "denied by a statement",
        (_, Outcome::ImplicitlyDenied) => "denied: nothing allows it",
    };
    let mut out = format!("{word}: {} on {}\n", request.action, request.resource);
    for reason in &decision.because {
        let effect = if reason.effect == Effect::Allow {
            "Allow"
        } else {
            "Deny"
        };
        // A string cannot fail to take more.
        let _ = writeln!(
            out,
            "  {}: {effect}, statement {}",
            files.place(reason.span),
            reason.statement + 1
        );
    }
    if let Answer::Depends(assumptions) = &decision.answer {
        for assumption in assumptions {
            let _ = writeln!(out, "  allowed if {assumption}");
        }
    }
    out
}
