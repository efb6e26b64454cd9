//! ARNs: the shapes AWS publishes, and the comparison field by field.

use rolecall_source::Text;

use super::{Pattern, Set, Token};

/// What is known of the fields that AWS's ARN templates leave open.
#[derive(Clone, Debug, Default)]
pub struct Arn {
    /// `${Partition}`.
    pub partition: Option<Text>,
    /// `${Region}`.
    pub region: Option<Text>,
    /// `${Account}`.
    pub account: Option<Text>,
}

impl Arn {
    /// The resources of a type, from its
    /// [ARN template](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html)
    /// (`arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`).
    ///
    /// An account is twelve digits, a partition and a region are what such names consist of, a bucket has
    /// [a bucket's letters](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html). Any other
    /// placeholder is any text that is not empty and has no `:`, but for the names that may have one: keys of objects,
    /// paths of requests, names of alarms, and of snapshots, which are `rds:…` or `rs:…`
    /// [when AWS takes them](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html).
    #[must_use]
    pub fn shape(&self, template: &str) -> Pattern {
        let mut out = Vec::new();
        let mut rest = template;
        while let Some((letters, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else {
                break;
            };
            out.extend(letters.chars().map(Token::parse));
            self.placeholder(name, &mut out);
            rest = tail;
        }
        out.extend(rest.chars().map(Token::parse));
        Pattern::from_tokens(out, false)
    }

    fn placeholder(&self, name: &str, out: &mut Vec<Token>) {
        let known = match name {
            "Partition" => &self.partition,
            "Region" => &self.region,
            "Account" => &self.account,
            _ => &None,
        };
        match (known, name) {
            (Some(text), _) => out.extend(Token::of(text, false)),
            (None, "Account") => out.push(Token::Account),
            (None, "Partition") => out.push(Token::Some(Set::Partition)),
            (None, "Region") => out.push(Token::Some(Set::Region)),
            (None, "BucketName") => out.push(Token::Some(Set::Bucket)),
            (None, "ObjectName" | "AlarmName") => out.push(Token::Some(Set::Any)),
            (None, name) if name.contains("SnapshotName") || is_path(name) => out.push(Token::Some(Set::Any)),
            (None, _) => out.push(Token::Some(Set::Field)),
        }
    }
}

fn is_path(placeholder: &str) -> bool {
    placeholder.ends_with("Path") && !placeholder.ends_with("WithPath")
}

impl Pattern {
    /// A pattern of the [ARN operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN)
    /// (`ArnLike`, `ArnEquals`): each of the six fields is compared separately, so a wildcard in the first five does
    /// not cross a `:`. A pattern with fewer than six fields matches no ARN, but a lone `*` matches everything.
    ///
    /// A symbol that may hide a `:` counts as part of the field it stands in.
    #[must_use]
    pub fn arn_like(text: &Text) -> Self {
        Self::arn_like_tokens(Token::of(text, true))
    }

    /// [`Pattern::arn_like`] from tokens.
    #[must_use]
    pub fn arn_like_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
        let tokens: Vec<Token> = tokens.into_iter().collect();
        if tokens == [Token::AnyMany] {
            return Self::from_tokens(tokens, false);
        }
        let mut colons = 0;
        let mut out = Vec::new();
        for token in tokens {
            if token == Token::Letter(':') {
                colons += 1;
            }
            match token {
                Token::AnyOne if colons < 5 => out.push(Token::OneOf(Set::Field)),
                Token::AnyMany if colons < 5 => out.push(Token::ManyOf(Set::Field)),
                other => out.push(other),
            }
        }
        Self::from_tokens(out, false)
    }
}
