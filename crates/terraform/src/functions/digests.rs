//! [Hash and crypto functions](https://developer.hashicorp.com/terraform/language/functions/sha256).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use rolecall_source::{Class, Symbol};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::call::{Call, Outcome, Stop};

pub(super) fn hex<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn base64<D: Digest>(bytes: &[u8]) -> String {
    STANDARD.encode(D::digest(bytes))
}

pub(super) fn md5(c: &Call<'_>) -> Outcome {
    c.of_letters(&hex::<Md5>(c.letters(0)?.as_bytes()))
}

pub(super) fn sha1(c: &Call<'_>) -> Outcome {
    c.of_letters(&hex::<Sha1>(c.letters(0)?.as_bytes()))
}

pub(super) fn sha256(c: &Call<'_>) -> Outcome {
    c.of_letters(&hex::<Sha256>(c.letters(0)?.as_bytes()))
}

pub(super) fn sha512(c: &Call<'_>) -> Outcome {
    c.of_letters(&hex::<Sha512>(c.letters(0)?.as_bytes()))
}

pub(super) fn base64sha256(c: &Call<'_>) -> Outcome {
    c.of_letters(&base64::<Sha256>(c.letters(0)?.as_bytes()))
}

pub(super) fn base64sha512(c: &Call<'_>) -> Outcome {
    c.of_letters(&base64::<Sha512>(c.letters(0)?.as_bytes()))
}

/// A name-based [UUID](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5).
pub(super) fn uuidv5(c: &Call<'_>) -> Outcome {
    let (namespace, name) = (c.letters(0)?, c.letters(1)?);
    let known = match namespace.as_str() {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let digits: String = known.chars().filter(|l| *l != '-').collect();
    let uuid = u128::from_str_radix(&digits, 16)
        .ok()
        .filter(|_| digits.len() == 32 && !known.contains('+'));
    let Some(uuid) = uuid else {
        return c.error_at(0, "the namespace is not a UUID");
    };
    let mut input = uuid.to_be_bytes().to_vec();
    input.extend(name.bytes());
    let digest = Sha1::digest(&input);
    let taken = digest.iter().take(16).fold(0u128, |n, b| n << 8 | u128::from(*b));
    let versioned = taken & !(0xf << 76) & !(0b11 << 62) | 5 << 76 | 0b10 << 62;
    let hex = format!("{versioned:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or("").to_owned();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    c.of_letters(&parts.join("-"))
}

/// Another value at each call.
pub(super) fn uuid(c: &Call<'_>) -> Outcome {
    let place = format!("{}:{}-{}", c.span.file.0, c.span.start, c.span.end);
    Err(Stop::Unknown(Symbol::new(
        format!("uuid({}@{place})", c.env.module_dir),
        "uuid()",
        "is generated at deployment",
        Class::Id,
    )))
}

/// A hash with random salt.
pub(super) fn bcrypt(c: &Call<'_>) -> Outcome {
    let _ = c.text(0)?;
    Err(Stop::Unknown(random(c, "has a random salt")))
}

/// Needs a private key, which is nobody's business here.
pub(super) fn rsadecrypt(c: &Call<'_>) -> Outcome {
    let _ = (c.text(0)?, c.text(1)?);
    Err(Stop::Unknown(random(c, "is encrypted")))
}

fn random(c: &Call<'_>, why: &str) -> Symbol {
    let symbol = c.symbol("");
    Symbol::new(symbol.id, symbol.name, why, Class::Any)
}
