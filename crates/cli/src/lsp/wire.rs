//! The base protocol: JSON-RPC messages with headers, over a pair of streams.
//! <https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol>

use std::io::{self, BufRead, Read, Write};

use serde_json::{Value, json};

/// Largest message that is read.
const MESSAGE_BYTES: u64 = 256 * 1024 * 1024;
/// Longest line of a header.
const HEADER_BYTES: u64 = 4096;

/// What stood on the stream.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// A message.
    Message(Value),
    /// Something that is no message; the stream goes on after it.
    Malformed(String),
    /// The end.
    End,
}

/// Reads the next message.
pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Incoming> {
    let mut length = None;
    let mut any = false;
    loop {
        let mut line = Vec::new();
        if from.by_ref().take(HEADER_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(Incoming::End);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        match line.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => {
                length = Some(value.trim().parse::<u64>().ok());
            }
            _ if line.is_empty() && any => break,
            _ => {}
        }
        any |= !line.is_empty();
    }
    match length {
        None => Ok(Incoming::Malformed("a message without Content-Length".into())),
        Some(None) => Ok(Incoming::Malformed("a Content-Length that is no number".into())),
        Some(Some(length)) => body(from, length),
    }
}

fn body(from: &mut impl BufRead, length: u64) -> io::Result<Incoming> {
    if length > MESSAGE_BYTES {
        io::copy(&mut from.by_ref().take(length), &mut io::sink())?;
        return Ok(Incoming::Malformed(format!("a message of {length} bytes")));
    }
    let mut bytes = Vec::new();
    from.by_ref().take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Ok(Incoming::End);
    }
    Ok(match serde_json::from_slice(&bytes) {
        Ok(message) => Incoming::Message(message),
        Err(error) => Incoming::Malformed(format!("a message that is not JSON: {error}")),
    })
}

/// Writes one message.
pub(crate) fn write(to: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(to, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    to.flush()
}

/// Error codes of JSON-RPC and of the protocol.
#[derive(Clone, Copy)]
pub(crate) enum Code {
    Parse = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    NotInitialized = -32002,
    Cancelled = -32800,
}

pub(crate) fn result(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

pub(crate) fn error(id: &Value, code: Code, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code as i32, "message": message}})
}

pub(crate) fn notification(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Incoming> {
        let mut from = io::BufReader::new(text.as_bytes());
        let mut found = Vec::new();
        loop {
            let next = read(&mut from).unwrap();
            let end = next == Incoming::End;
            found.push(next);
            if end {
                return found;
            }
        }
    }

    #[test]
    fn messages_are_read_and_written() {
        let mut out = Vec::new();
        write(&mut out, &json!({"a": "é"})).unwrap();
        write(&mut out, &json!([1])).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("Content-Length: 10\r\n\r\n{\"a\":\"é\"}"), "{text}");
        assert_eq!(
            all(&text),
            [
                Incoming::Message(json!({"a": "é"})),
                Incoming::Message(json!([1])),
                Incoming::End
            ]
        );
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        let found = all(
            "Content-Type: x\r\n\r\ncontent-length: 2\n\n{}Content-Length: 3\r\n\r\nnoContent-Length: x\r\n\r\n\
             Content-Length: 400000000000\r\n\r\nrest",
        );
        let kinds: Vec<bool> = found.iter().map(|i| matches!(i, Incoming::Message(_))).collect();
        assert_eq!(kinds, [false, true, false, false, false, false], "{found:?}");
    }
}
