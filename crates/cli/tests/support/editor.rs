//! An editor that speaks to `rolecall lsp`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Editor {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    /// What came that was not waited for yet.
    seen: Vec<Value>,
    next: i64,
}

impl Editor {
    /// Starts the server in no folder at all.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rolecall"))
            .arg("lsp")
            .args(args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let to = child.stdin.take();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (tell, from) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut out) {
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            to,
            from,
            seen: Vec::new(),
            next: 0,
        }
    }

    /// Starts it and opens a folder.
    pub(crate) fn open_folder(folder: &Path) -> Self {
        let mut editor = Self::start(&["--stdio"]);
        let capabilities = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
        let params = json!({"processId": null, "rootUri": uri(folder), "capabilities": capabilities});
        let answer = editor.ask("initialize", &params);
        assert_eq!(
            answer["result"]["capabilities"]["positionEncoding"], "utf-16",
            "{answer}"
        );
        editor.tell("initialized", &json!({}));
        editor
    }

    pub(crate) fn raw(&mut self, text: &str) {
        let to = self.to.as_mut().unwrap();
        to.write_all(text.as_bytes()).unwrap();
        to.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    }

    pub(crate) fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and gives its id.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> i64 {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        self.next
    }

    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.request(method, params);
        self.wait(|m| m["id"] == id && m.get("method").is_none())
    }

    /// The next message that is wanted; others are kept.
    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.seen.iter().position(&wanted) {
            return self.seen.remove(at);
        }
        loop {
            let message = self.from.recv_timeout(PATIENCE).expect("an answer in time");
            if wanted(&message) {
                return message;
            }
            self.seen.push(message);
        }
    }

    /// The diagnostics of a file as soon as they are as wanted.
    pub(crate) fn diagnostics(&mut self, file: &Path, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = uri(file);
        let of_file = |m: &Value| m["method"] == "textDocument/publishDiagnostics" && m["params"]["uri"] == *uri;
        let list = |m: &Value| m["params"]["diagnostics"].as_array().unwrap().clone();
        let message = self.wait(|m| of_file(m) && wanted(&list(m)));
        self.seen.retain(|m| !of_file(m));
        list(&message)
    }

    pub(crate) fn open(&mut self, file: &Path, text: &str) {
        let document = json!({"uri": uri(file), "languageId": "terraform", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}));
    }

    pub(crate) fn replace(&mut self, file: &Path, version: i64, text: &str) {
        let document = json!({"uri": uri(file), "version": version});
        self.tell(
            "textDocument/didChange",
            &json!({"textDocument": document, "contentChanges": [{"text": text}]}),
        );
    }

    /// Says goodbye; gives the exit code.
    pub(crate) fn quit(mut self) -> i32 {
        let answer = self.ask("shutdown", &Value::Null);
        assert_eq!(answer.get("result"), Some(&Value::Null), "{answer}");
        self.tell("exit", &Value::Null);
        self.child.wait().unwrap().code().unwrap()
    }

    /// Goes away without a word; gives the exit code.
    pub(crate) fn vanish(mut self) -> i32 {
        drop(self.to.take());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(from: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            _ if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The address of a path; those of these tests need no escapes.
pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The place of the first letter of `part` in `text`, in lines and UTF-16 code units.
pub(crate) fn place(text: &str, part: &str) -> Value {
    let (before, _) = text.split_once(part).expect("the part is in the text");
    let line = before.rsplit('\n').next().unwrap();
    json!({"line": before.matches('\n').count(), "character": line.encode_utf16().count()})
}

/// The text with the edits of a code action made.
pub(crate) fn edited(text: &str, edits: &[Value]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let offset = |p: &Value| {
        let line = usize::try_from(p["line"].as_u64().unwrap()).unwrap();
        let start: usize = lines.iter().take(line).map(|l| l.len()).sum();
        let units: Vec<u16> = lines.get(line).map_or("", |l| l).encode_utf16().collect();
        let character = usize::try_from(p["character"].as_u64().unwrap()).unwrap();
        start + String::from_utf16(&units[..character]).unwrap().len()
    };
    let mut sorted: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|e| {
            let (range, new) = (&e["range"], e["newText"].as_str().unwrap());
            (offset(&range["start"]), offset(&range["end"]), new)
        })
        .collect();
    sorted.sort_unstable();
    let mut out = text.to_owned();
    for (start, end, new) in sorted.into_iter().rev() {
        out.replace_range(start..end, new);
    }
    out
}
