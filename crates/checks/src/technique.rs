//! Ways to start compute with a role, as data.

/// A way to start compute with a role of one's choice.
#[derive(Clone, Copy, Debug)]
pub struct Technique {
    /// Kebab-case id.
    pub id: &'static str,
    /// What the principal does, after "can": "launch an EC2 instance".
    pub does: &'static str,
    /// The action that starts it.
    pub action: &'static str,
    /// The resource types it must be allowed on, all of them, as the service authorization reference names them.
    pub resources: &'static [&'static str],
    /// Resource types that are needed unless the assumption holds.
    pub unless: &'static [(&'static str, &'static str)],
    /// The resource type on which the condition key `ec2:InstanceProfile` exists, if on any.
    pub profile_key_on: Option<&'static str>,
    /// The service that the role must trust and that is passed to.
    pub service: &'static str,
    /// The service-linked role that must exist or be creatable: its name and the service it is for.
    pub service_linked_role: Option<(&'static str, &'static str)>,
    /// Where it is documented.
    pub references: &'static [&'static str],
}

/// The volumes of an image are created with the instance, and authorized with it.
const WITHOUT_VOLUME: &[(&str, &str)] = &[("volume", "an image without an EBS volume is used")];

/// Every technique, the plainest first: of several that lead to the same role the first is reported.
#[must_use]
pub const fn techniques() -> &'static [Technique] {
    &[
        Technique {
            id: "ec2-run-instances",
            does: "launch an EC2 instance",
            action: "ec2:RunInstances",
            resources: &["image", "instance", "network-interface", "security-group", "subnet"],
            unless: WITHOUT_VOLUME,
            profile_key_on: Some("instance"),
            service: "ec2.amazonaws.com",
            service_linked_role: None,
            references: &[
                "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
                "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html",
            ],
        },
        Technique {
            id: "ec2-request-spot-instances",
            does: "request an EC2 Spot Instance",
            action: "ec2:RequestSpotInstances",
            resources: &["spot-instances-request", "image"],
            unless: &[],
            profile_key_on: None,
            service: "ec2.amazonaws.com",
            service_linked_role: Some(("AWSServiceRoleForEC2Spot", "spot.amazonaws.com")),
            references: &[
                "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html",
                "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html",
            ],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_and_resource_type_is_in_the_catalogue() {
        for technique in techniques() {
            let action = rolecall_catalog::find_action(technique.action).expect(technique.id);
            let types = rolecall_catalog::resources(action.id);
            let known = |name: &&str| types.iter().any(|t| t.name == *name);
            let unless = technique.unless.iter().map(|(t, _)| t);
            assert!(technique.resources.iter().chain(unless).all(known), "{}", technique.id);
            let required = types.iter().filter(|t| t.required).map(|t| t.name);
            for name in required {
                assert!(technique.resources.contains(&name), "{} needs {name}", technique.id);
            }
        }
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<&str> = techniques().iter().map(|t| t.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), techniques().len());
    }
}
