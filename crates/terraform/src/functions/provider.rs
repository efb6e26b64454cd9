//! [Functions of the AWS provider](https://registry.terraform.io/providers/hashicorp/aws/latest/docs/functions/arn_parse)
//! that need no AWS.

use rolecall_source::{Text, TextBuilder, Value};

use super::call::{Call, Outcome, Stop};
use super::strings::made_up;

/// The six parts of an ARN; the last may have colons.
fn parts(c: &Call<'_>, text: &Text) -> Result<Vec<Text>, Stop> {
    let (flat, holes) = text.flat();
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in flat.match_indices(':').take(5) {
        parts.push(text.slice(from..at));
        from = at + 1;
    }
    if holes.iter().any(|(at, s)| *at < from && s.class.may_contain(':')) || parts.len() < 5 && !holes.is_empty() {
        return Err(c.unknown());
    }
    parts.push(text.slice(from..flat.len()));
    let prefix = parts.first().and_then(Text::as_str) == Some("arn");
    if parts.len() != 6 || !prefix {
        return c.error_at(0, "the text is not an ARN");
    }
    Ok(parts)
}

pub(super) fn arn_parse(c: &Call<'_>) -> Outcome {
    let parts = parts(c, &c.text(0)?)?;
    let names = ["partition", "service", "region", "account_id", "resource"];
    let entry = |(name, part): (&&str, Text)| {
        let span = part.span();
        (
            Text::plain(name),
            Value::text(part, if span.is_nowhere() { c.span } else { span }),
        )
    };
    c.of_map(names.iter().zip(parts.into_iter().skip(1)).map(entry), None)
}

pub(super) fn arn_build(c: &Call<'_>) -> Outcome {
    let mut out = TextBuilder::default();
    made_up(&mut out, "arn");
    for i in 0..5 {
        made_up(&mut out, ":");
        out.text(&c.text(i)?);
    }
    c.of_text(out.finish())
}

/// A role's ARN without its path.
pub(super) fn trim_iam_role_path(c: &Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let parts = parts(c, &text)?;
    let resource = parts.last().cloned().unwrap_or_else(|| Text::plain(""));
    let (flat, holes) = resource.flat();
    if !flat.starts_with("role/") {
        return if holes.is_empty() {
            c.error_at(0, "the text is not the ARN of an IAM role")
        } else {
            Err(c.unknown())
        };
    }
    let last = flat.rfind('/').map_or(0, |i| i + 1);
    if holes.iter().any(|(_, s)| s.class.may_contain('/')) {
        return Err(c.unknown());
    }
    let head = text.flat_len() - flat.len() + "role/".len();
    let mut out = TextBuilder::default();
    out.text(&text.slice(0..head));
    out.text(&resource.slice(last..flat.len()));
    c.of_text(out.finish())
}
