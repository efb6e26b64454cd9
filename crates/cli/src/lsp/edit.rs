//! The fix of a finding as a change of the text, in the way the statement is written.
//!
//! Nothing here is sure to be right: whoever offers a change analyses the changed text first.

use std::ops::Range;

use rolecall_checks::Fix;

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

/// A statement about PassRole, read back from the snippet that a fix suggests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    deny: bool,
    /// Expressions: `aws_iam_role.app.arn`, `!GetAtt App.Arn`, or a string in quotes.
    roles: Vec<String>,
    service: Option<String>,
}

/// How a statement is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// An object of `jsonencode`.
    Object,
    /// JSON, in a heredoc or in a template.
    Json,
    /// A block of `aws_iam_policy_document`.
    Block,
    /// An item of a YAML list.
    Yaml,
}

/// The changes that make the fix of a finding: `statement` is the place of the statement that passes the role, `action`
/// that of its PassRole, `only` says that it has no other action.
pub(crate) fn changes(
    text: &str,
    statement: Range<usize>,
    action: Range<usize>,
    only: bool,
    fix: &Fix,
) -> Option<Vec<Edit>> {
    let written = text.get(statement.clone())?;
    let statement = statement.start..statement.start + written.trim_end().len();
    let written = written.trim_end();
    let form = form(text, written, statement.start);
    let wanted = match &fix.snippet {
        Some(snippet) => Some(Wanted::read(snippet)?),
        None => None,
    };
    let indent = indent(text, statement.start, form);
    let new = wanted.as_ref().map(|w| w.write(form, &indent)).unwrap_or_default();
    let after = |mut edits: Vec<Edit>| {
        edits.push(Edit {
            range: statement.end..statement.end,
            text: format!("{}{new}", between(form, &indent)),
        });
        edits
    };
    match wanted {
        Some(w) if w.deny => Some(after(Vec::new())),
        Some(_) if only => Some(vec![Edit {
            range: statement,
            text: new,
        }]),
        Some(_) => Some(after(vec![item(text, action)?])),
        None if only => None,
        None => Some(vec![item(text, action)?]),
    }
}

/// The whole of a statement whose place is `range`: of a block that is only its name, so its body is added.
pub(crate) fn whole(text: &str, range: Range<usize>) -> Range<usize> {
    let body = |name: &str, rest: &str| {
        let inside = rest.trim_start_matches([' ', '\t']).strip_prefix('{')?;
        name.starts_with("statement").then_some(())?;
        Some(text.len() - inside.len() + closing(inside)? + 1)
    };
    let name = text.get(range.clone()).unwrap_or("");
    let end = text.get(range.end..).and_then(|rest| body(name, rest));
    range.start..end.unwrap_or(range.end)
}

