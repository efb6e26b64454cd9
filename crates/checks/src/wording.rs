//! Data to words, in one place.

use rolecall_graph::{GrantInfo, Node, PolicySource};
use rolecall_iam::{Gain, Rank, Witness};
use rolecall_source::Assumption;

use crate::context::Context;
use crate::finding::{GainSummary, Party, ServiceGain, WitnessRequest};
use crate::prove::Hop;
use crate::technique::{Technique, Way};

/// Most services that are listed where everything is gained.
const MOST_SERVICES: usize = 12;

/// ``user `deployer` ``.
pub(crate) fn who(node: &Node) -> String {
    format!("{} `{}`", node.fact.kind.word(), node.fact.name)
}

pub(crate) fn party(node: &Node) -> Party {
    let fact = &node.fact;
    Party {
        kind: fact.kind.word().into(),
        address: fact.origin.address.clone(),
        name: fact.name.to_string(),
        span: fact.origin.span,
    }
}

/// The clauses of assumptions, each once.
pub(crate) fn clauses(assumes: &[Assumption]) -> Vec<String> {
    let mut clauses: Vec<String> = assumes.iter().map(ToString::to_string).collect();
    clauses.dedup();
    clauses
}

/// Which document a grant is: "policy `ops`".
pub(crate) fn document(info: &GrantInfo) -> String {
    match &info.source {
        PolicySource::Inline(Some(name)) if name.is_known() => format!("inline policy `{name}`"),
        PolicySource::Inline(_) => format!("inline policy `{}`", info.attachment.address),
        PolicySource::Customer(origin) => format!("policy `{}`", origin.address),
        PolicySource::Resource(address) => format!("resource policy `{address}`"),
        PolicySource::Aws(arn) | PolicySource::Outside(arn) => {
            let arn = arn.to_string();
            format!("policy `{}`", arn.rsplit('/').next().unwrap_or(&arn))
        }
    }
}

/// The sentence a finding begins with: who, hop by hop what it can do, and what that gains.
pub(crate) fn headline(context: &Context<'_>, start: &Node, hops: &[(&Node, Hop)], gain: &Gain) -> String {
    let told: Vec<String> = hops.iter().map(|(_, hop)| phrase(context, hop)).collect();
    let comma = if told.len() > 1 { "," } else { "" };
    format!(
        "{} can {}{comma} and gain {}",
        who(start),
        told.join(", then "),
        gained(gain)
    )
}

/// What a hop does and with or as whom: "launch an EC2 instance with role `admin`".
fn phrase(context: &Context<'_>, hop: &Hop) -> String {
    let does = does(context, hop);
    let target = hop.goal.node().and_then(|id| context.graph.node(id)).map(who);
    match (hop.technique.way(), target) {
        (Way::Pass, Some(role)) => format!("{does} with {role}"),
        (Way::TakeOver, Some(role)) if hop.technique.pass.is_some() => format!("{does} with {role}"),
        (Way::TakeOver, Some(role)) => format!("{does}, which runs with {role},"),
        _ => does,
    }
}

/// What a hop does, with what it does it to.
pub(crate) fn does(context: &Context<'_>, hop: &Hop) -> String {
    let technique = hop.technique;
    let mut text = technique.does.to_string();
    if let Some(at) = hop.through {
        let word = technique.through.as_ref().map_or("compute", |t| &*t.word);
        text = text.replace("{compute}", &compute_of(context, word, at));
    }
    if let Some(at) = hop.link {
        text = text.replace("{link}", &named_compute(context, at));
    }
    if let Some(target) = hop.goal.node().and_then(|id| context.graph.node(id)) {
        text = text.replace("{target}", &who(target));
    }
    text
}

/// ``launch template `web` ``.
pub(crate) fn named_compute(context: &Context<'_>, at: usize) -> String {
    let kind = context.graph.compute.get(at).map_or("", |c| &*c.fact.kind);
    let word = kind_word(kind);
    compute_of(context, &word, at)
}

