//! `csvdecode`: [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180) as Go's reader takes it.

use rolecall_source::{Text, TextBuilder, Value, limits};

use super::call::{Call, Outcome, Stop};

pub(super) fn csvdecode(c: &Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let special = [',', '"', '\n', '\r'];
    if text.symbols().any(|s| special.iter().any(|l| s.class.may_contain(*l))) {
        return Err(c.unknown());
    }
    let (flat, _) = text.flat();
    let mut reader = Reader {
        call: c,
        text: &text,
        flat: &flat,
        at: 0,
    };
    let Some(header) = reader.record()? else {
        return c.error_at(0, "the header line is missing");
    };
    for (i, name) in header.iter().enumerate() {
        if header.get(..i).is_some_and(|before| before.contains(name)) {
            return c.error_at(0, format!("two columns are named \"{name}\""));
        }
    }
    let mut rows = Vec::new();
    while let Some(record) = reader.record()? {
        if record.len() != header.len() {
            return c.error_at(0, format!("line {} has the wrong number of fields", reader.line()));
        }
        if rows.len().saturating_mul(header.len()) > limits::ELEMENTS {
            return c.error_at(0, "the table is too large");
        }
        let cell = |(name, field): (&Text, Text)| {
            let span = field.span();
            (
                name.clone(),
                Value::text(field, if span.is_nowhere() { c.span } else { span }),
            )
        };
        rows.push(Value::map(header.iter().zip(record).map(cell), c.span));
    }
    c.of_list(rows, None)
}

struct Reader<'a> {
    call: &'a Call<'a>,
    text: &'a Text,
    flat: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.flat.get(self.at..).unwrap_or("")
    }

    fn line(&self) -> usize {
        self.flat.get(..self.at).unwrap_or("").matches('\n').count()
    }

    fn error<T>(&self, what: &str) -> Result<T, Stop> {
        self.call.error_at(0, format!("line {}: {what}", self.line() + 1))
    }

    /// The next line that is not empty.
    fn record(&mut self) -> Result<Option<Vec<Text>>, Stop> {
        loop {
            let len = match self.rest() {
                "" => return Ok(None),
                rest if rest.starts_with('\n') => 1,
                rest if rest.starts_with("\r\n") => 2,
                _ => break,
            };
            self.at += len;
        }
        let mut fields = Vec::new();
        loop {
            let field = if self.rest().starts_with('"') {
                self.quoted()?
            } else {
                self.bare()?
            };
            fields.push(field);
            if self.rest().starts_with(',') {
                self.at += 1;
                continue;
            }
            self.at += if self.rest().starts_with("\r\n") {
                2
            } else {
                self.rest().len().min(1)
            };
            return Ok(Some(fields));
        }
    }

    fn bare(&mut self) -> Result<Text, Stop> {
        let rest = self.rest();
        let mut len = rest.find([',', '\n']).unwrap_or(rest.len());
        let field = rest.get(..len).unwrap_or("");
        if field.contains('"') {
            return self.error("a quote stands inside a field without quotes");
        }
        let at_line_end = !rest.get(len..).unwrap_or("").starts_with(',');
        if at_line_end && field.ends_with('\r') {
            len -= 1;
        }
        let text = self.text.slice(self.at..self.at + len);
        self.at += len;
        // A carriage return before the end of the text belongs to no field.
        if self.rest() == "\r" {
            self.at += 1;
        }
        Ok(text)
    }

    fn quoted(&mut self) -> Result<Text, Stop> {
        let mut out = TextBuilder::default();
        self.at += 1;
        loop {
            let Some(len) = self.rest().find('"') else {
                return self.error("a quoted field has no end");
            };
            out.text(&self.text.slice(self.at..self.at + len));
            self.at += len + 1;
            let rest = self.rest();
            if rest.starts_with('"') {
                out.letters("\"", self.text.span_of(self.at..self.at + 1));
                self.at += 1;
            } else if rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n") {
                return Ok(out.finish());
            } else {
                return self.error("a quoted field ends with more letters");
            }
        }
    }
}
