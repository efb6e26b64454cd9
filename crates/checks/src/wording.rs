//! Data to words, in one place.

use rolecall_graph::{GrantInfo, Node, PolicySource};
use rolecall_iam::{Answer, Gain, Rank, Witness};

use crate::finding::{GainSummary, Party, ServiceGain, WitnessRequest};
use crate::technique::Technique;

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

/// Which document a grant is: "policy `ops`".
pub(crate) fn document(info: &GrantInfo) -> String {
    match &info.source {
        PolicySource::Inline(Some(name)) if name.is_known() => format!("inline policy `{name}`"),
        PolicySource::Inline(_) => format!("inline policy `{}`", info.attachment.address),
        PolicySource::Customer(origin) => format!("policy `{}`", origin.address),
        PolicySource::Aws(arn) | PolicySource::Outside(arn) => {
            let arn = arn.to_string();
            format!("policy `{}`", arn.rsplit('/').next().unwrap_or(&arn))
        }
    }
}

/// The sentence a finding begins with.
pub(crate) fn headline(principal: &Node, role: &Node, technique: &Technique, gain: &Gain) -> String {
    format!(
        "{} can {} with {} and gain {}",
        who(principal),
        technique.does,
        who(role),
        gained(gain)
    )
}

/// What is gained, in a few words.
fn gained(gain: &Gain) -> String {
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
    GainSummary {
        administrator: gain.rank == Rank::Administrator,
        by_service: gain.by_service.iter().map(service).collect(),
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

/// Further sentences of a launch finding.
pub(crate) fn notes(also: &[&'static str], escalates: &Answer) -> Vec<String> {
    let mut notes: Vec<String> = also
        .iter()
        .map(|id| format!("the same role can also be launched with by {id}"))
        .collect();
    if *escalates == Answer::Yes {
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
