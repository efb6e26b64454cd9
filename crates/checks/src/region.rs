//! One launch happens in one region: every resource of it is there.

use rolecall_iam::Found;
use rolecall_source::Text;

/// The regions that a query's answer speaks of: the context's, then the resource's.
pub(crate) fn regions(found: &Found) -> Vec<Text> {
    let Some(request) = &found.request else {
        return Vec::new();
    };
    let context = ["aws:requestedregion", "ec2:region"]
        .into_iter()
        .filter_map(|k| request.context.get(k));
    let mut regions: Vec<Text> = context.flatten().cloned().collect();
    let resource = request.resource.split(":").and_then(|parts| parts.get(3).cloned());
    regions.extend(resource.filter(|r| !r.is_empty()));
    regions
}
