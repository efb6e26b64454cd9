//! What people write beside their configuration for this program: `rolecall: ignore[rule] reason="…" until=2027-01-31`.

use rolecall_source::{Diagnostic, Span};

/// How a comment begins that is meant for this program.
pub const MARKER: &str = "rolecall:";

/// The code of diagnostics about directives that cannot be read.
const CODE: &str = "ignore-syntax";

/// An `ignore`: findings whose path goes through what it covers are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Where it is written.
    pub span: Span,
    /// What it speaks for: a statement, an argument, a resource, a module call, a template.
    pub covers: Span,
    /// The construct that this is directly inside of: an ignore may also stand within what it is about.
    pub around: Option<Span>,
    /// Ids of rules; `*` is every rule. Never empty.
    pub rules: Vec<String>,
    /// The keys of the instances it speaks for; every instance when there is none.
    pub keys: Vec<String>,
    /// Why. Without it, it suppresses nothing.
    pub reason: Option<String>,
    /// The last day it counts, `YYYY-MM-DD`.
    pub until: Option<String>,
}

impl Directive {
    /// Reads a comment without its marks (`#`, `//`, `/*`); `None` when it is not meant for this program.
    #[must_use]
    pub fn read(comment: &str, span: Span, covers: Span) -> Option<Result<Self, Diagnostic>> {
        let text = comment.trim().strip_prefix(MARKER)?;
        let parsed = Reader { rest: text }.directive(span, covers);
        Some(parsed.map_err(|message| Diagnostic::error(CODE, message, span)))
    }

    /// One made of parts, as `Metadata` of a template has them.
    ///
    /// # Errors
    /// When no rule is named or the date is none.
    pub fn new(
        span: Span,
        covers: Span,
        rules: Vec<String>,
        reason: Option<String>,
        until: Option<String>,
    ) -> Result<Self, Diagnostic> {
        let filled = Self::blank(span, covers).filled(rules, reason, until);
        filled.map_err(|message| Diagnostic::error(CODE, message, span))
    }

    const fn blank(span: Span, covers: Span) -> Self {
        Self {
            span,
            covers,
            around: None,
            rules: Vec::new(),
            keys: Vec::new(),
            reason: None,
            until: None,
        }
    }

    fn filled(mut self, rules: Vec<String>, reason: Option<String>, until: Option<String>) -> Result<Self, String> {
        self.name(rules)?;
        for (name, value) in [("reason", reason), ("until", until)] {
            value.map_or(Ok(()), |v| self.set(name, v))?;
        }
        Ok(self)
    }

    fn name(&mut self, rules: Vec<String>) -> Result<(), String> {
        if rules.is_empty() || rules.iter().any(String::is_empty) {
            return Err("an ignore must name the rule, as in `ignore[open-pass-role]`, or `*` for every rule".into());
        }
        self.rules = rules;
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "reason" => self.reason = Some(value).filter(|v| !v.trim().is_empty()),
            "key" => self.keys.push(value),
            "until" if is_day(&value) => self.until = Some(value),
            "until" => return Err(format!("`{value}` is not a day; write it as in `until=2027-01-31`")),
            other => {
                return Err(format!(
                    "`{other}` is unknown here; an ignore has `reason`, `until` and `key`"
                ));
            }
        }
        Ok(())
    }
}

/// The text of a comment without `#`, `//` or `/* … */`.
#[must_use]
pub fn uncommented(comment: &str) -> &str {
    let text = comment.trim();
    if let Some(inner) = text.strip_prefix("/*") {
        let inner = inner.strip_suffix("*/").unwrap_or(inner);
        return inner.trim_start_matches('*').trim();
    }
    text.trim_start_matches('#').trim_start_matches('/').trim()
}

/// True iff `text` is a day of the calendar, `YYYY-MM-DD`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |s: &str, len: usize| {
        let digits = s.len() == len && s.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| s.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn directive(mut self, span: Span, covers: Span) -> Result<Directive, String> {
        if !self.eat("ignore") {
            return Err("expected `ignore[rule] reason=\"…\"` after `rolecall:`".into());
        }
        let mut directive = Directive::blank(span, covers);
        directive.name(self.rules()?)?;
        loop {
            self.rest = self.rest.trim_start_matches([',', ' ', '\t', '\r', '\n']);
            if self.rest.is_empty() {
                return Ok(directive);
            }
            let (name, value) = self.argument()?;
            directive.set(&name, value)?;
        }
    }

    fn eat(&mut self, word: &str) -> bool {
        match self.rest.trim_start().strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn rules(&mut self) -> Result<Vec<String>, String> {
        if !self.eat("[") {
            return Ok(Vec::new());
        }
        let (names, rest) = self
            .rest
            .split_once(']')
            .ok_or("the list of rules is not closed with `]`")?;
        self.rest = rest;
        let names = names.split(',').map(str::trim).filter(|n| !n.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    fn argument(&mut self) -> Result<(String, String), String> {
        let named = self.rest.split_once('=').filter(|(name, _)| {
            let name = name.trim();
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase())
        });
        let Some((name, rest)) = named else {
            let word = self.rest.split_whitespace().next().unwrap_or("");
            return Err(format!(
                "expected `reason=\"…\"`, `until=…` or `key=\"…\"`, found `{word}`"
            ));
        };
        let name = name.trim().to_owned();
        let rest = rest.trim_start();
        if let Some(quoted) = rest.strip_prefix('"') {
            let (value, rest) = quoted
                .split_once('"')
                .ok_or_else(|| format!("the quotes of `{name}` are not closed"))?;
            self.rest = rest;
            return Ok((name, value.to_owned()));
        }
        let end = rest.find([' ', '\t', ',', '\r', '\n']).unwrap_or(rest.len());
        let (value, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        self.rest = rest;
        Ok((name, value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Directive, String> {
        let read = Directive::read(text, Span::NOWHERE, Span::NOWHERE).unwrap();
        read.map_err(|d| d.headline)
    }

    #[test]
    fn every_part_is_read() {
        let d =
            read("rolecall: ignore[a, b-c] reason=\"it is so, really\" until=2028-02-29 key=\"eu\", key=us").unwrap();
        assert_eq!(d.rules, ["a", "b-c"]);
        assert_eq!(d.reason.as_deref(), Some("it is so, really"));
        assert_eq!(d.until.as_deref(), Some("2028-02-29"));
        assert_eq!(d.keys, ["eu", "us"]);
        assert_eq!(read("rolecall:ignore[*]").unwrap().reason, None);
        assert_eq!(read("rolecall: ignore[*] reason=\" \"").unwrap().reason, None);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, told) in [
            ("rolecall: ignore reason=\"x\"", "must name the rule"),
            ("rolecall: ignore[] reason=\"x\"", "must name the rule"),
            ("rolecall: ignore[a reason=x", "not closed with `]`"),
            ("rolecall: skip[a]", "expected `ignore"),
            ("rolecall: ignore[a] reason=\"x", "quotes of `reason`"),
            ("rolecall: ignore[a] until=2027-02-29", "is not a day"),
            ("rolecall: ignore[a] because=x", "`because` is unknown"),
            ("rolecall: ignore[a] please", "found `please`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(Directive::read("rolecall is nice", Span::NOWHERE, Span::NOWHERE).is_none());
    }

    #[test]
    fn the_marks_of_a_comment_are_taken_off() {
        for comment in [
            "# rolecall: x",
            "## rolecall: x",
            "// rolecall: x",
            "/* rolecall: x */",
            "/** rolecall: x **/",
        ] {
            assert!(uncommented(comment).starts_with("rolecall: x"), "{comment}");
        }
    }
}