fn compute_of(context: &Context<'_>, word: &str, at: usize) -> String {
    let address = context.graph.compute.get(at).map_or("?", |c| &*c.fact.origin.address);
    format!("{word} `{address}`")
}

/// How people call a kind of compute: `ec2:launch-template` is an EC2 launch template.
pub(crate) fn kind_word(kind: &str) -> String {
    if kind == "autoscaling:autoScalingGroup" {
        return "Auto Scaling group".to_owned();
    }
    let (service, name) = kind.split_once(':').unwrap_or(("", kind));
    let mut words = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            words.push(' ');
        }
        if matches!(letter, '-' | '_') {
            words.push(' ');
        } else {
            words.extend(letter.to_lowercase());
        }
    }
    let service = match service {
        "autoscaling" | "" => return words,
        "ec2" | "ecs" | "eks" | "ssm" => service.to_uppercase(),
        other => other.to_owned(),
    };
    format!("{service} {words}")
}

/// Compute as a party of a finding.
pub(crate) fn compute(context: &Context<'_>, technique: &Technique, at: usize) -> Option<Party> {
    let node = context.graph.compute.get(at)?;
    let name = node.fact.names.first().map_or_else(String::new, ToString::to_string);
    let word = technique.through.as_ref().map_or("compute", |t| &*t.word);
    Some(Party {
        kind: word.into(),
        address: node.fact.origin.address.clone(),
        name,
        span: node.fact.origin.span,
    })
}

/// What is gained, in a few words.
pub(crate) fn gained(gain: &Gain) -> String {
    if gain.rank == Rank::Administrator {
        return "every permission".to_owned();
    }
    let mut parts: Vec<String> = gain
        .by_service
        .iter()
        .take(3)
        .map(|s| match s.examples.first() {
            Some(only) if s.actions == 1 => format!("`{only}`"),
            Some(example) => format!("{} {} actions (`{example}`, …)", s.actions, s.service),
            None => format!("{} {} actions", s.actions, s.service),
        })
        .collect();
    let more = gain.by_service.len().saturating_sub(parts.len());
    if more > 0 {
        parts.push(format!(
            "{more} more {}",
            if more == 1 { "service" } else { "services" }
        ));
    }
    match parts.split_last() {
        None => "permissions".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

pub(crate) fn gain(gain: &Gain) -> GainSummary {
    let service = |s: &rolecall_iam::ServiceGain| ServiceGain {
        service: s.service.clone(),
        levels: s.levels.iter().map(|l| l.name()).collect(),
        actions: s.actions,
        examples: s.examples.clone(),
    };
    // Of everything the gravest services stand for the others.
    let administrator = gain.rank == Rank::Administrator;
    let most = if administrator { MOST_SERVICES } else { usize::MAX };
    GainSummary {
        administrator,
        by_service: gain.by_service.iter().take(most).map(service).collect(),
    }
}

pub(crate) fn witness(witness: &Witness) -> WitnessRequest {
    let request = &witness.request;
    let value = |v: &Vec<rolecall_source::Text>| v.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    WitnessRequest {
        action: request.action.clone(),
        resource: request.resource.to_string(),
        context: request.context.iter().map(|(k, v)| (k.clone(), value(v))).collect(),
    }
}

/// Further sentences of a finding. `own` where it is itself about changing permissions.
pub(crate) fn notes(also: &[String], escalates: bool, own: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !also.is_empty() {
        notes.push(format!("the same can be had by {}", also.join(", ")));
    }
    if escalates && !own {
        notes.push("the principal can also make itself administrator by changing its own permissions".to_owned());
    }
    notes
}

/// 128 bits of FNV-1a over the parts, as 32 hexadecimal digits: an identity, not a secret.
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in parts.iter().flat_map(|p| p.bytes().chain([0])) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_keeps_its_parts_apart() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_eq!(fingerprint(&["a"]).len(), 32);
    }
}