/// Where the brace stands that closes what is open before `text`; strings and comments are passed over.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                while let Some((_, inside)) = letters.next() {
                    match inside {
                        '"' | '\n' => break,
                        '\\' => drop(letters.next()),
                        _ => {}
                    }
                }
            }
            '#' => drop(letters.find(|(_, c)| *c == '\n')),
            '/' if letters.peek().is_some_and(|(_, c)| *c == '/') => drop(letters.find(|(_, c)| *c == '\n')),
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn form(text: &str, written: &str, start: usize) -> Form {
    if let Some(inside) = written.strip_prefix('{') {
        return if inside.trim_start().starts_with('"') {
            Form::Json
        } else {
            Form::Object
        };
    }
    let line = text.get(..start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    if written.starts_with("statement") && line.trim().is_empty() {
        Form::Block
    } else {
        Form::Yaml
    }
}

/// What stands before the statement in its line, as spaces; of a YAML item without its dash.
fn indent(text: &str, start: usize, form: Form) -> String {
    let line = text.get(..start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    let width = match form {
        Form::Yaml => line.chars().count().saturating_sub(2),
        _ => line.chars().take_while(|c| c.is_whitespace()).count(),
    };
    line.chars()
        .take(width)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect()
}

fn between(form: Form, indent: &str) -> String {
    match form {
        Form::Object | Form::Json => format!(",\n{indent}"),
        Form::Block => format!("\n\n{indent}"),
        Form::Yaml => format!("\n{indent}- "),
    }
}

/// Takes an item out of a list, with the comma that belongs to it, or with its line in YAML.
fn item(text: &str, action: Range<usize>) -> Option<Edit> {
    let bytes = text.as_bytes();
    let quoted = |at: Option<usize>| at.and_then(|i| bytes.get(i)).is_some_and(|b| matches!(b, b'"' | b'\''));
    let start = if quoted(action.start.checked_sub(1)) {
        action.start - 1
    } else {
        action.start
    };
    let end = if quoted(Some(action.end)) {
        action.end + 1
    } else {
        action.end
    };
    let (before, behind) = (text.get(..start)?, text.get(end..)?);
    let rest = behind.trim_start();
    let range = if let Some(rest) = rest.strip_prefix(',') {
        start..text.len() - rest.trim_start_matches([' ', '\t']).len()
    } else if let Some(kept) = before.trim_end().strip_suffix(',') {
        kept.len()..end
    } else {
        let line = before.rfind('\n')?;
        let dash = before.get(line..)?.trim();
        let next = behind.find('\n').map_or(text.len(), |i| end + i);
        if dash != "-" {
            return None;
        }
        line..next
    };
    Some(Edit {
        range,
        text: String::new(),
    })
}

impl Wanted {
    /// Reads the snippet of a fix, which has a fixed shape in each language.
    fn read(snippet: &str) -> Option<Self> {
        let mut wanted = Self::default();
        let mut in_roles = false;
        for line in snippet.lines().map(str::trim) {
            let value = |key: &str| {
                line.trim_start_matches("- ")
                    .strip_prefix(key)?
                    .trim_start()
                    .strip_prefix(['=', ':'])
                    .map(str::trim)
            };
            if let Some(effect) = value("Effect") {
                wanted.deny = effect.trim_matches('"') == "Deny";
            } else if let Some(service) = value("\"iam:PassedToService\"").or_else(|| value("iam:PassedToService")) {
                wanted.service = Some(service.trim_matches('"').to_owned());
                in_roles = false;
            } else if value("Resource").is_some() {
                in_roles = true;
            } else if line == "]" || line.starts_with("Condition") {
                in_roles = false;
            } else if in_roles {
                wanted
                    .roles
                    .push(line.trim_start_matches("- ").trim_end_matches(',').to_owned());
            }
        }
        (!wanted.roles.is_empty()).then_some(wanted)
    }

    fn write(&self, form: Form, indent: &str) -> String {
        let lines = match form {
            Form::Object => self.object(),
            Form::Json => self.json(),
            Form::Block => self.block(),
            Form::Yaml => self.yaml(),
        };
        lines.join(&format!("\n{indent}"))
    }

    fn effect(&self) -> &'static str {
        if self.deny { "Deny" } else { "Allow" }
    }

    fn object(&self) -> Vec<String> {
        let mut lines = vec![
            "{".to_owned(),
            format!("  Effect   = \"{}\"", self.effect()),
            "  Action   = \"iam:PassRole\"".to_owned(),
            format!("  Resource = [{}]", self.roles.join(", ")),
        ];
        lines.extend(
            self.service
                .iter()
                .map(|s| format!("  Condition = {{ StringEquals = {{ \"iam:PassedToService\" = \"{s}\" }} }}")),
        );
        lines.push("}".to_owned());
        lines
    }

    fn json(&self) -> Vec<String> {
        let role = |role: &String| match role.strip_prefix("!GetAtt ").and_then(|r| r.split_once('.')) {
            Some((id, attribute)) => format!("{{ \"Fn::GetAtt\": [\"{id}\", \"{attribute}\"] }}"),
            None if role.starts_with('"') => role.clone(),
            None => format!("\"${{{role}}}\""),
        };
        let roles: Vec<String> = self.roles.iter().map(role).collect();
        let condition = self
            .service
            .iter()
            .map(|s| format!(",\n  \"Condition\": {{ \"StringEquals\": {{ \"iam:PassedToService\": \"{s}\" }} }}"));
        let text = format!(
            "{{\n  \"Effect\": \"{}\",\n  \"Action\": \"iam:PassRole\",\n  \"Resource\": [{}]{}\n}}",
            self.effect(),
            roles.join(", "),
            condition.collect::<String>()
        );
        text.lines().map(str::to_owned).collect()
    }

    fn block(&self) -> Vec<String> {
        let mut lines = vec!["statement {".to_owned()];
        if self.deny {
            lines.push("  effect    = \"Deny\"".to_owned());
        }
        lines.push("  actions   = [\"iam:PassRole\"]".to_owned());
        lines.push(format!("  resources = [{}]", self.roles.join(", ")));
        if let Some(service) = &self.service {
            lines.extend([
                String::new(),
                "  condition {".to_owned(),
                "    test     = \"StringEquals\"".to_owned(),
                "    variable = \"iam:PassedToService\"".to_owned(),
                format!("    values   = [\"{service}\"]"),
                "  }".to_owned(),
            ]);
        }
        lines.push("}".to_owned());
        lines
    }

    fn yaml(&self) -> Vec<String> {
        let mut lines = vec![
            format!("Effect: {}", self.effect()),
            "  Action: iam:PassRole".to_owned(),
            "  Resource:".to_owned(),
        ];
        lines.extend(self.roles.iter().map(|r| format!("    - {r}")));
        if let Some(service) = &self.service {
            lines.extend([
                "  Condition:".to_owned(),
                "    StringEquals:".to_owned(),
                format!("      iam:PassedToService: {service}"),
            ]);
        }
        lines
    }
}

/// The text with the changes made. They do not overlap.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|e| e.range.start);
    let (mut out, mut at) = (String::new(), 0);
    for edit in sorted {
        out.push_str(text.get(at..edit.range.start)?);
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
