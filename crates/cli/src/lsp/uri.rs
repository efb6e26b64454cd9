//! `file:` addresses.

use std::path::{Path, PathBuf};

/// The path that a `file:` address names.
pub(crate) fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let (host, path) = rest.split_at_checked(rest.find('/')?)?;
    if !host.is_empty() && host != "localhost" {
        return None;
    }
    let path = decode(path)?;
    // `/C:/infra` is a path of Windows.
    let bytes = path.as_bytes();
    let drive = bytes.get(2) == Some(&b':') && bytes.get(1).is_some_and(u8::is_ascii_alphabetic);
    let path = if drive { path.get(1..)?.to_owned() } else { path };
    Some(PathBuf::from(path))
}

/// The address of an absolute path.
pub(crate) fn of_path(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.strip_prefix("//?/").unwrap_or(&text);
    let mut uri = String::from("file://");
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()*+,;=".contains(&byte);
        if plain {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths() {
        for (path, uri) in [
            ("/a b/é#?.tf", "file:///a%20b/%C3%A9%23%3F.tf"),
            ("C:/infra/x.tf", "file:///C:/infra/x.tf"),
        ] {
            assert_eq!(of_path(Path::new(path)), uri);
            assert_eq!(to_path(uri), Some(PathBuf::from(path)));
        }
        assert_eq!(of_path(Path::new(r"\\?\C:\infra")), "file:///C:/infra");
        assert_eq!(to_path("file:///c%3A/x"), Some(PathBuf::from("c:/x")));
        assert_eq!(to_path("file://localhost/x"), Some(PathBuf::from("/x")));
        for other in ["untitled:Untitled-1", "file://host/x", "file:///%zz", "file:///%ff", ""] {
            assert_eq!(to_path(other), None, "{other}");
        }
    }
}
