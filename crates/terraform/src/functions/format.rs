//! [`format`](https://developer.hashicorp.com/terraform/language/functions/format) and `formatlist`.

use rolecall_source::{Kind, Number, Span, Style, Text, TextBuilder, Value, json, limits};
use unicode_segmentation::UnicodeSegmentation;

use super::call::{Call, Outcome, Stop};
use crate::convert::{Type, convert};

/// Widest field.
const WIDTH: usize = 1_000_000;

pub(super) fn format(c: &Call<'_>) -> Outcome {
    let pattern = c.text(0)?;
    let text = apply(c, &pattern, c.args.get(1..).unwrap_or(&[]))?;
    c.of_text(text)
}

/// Formats each row of the lists given, single values repeated.
pub(super) fn formatlist(c: &Call<'_>) -> Outcome {
    let pattern = c.text(0)?;
    let args = c.args.get(1..).unwrap_or(&[]);
    let mut rows: Option<usize> = None;
    let mut open = None;
    for (i, arg) in args.iter().enumerate() {
        match &arg.kind {
            Kind::List(list) => {
                if list.open.is_some() {
                    open = open.or_else(|| list.open.clone());
                } else if rows.is_some_and(|n| n != list.items.len()) {
                    return c.error_at(i + 1, "the lists have different lengths");
                }
                rows = Some(rows.map_or(list.items.len(), |n| n.min(list.items.len())));
            }
            Kind::Unknown(_) => return Err(c.unknown()),
            _ => {}
        }
    }
    let mut items = Vec::new();
    for row in 0..rows.unwrap_or(1) {
        let cell = |arg: &Value| match &arg.kind {
            Kind::List(list) => list.items.get(row).cloned().unwrap_or_else(|| arg.clone()),
            _ => arg.clone(),
        };
        let cells: Vec<Value> = args.iter().map(cell).collect();
        let text = apply(c, &pattern, &cells)?;
        let span = cells.iter().map(|v| v.span).find(|s| !s.is_nowhere()).unwrap_or(c.span);
        items.push(Value::text(text, span));
    }
    let open = open.map(|_| c.symbol(""));
    c.of_list(items, open)
}

/// One `%` sequence.
#[derive(Default)]
struct Verb {
    sharp: bool,
    zero: bool,
    minus: bool,
    plus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    mode: char,
}

fn apply(c: &Call<'_>, pattern: &Text, args: &[Value]) -> Result<Text, Stop> {
    let (flat, _) = pattern.flat();
    let mut out = TextBuilder::default();
    let (mut at, mut next, mut highest) = (0, 1, 0);
    while let Some(found) = flat.get(at..).and_then(|t| t.find('%')) {
        let percent = at + found;
        out.text(&pattern.slice(at..percent));
        let rest = flat.get(percent + 1..).unwrap_or("");
        if rest.starts_with('%') {
            out.letters("%", pattern.span_of(percent..percent + 1));
            at = percent + 2;
            continue;
        }
        let Some((verb, len)) = verb(rest) else {
            return c.error_at(0, "the format string has a `%` that begins no verb");
        };
        let number = verb.argument.unwrap_or(next);
        let Some(arg) = number.checked_sub(1).and_then(|i| args.get(i)) else {
            return c.error_at(
                0,
                format!("the format string refers to argument {number} of {}", args.len()),
            );
        };
        one(c, &verb, arg, &mut out)?;
        if out.len() > limits::TEXT_BYTES {
            return c.error("the text would be too long");
        }
        (next, highest, at) = (number + 1, highest.max(number), percent + 1 + len);
    }
    if highest < args.len() {
        return c.error_at(highest + 1, "more arguments than the format string uses");
    }
    out.text(&pattern.slice(at..flat.len()));
    Ok(out.finish())
}

/// The sequence after a `%`, and its length: flags, width, `.` precision, `[` argument `]`, letter.
fn verb(text: &str) -> Option<(Verb, usize)> {
    let mut verb = Verb::default();
    let mut rest = text.trim_start_matches(['#', '0', '-', '+', ' ']);
    let flags = text.get(..text.len() - rest.len())?;
    verb.sharp = flags.contains('#');
    verb.zero = flags.contains('0');
    verb.minus = flags.contains('-');
    verb.plus = flags.contains('+');
    verb.space = flags.contains(' ');
    (verb.width, rest) = digits(rest);
    if let Some(after) = rest.strip_prefix('.') {
        (verb.precision, rest) = digits(after);
        verb.precision = verb.precision.or(Some(0));
    }
    if let Some(after) = rest.strip_prefix('[') {
        (verb.argument, rest) = digits(after);
        rest = rest
            .strip_prefix(']')
            .filter(|_| verb.argument.is_some_and(|n| n > 0))?;
    }
    verb.mode = rest.chars().next().filter(char::is_ascii_alphabetic)?;
    let too_wide = verb.width.max(verb.precision).is_some_and(|n| n > WIDTH);
    (!too_wide).then_some((verb, text.len() - rest.len() + 1))
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let rest = text.trim_start_matches(|l: char| l.is_ascii_digit());
    let number = text.get(..text.len() - rest.len()).filter(|n| !n.is_empty());
    (number.map(|n| n.parse().unwrap_or(usize::MAX)), rest)
}

