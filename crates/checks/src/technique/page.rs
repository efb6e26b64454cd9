//! A technique as a page for people.

use std::fmt::Write as _;

use super::{Become, Grade, Need, Target, Technique, Way};

impl Technique {
    /// What the principal does, after "can", said in general: "change the code of a Lambda function".
    #[must_use]
    pub fn in_general(&self) -> String {
        let compute = self.through.as_ref().map_or("compute", |t| &*t.word);
        let link = self.through.as_ref().and_then(|t| t.link.as_deref()).unwrap_or("");
        let target = match self.change.map(|c| c.target) {
            Some(Target::OtherUser) => "another user",
            Some(Target::OtherGroup) => "a group",
            _ => "a role",
        };
        self.does
            .replace("{compute}", &with_article(compute))
            .replace("{link}", &with_article(&crate::wording::kind_word(link)))
            .replace("{target}", target)
    }

    /// The page in Markdown: what it needs, whom it gains, where it is documented.
    #[must_use]
    pub fn page(&self) -> String {
        let mut out = format!("# {}\n\nTo {}, a principal needs:\n\n", self.id, self.in_general());
        for need in &self.needs {
            let _ = writeln!(out, "- {}", need.sentence());
        }
        for group in &self.one_of {
            let ways: Vec<String> = group.iter().map(|way| all(way)).collect();
            let _ = writeln!(out, "- one of: {}", ways.join("; or "));
        }
        self.passed(&mut out);
        self.conditions(&mut out);
        let known: Vec<String> = self.known_as.iter().map(|id| format!("`{id}`")).collect();
        if !known.is_empty() {
            let _ = writeln!(out, "\nIn other catalogues: {}.", known.join(", "));
        }
        for (language, why) in &self.untold {
            let language = match language.as_str() {
                "terraform" => "Terraform",
                _ => "CloudFormation",
            };
            let _ = writeln!(out, "\nNo {language} configuration tells it: {why}.");
        }
        let _ = write!(out, "\nReported by [`{0}`](../rules/{0}.md).", self.rule.rule());
        out.push_str(match self.grade {
            Some(Grade::A) => " Sources: documented by AWS and in a public catalogue.\n",
            Some(Grade::B) => " Sources: documented by AWS or in a public catalogue.\n",
            None => "\n",
        });
        if !self.references.is_empty() {
            out.push_str("\n## References\n\n");
        }
        for reference in &self.references {
            let _ = writeln!(out, "- <{reference}>");
        }
        out
    }

    fn passed(&self, out: &mut String) {
        if let Some(pass) = &self.pass {
            let to = if pass.passed_to.is_empty() {
                &pass.to
            } else {
                &pass.passed_to
            };
            let _ = writeln!(
                out,
                "- `iam:PassRole` on the role, with `iam:PassedToService` {}",
                either(to)
            );
            let profile = if pass.profile {
                ", in an instance profile or one that the principal may make"
            } else {
                ""
            };
            let _ = writeln!(out, "- a role that trusts {}{profile}", either(&pass.to));
        }
        for also in &self.also_pass {
            let _ = writeln!(
                out,
                "- `iam:PassRole` on a further role that trusts {}",
                either(&also.to)
            );
        }
        if let Some(role) = &self.service_linked_role {
            let (name, service) = (&role.name, &role.service);
            let _ = writeln!(
                out,
                "- the service-linked role `{name}` of `{service}`, there already or creatable"
            );
        }
    }

    fn conditions(&self, out: &mut String) {
        if let Some(through) = &self.through {
            let _ = writeln!(
                out,
                "- {} in the configuration{}",
                with_article(&through.word),
                match self.way() {
                    Way::TakeOver if self.pass.is_none() => " that runs with a role",
                    _ => "",
                }
            );
            if through.foothold {
                out.push_str("- another technique by which it runs code there\n");
            }
        }
        for action in &self.role_may {
            let _ = writeln!(out, "- `{action}` allowed to the role itself");
        }
        if self.change.is_some_and(|c| c.then_become) {
            out.push_str("- a way to act as whom it changes\n");
        }
        if let Some(change) = self.change {
            let gives = match change.gives {
                Become::Administrator => "every permission, within what boundaries and service control policies leave",
                Become::Target => "what the other may do",
                Become::Member => "what the group gives its members",
                Become::Unbounded => "what its policies allow beyond its permissions boundary",
            };
            let _ = writeln!(out, "\nIt gives {gives}.");
        }
        for assumed in &self.assumes {
            let _ = writeln!(out, "\nAssumed, since no configuration tells it: {assumed}.");
        }
    }
}

impl Need {
    fn sentence(&self) -> String {
        let on: Vec<String> = self.on.iter().map(|on| on_word(on)).collect();
        let on = if on.is_empty() {
            String::new()
        } else {
            format!(" on {}", on.join(", "))
        };
        let unless = self
            .unless
            .as_ref()
            .map_or_else(String::new, |u| format!(", unless {u}"));
        format!("`{}`{on}{unless}", self.action)
    }
}

fn all(needs: &[Need]) -> String {
    let each: Vec<String> = needs.iter().map(Need::sentence).collect();
    each.join(" and ")
}

fn on_word(on: &str) -> String {
    match on {
        "@compute" => "it".to_owned(),
        "@link" => "what it is launched from".to_owned(),
        "@profile" => "its instance profile".to_owned(),
        "@self" => "itself".to_owned(),
        "@target" | "@role" => "whom it concerns".to_owned(),
        other if other.starts_with("arn:") => format!("`{other}`"),
        other => other.to_owned(),
    }
}

fn either(names: &[super::Name]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    names.join(" or ")
}

fn with_article(word: &str) -> String {
    let article = if word.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {word}")
}
