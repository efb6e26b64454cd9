//! [Encoding functions](https://developer.hashicorp.com/terraform/language/functions/base64encode) over letters.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_source::{Class, Symbol, Text, Value};

use super::call::{Call, Outcome, Stop};

pub(super) fn base64encode(c: &Call<'_>) -> Outcome {
    c.of_letters(&STANDARD.encode(c.letters(0)?))
}

fn bytes(c: &Call<'_>) -> Result<Vec<u8>, Stop> {
    STANDARD
        .decode(c.letters(0)?)
        .or_else(|_| c.error_at(0, "the text is not Base64"))
}

pub(super) fn base64decode(c: &Call<'_>) -> Outcome {
    match String::from_utf8(bytes(c)?) {
        // The letters stand nowhere; the text they were decoded from does.
        Ok(letters) => Ok(Value::text(Text::new(&letters, c.text(0)?.span()), c.span)),
        Err(_) => c.error_at(0, "the decoded bytes are not UTF-8"),
    }
}

/// Compressed bytes depend on the compressor; nobody looks into them.
pub(super) fn base64gzip(c: &Call<'_>) -> Outcome {
    let _ = c.text(0)?;
    let symbol = c.symbol("");
    Err(Stop::Unknown(Symbol::new(
        symbol.id,
        symbol.name,
        "is compressed",
        Class::Any,
    )))
}

/// As a query string needs it: a space is `+`.
pub(super) fn urlencode(c: &Call<'_>) -> Outcome {
    let stays = |l: char| l.is_ascii_alphanumeric() || "-_.~".contains(l);
    let to = |l: char, out: &mut String| {
        if stays(l) {
            out.push(l);
        } else if l == ' ' {
            out.push('+');
        } else {
            let mut buffer = [0; 4];
            for b in l.encode_utf8(&mut buffer).bytes() {
                out.push_str(&format!("%{b:02X}"));
            }
        }
    };
    let symbol = |s: &Symbol| match s.class {
        Class::Any | Class::Name => c.symbol_of(s),
        _ => s.clone(),
    };
    c.of_text(c.text(0)?.map(to, symbol))
}

/// The character encodings that are known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    /// Big-endian, with a byte order mark.
    Utf16,
    Utf16Le,
    Utf16Be,
    Latin1,
    Windows1252,
}

/// The letters of Windows-1252 from 0x80 to 0x9F; U+FFFD where it has none.
const WINDOWS: &str = "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ";

/// An encoding by its [IANA name](https://www.iana.org/assignments/character-sets) or alias. Others are not known
/// here, and neither is what they give.
fn charset(c: &Call<'_>) -> Result<Charset, Stop> {
    let name = c.letters(1)?;
    Ok(match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "CSUTF8" => Charset::Utf8,
        "US-ASCII" | "ASCII" if c.letters(0)?.is_ascii() => Charset::Utf8,
        "UTF-16" | "CSUTF16" => Charset::Utf16,
        "UTF-16LE" | "CSUTF16LE" => Charset::Utf16Le,
        "UTF-16BE" | "CSUTF16BE" => Charset::Utf16Be,
        "ISO-8859-1" | "ISO_8859-1" | "LATIN1" | "L1" | "CSISOLATIN1" => Charset::Latin1,
        "WINDOWS-1252" | "CSWINDOWS1252" => Charset::Windows1252,
        _ => return Err(c.unknown()),
    })
}

pub(super) fn textencodebase64(c: &Call<'_>) -> Outcome {
    let (text, charset) = (c.letters(0)?, charset(c)?);
    let mut out = Vec::new();
    if charset == Charset::Utf16 {
        out.extend([0xfe, 0xff]);
    }
    for letter in text.chars() {
        match charset {
            Charset::Utf8 => out.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
            Charset::Utf16Le => out.extend(letter.encode_utf16(&mut [0; 2]).iter().flat_map(|u| u.to_le_bytes())),
            Charset::Utf16 | Charset::Utf16Be => {
                out.extend(letter.encode_utf16(&mut [0; 2]).iter().flat_map(|u| u.to_be_bytes()));
            }
            Charset::Latin1 | Charset::Windows1252 => match single_byte(letter, charset) {
                Some(byte) => out.push(byte),
                None => return c.error_at(0, format!("the encoding has no letter for `{letter}`")),
            },
        }
    }
    c.of_letters(&STANDARD.encode(out))
}

fn single_byte(letter: char, charset: Charset) -> Option<u8> {
    let code = u8::try_from(u32::from(letter)).ok();
    if charset == Charset::Latin1 {
        return code;
    }
    let special = WINDOWS.chars().position(|w| w == letter && w != '\u{fffd}');
    match special {
        Some(i) => u8::try_from(0x80 + i).ok(),
        None => code.filter(|b| !(0x80..0xa0).contains(b)),
    }
}

pub(super) fn textdecodebase64(c: &Call<'_>) -> Outcome {
    let (bytes, charset) = (bytes(c)?, charset(c)?);
    let units = |from: fn([u8; 2]) -> u16| -> Option<String> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|p| from(*p));
        rest.is_empty()
            .then(|| char::decode_utf16(units).map(|u| u.unwrap_or('\u{fffd}')).collect())
    };
    let byte = |b: &u8| match (charset, b) {
        (Charset::Windows1252, 0x80..=0x9f) => WINDOWS.chars().nth(usize::from(b - 0x80)).unwrap_or('\u{fffd}'),
        _ => char::from(*b),
    };
    let decoded = match charset {
        Charset::Utf8 => String::from_utf8(bytes.clone()).ok(),
        Charset::Utf16Le => units(u16::from_le_bytes),
        Charset::Utf16Be => units(u16::from_be_bytes),
        Charset::Utf16 => match bytes.get(..2) {
            Some([0xff, 0xfe]) => units(u16::from_le_bytes).map(|t| t.chars().skip(1).collect()),
            Some([0xfe, 0xff]) => units(u16::from_be_bytes).map(|t| t.chars().skip(1).collect()),
            _ => None,
        },
        Charset::Latin1 | Charset::Windows1252 => Some(bytes.iter().map(byte).collect()),
    };
    match decoded {
        Some(letters) => c.of_letters(&letters),
        None => c.error_at(0, "the bytes are no text in this encoding"),
    }
}