fn one(c: &Call<'_>, verb: &Verb, arg: &Value, out: &mut TextBuilder) -> Result<(), Stop> {
    if verb.mode != 'v' && arg.is_null() {
        return c.error("null cannot be formatted");
    }
    match verb.mode {
        'v' => as_is(c, verb, arg, out),
        't' => match converted(c, arg, &Type::Bool)?.kind {
            Kind::Bool(b) => {
                out.letters(if b { "true" } else { "false" }, arg.span);
                Ok(())
            }
            _ => symbol(c, verb, arg, out),
        },
        'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' => match converted(c, arg, &Type::Number)?.kind {
            Kind::Number(n) => {
                out.letters(&number(c, verb, &n)?, arg.span);
                Ok(())
            }
            _ => symbol(c, verb, arg, out),
        },
        's' | 'q' => text(c, verb, arg, out),
        mode => c.error_at(0, format!("there is no verb `%{mode}`")),
    }
}

fn converted(c: &Call<'_>, arg: &Value, ty: &Type) -> Result<Value, Stop> {
    convert(arg, ty).or_else(|message| c.error(format!("an argument cannot be formatted: {message}")))
}

/// An unknown argument: its own symbol where nothing could change it, else one for what the verb makes of it.
fn symbol(c: &Call<'_>, verb: &Verb, arg: &Value, out: &mut TextBuilder) -> Result<(), Stop> {
    let plain = matches!(verb.mode, 'd' | 't' | 's' | 'v') && verb.width.is_none() && !verb.plus && !verb.space;
    match arg.to_text().filter(|t| t.as_symbol().is_some()) {
        Some(text) if plain => out.text(&text),
        Some(text) => {
            if let Some(s) = text.as_symbol() {
                let of = s.part(&format!(
                    "%{}.{}{}",
                    verb.width.unwrap_or(0),
                    verb.precision.unwrap_or(0),
                    verb.mode
                ));
                out.symbol(of, arg.span);
            }
        }
        None => return Err(c.unknown()),
    }
    Ok(())
}

fn as_is(c: &Call<'_>, verb: &Verb, arg: &Value, out: &mut TextBuilder) -> Result<(), Stop> {
    let shown = match &arg.kind {
        Kind::Text(_) | Kind::Encoded(_) if !verb.sharp => return text(c, verb, arg, out),
        Kind::Number(n) if !verb.sharp => Text::new(&n.format(Style::General, None), arg.span),
        Kind::Unknown(_) => return symbol(c, verb, arg, out),
        _ => json::write(&super::documents::sorted(arg)),
    };
    padded(c, verb, &shown, out)
}

fn text(c: &Call<'_>, verb: &Verb, arg: &Value, out: &mut TextBuilder) -> Result<(), Stop> {
    let Some(mut text) = converted(c, arg, &Type::String)?.to_text() else {
        return Err(c.unknown());
    };
    if let Some(most) = verb.precision.filter(|p| *p > 0) {
        let Some(letters) = text.as_str() else {
            return Err(c.unknown());
        };
        let end: usize = letters.graphemes(true).take(most).map(str::len).sum();
        text = text.slice(0..end);
    }
    if verb.mode == 'q' {
        text = json::write(&Value::text(text, arg.span));
    }
    padded(c, verb, &text, out)
}

fn padded(c: &Call<'_>, verb: &Verb, text: &Text, out: &mut TextBuilder) -> Result<(), Stop> {
    let Some(width) = verb.width else {
        out.text(text);
        return Ok(());
    };
    let pad = width.saturating_sub(super::strings::count(c, text)?);
    let pad = if verb.zero { "0" } else { " " }.repeat(pad);
    if !verb.minus {
        out.letters(&pad, Span::NOWHERE);
    }
    out.text(text);
    if verb.minus {
        out.letters(&pad, Span::NOWHERE);
    }
    Ok(())
}

/// A number in the way Go's `fmt` writes one.
fn number(c: &Call<'_>, verb: &Verb, n: &Number) -> Result<String, Stop> {
    let negative = n.sign().is_lt();
    let mut prefix = String::from(match (negative, verb.plus, verb.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    });
    let (size, body) = (n.abs(), verb.mode);
    let digits = match body {
        'b' | 'd' | 'o' | 'x' | 'X' => whole(c, verb, &size, &mut prefix)?,
        _ => {
            let (style, places) = match body.to_ascii_lowercase() {
                'f' => (Style::Fixed, Some(verb.precision.unwrap_or(6))),
                'e' => (Style::Exponent, Some(verb.precision.unwrap_or(6))),
                _ => (Style::General, verb.precision),
            };
            let digits = size.format(style, places);
            if body.is_ascii_uppercase() {
                digits.to_uppercase()
            } else {
                digits
            }
        }
    };
    let pad = verb.width.unwrap_or(0).saturating_sub(prefix.len() + digits.len());
    let zeros = verb.zero && !verb.minus && !(verb.precision.is_some() && matches!(body, 'b' | 'd' | 'o' | 'x' | 'X'));
    Ok(match (verb.minus, zeros) {
        (true, _) => format!("{prefix}{digits}{}", " ".repeat(pad)),
        (false, true) => format!("{prefix}{}{digits}", "0".repeat(pad)),
        (false, false) => format!("{}{prefix}{digits}", " ".repeat(pad)),
    })
}

/// A whole number's digits in the base of the verb, at least as many as the precision says.
fn whole(c: &Call<'_>, verb: &Verb, n: &Number, prefix: &mut String) -> Result<String, Stop> {
    let base = match verb.mode {
        'b' => 2,
        'o' => 8,
        'd' => 10,
        _ => 16,
    };
    let Some(mut digits) = n.to_base(base) else {
        return c.error("a whole number is required");
    };
    if verb.mode == 'X' {
        digits = digits.to_uppercase();
    }
    if verb.sharp {
        prefix.push_str(match verb.mode {
            'b' => "0b",
            'o' => "0",
            'x' => "0x",
            'X' => "0X",
            _ => "",
        });
    }
    let missing = verb.precision.unwrap_or(0).saturating_sub(digits.len());
    Ok(format!("{}{digits}", "0".repeat(missing)))
}
