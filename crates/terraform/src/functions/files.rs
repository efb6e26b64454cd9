//! [Filesystem functions](https://developer.hashicorp.com/terraform/language/functions/file), over the files of the
//! scan. Terraform runs in the root module's folder, so that is where relative paths begin; a file that is not there
//! is looked for in the folder of the module that calls, then in the root of the scan.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use rolecall_source::{Class, FileId, Kind, Map, Span, Symbol, Text, Value, limits};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::FnError;
use super::call::{Call, Outcome, Stop};
use super::digests;
use super::glob;

/// A path without `.`, `..` and repeated slashes, as Go's `path.Clean` makes it.
fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

/// A path below a folder of the scan, iff it stays inside.
fn inside(dir: &str, path: &str) -> Option<String> {
    let joined = clean(&format!("{dir}/{path}").trim_start_matches('/').replace("//", "/"));
    if joined == ".." || joined.starts_with("../") {
        return None;
    }
    Some(if joined == "." { String::new() } else { joined })
}

/// Where a path may lead inside the scan.
fn candidates(c: &Call<'_>, path: &str) -> Vec<String> {
    if path.starts_with(['/', '~']) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for dir in [c.env.root_dir, c.env.module_dir, ""] {
        if let Some(path) = inside(dir, path)
            && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

fn depends_on(c: &Call<'_>, path: &str, which_is: &str) -> Stop {
    let symbol = c.symbol("");
    let why = format!("depends on the file {path}, which is {which_is}");
    Stop::Unknown(Symbol::new(symbol.id, symbol.name, why, Class::Any))
}

fn outside(c: &Call<'_>, path: &str) -> Stop {
    depends_on(c, path, "outside of what was scanned")
}

/// The file at an argument's path, `None` when it is not there; unknown when the path leads out of the scan.
fn look(c: &Call<'_>, path: &str) -> Result<Option<FileId>, Stop> {
    let candidates = candidates(c, path);
    if candidates.is_empty() {
        return Err(outside(c, path));
    }
    Ok(candidates.iter().find_map(|p| c.env.sources.find(p)))
}

/// The same, an error when it is not there.
fn find(c: &Call<'_>, i: usize) -> Result<FileId, Stop> {
    let path = c.letters(i)?;
    match look(c, &path)? {
        Some(file) => Ok(file),
        None if inside(c.env.root_dir, &path).is_none() => Err(outside(c, &path)),
        None => c.error_at(i, format!("there is no file {path}")),
    }
}

/// What is hashed or encoded whole is often built before Terraform runs, a package of code: when it is not there, the
/// value is not known, and nothing is wrong with the configuration.
fn built<'a>(c: &Call<'a>) -> Result<&'a [u8], Stop> {
    let path = c.letters(0)?;
    match look(c, &path)? {
        Some(file) => {
            let read = c.env.sources.bytes(file);
            read.or_else(|e| c.error_at(0, format!("{} {e}", c.env.sources.path(file))))
        }
        None => Err(depends_on(c, &path, "not in the repository")),
    }
}

/// A file's text, each letter at its own place.
fn text(c: &Call<'_>, i: usize) -> Result<(Text, Span), Stop> {
    let file = find(c, i)?;
    match c.env.sources.text(file) {
        Ok(letters) => {
            let span = Span::at(file, 0..letters.len());
            Ok((Text::new(letters, span), span))
        }
        Err(e) => c.error_at(i, format!("{} {e}", c.env.sources.path(file))),
    }
}

pub(super) fn file(c: &Call<'_>) -> Outcome {
    let (text, span) = text(c, 0)?;
    Ok(Value::text(text, span))
}

pub(super) fn filebase64(c: &Call<'_>) -> Outcome {
    c.of_letters(&STANDARD.encode(built(c)?))
}

pub(super) fn filemd5(c: &Call<'_>) -> Outcome {
    c.of_letters(&digests::hex::<Md5>(built(c)?))
}

pub(super) fn filesha1(c: &Call<'_>) -> Outcome {
    c.of_letters(&digests::hex::<Sha1>(built(c)?))
}

pub(super) fn filesha256(c: &Call<'_>) -> Outcome {
    c.of_letters(&digests::hex::<Sha256>(built(c)?))
}

pub(super) fn filesha512(c: &Call<'_>) -> Outcome {
    c.of_letters(&digests::hex::<Sha512>(built(c)?))
}

pub(super) fn filebase64sha256(c: &Call<'_>) -> Outcome {
    c.of_letters(&digests::base64::<Sha256>(built(c)?))
}

pub(super) fn filebase64sha512(c: &Call<'_>) -> Outcome {
    c.of_letters(&digests::base64::<Sha512>(built(c)?))
}

pub(super) fn fileexists(c: &Call<'_>) -> Outcome {
    let path = c.letters(0)?;
    let found = look(c, &path)?.is_some();
    if !found && inside(c.env.root_dir, &path).is_none() {
        return Err(outside(c, &path));
    }
    c.of_bool(found)
}

/// The files below a folder whose path matches a pattern, in order.
pub(super) fn fileset(c: &Call<'_>) -> Outcome {
    let (dir, pattern) = (c.letters(0)?, c.letters(1)?);
    let candidates = candidates(c, &dir);
    if candidates.is_empty() {
        return Err(outside(c, &dir));
    }
    let Some(pattern) = glob::Pattern::parse(&pattern) else {
        return c.error_at(1, "the pattern is not a glob, or too long");
    };
    let sources = c.env.sources;
    let dir = candidates.iter().find(|d| sources.under(d).next().is_some());
    let mut items = Vec::new();
    for file in dir.iter().flat_map(|d| sources.under(d)) {
        let path = sources.path(file);
        let below = dir
            .and_then(|d| path.strip_prefix(d.as_str()))
            .unwrap_or(path)
            .trim_start_matches('/');
        if pattern.matches(below) {
            items.push(c.of_letters(below)?);
        }
        if items.len() > limits::ELEMENTS {
            return c.error("the pattern matches too many files");
        }
    }
    c.of_list(items, None)
}

pub(super) fn templatefile(c: &Call<'_>) -> Outcome {
    let (template, _) = text(c, 0)?;
    render(c, &template)
}

pub(super) fn templatestring(c: &Call<'_>) -> Outcome {
    let template = c.text(0)?;
    if !template.is_known() {
        return Err(c.unknown());
    }
    render(c, &template)
}

fn render(c: &Call<'_>, template: &Text) -> Outcome {
    let variables: Map = c.map(1)?;
    if let (true, Kind::Unknown(_)) = (variables.open.is_some(), &c.arg(1).kind) {
        return Err(c.unknown());
    }
    (c.env.render)(template, &variables).map_err(|e: FnError| Stop::Error(e))
}

pub(super) fn basename(c: &Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let (flat, holes) = text.flat();
    let trimmed = flat.trim_end_matches('/');
    if trimmed.is_empty() {
        return c.of_letters(if flat.is_empty() { "." } else { "/" });
    }
    let from = trimmed.rfind('/').map_or(0, |i| i + 1);
    if holes.iter().any(|(at, s)| *at >= from && s.class.may_contain('/')) {
        return Err(c.unknown());
    }
    c.of_text(text.slice(from..trimmed.len()))
}

pub(super) fn dirname(c: &Call<'_>) -> Outcome {
    let path = c.letters(0)?;
    let dir = path.rfind('/').map_or("", |i| path.get(..=i).unwrap_or(""));
    c.of_letters(&clean(dir))
}

pub(super) fn pathexpand(c: &Call<'_>) -> Outcome {
    let path = c.letters(0)?;
    if path.starts_with('~') {
        Err(outside(c, &path))
    } else {
        c.of_text(c.text(0)?)
    }
}

/// Where the root of the scan lies is not known.
pub(super) fn abspath(c: &Call<'_>) -> Outcome {
    let path = c.letters(0)?;
    if path.starts_with('/') {
        c.of_letters(&clean(&path))
    } else {
        Err(c.unknown())
    }
}
