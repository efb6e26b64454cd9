//! The state of a session: what is open, what was analysed last, what waits.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::analysis::{Job, Outcome, Snapshot};
use super::documents::{self, Change, Documents};
use super::text::{Extent, Lines, Position};
use super::wire::{self, Code, Incoming};
use super::{actions, hover, publish, uri};
use crate::args::InputArgs;

/// How long the editor is quiet before an analysis begins.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// Stack of a thread that analyses; the frontends have threads of their own besides.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What the session hears.
pub(crate) enum Event {
    Incoming(Incoming),
    /// The analysis of a generation has ended.
    Analysed(u64, Outcome),
    /// A request was answered.
    Answer(Value, Value),
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    Running,
    ShutDown,
}

pub(crate) struct Server<W> {
    given: InputArgs,
    tell: Sender<Event>,
    out: W,
    phase: Phase,
    folders: Vec<PathBuf>,
    watches: bool,
    documents: Documents,
    /// Counts changes; an analysis is current iff it has the same number.
    generation: u64,
    analysed: u64,
    analysing: bool,
    /// What the editor's texts were when the last analysis began.
    versions: BTreeMap<String, i64>,
    due: Option<Instant>,
    snapshots: Vec<Arc<Snapshot>>,
    published: BTreeSet<String>,
    failures: Vec<String>,
    /// Requests that need an analysis of what is there now.
    waiting: Vec<Request>,
    /// Requests that are being worked on.
    working: Vec<Value>,
}

struct Request {
    id: Value,
    method: String,
    params: Value,
}

#[derive(Deserialize)]
struct Named {
    uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct At {
    text_document: Named,
    #[serde(default)]
    position: Position,
    #[serde(default)]
    range: Extent,
}

impl<W: Write> Server<W> {
    pub(crate) fn new(given: InputArgs, tell: Sender<Event>, out: W) -> Self {
        Self {
            given,
            tell,
            out,
            phase: Phase::Fresh,
            folders: Vec::new(),
            watches: false,
            documents: Documents::default(),
            generation: 1,
            analysed: 0,
            analysing: false,
            versions: BTreeMap::new(),
            due: None,
            snapshots: Vec::new(),
            published: BTreeSet::new(),
            failures: Vec::new(),
            waiting: Vec::new(),
            working: Vec::new(),
        }
    }

    /// True iff the editor said goodbye in order.
    pub(crate) fn serve(&mut self, told: &Receiver<Event>) -> io::Result<bool> {
        loop {
            let next = match self.due {
                Some(due) => told.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => told.recv().map_err(RecvTimeoutError::from),
            };
            match next {
                Ok(Event::Incoming(Incoming::End)) | Err(RecvTimeoutError::Disconnected) => return Ok(false),
                Ok(Event::Incoming(Incoming::Malformed(why))) => {
                    self.send(&wire::error(&Value::Null, Code::Parse, &why))?;
                }
                Ok(Event::Incoming(Incoming::Message(message))) => {
                    if let Some(orderly) = self.message(message)? {
                        return Ok(orderly);
                    }
                }
                Ok(Event::Analysed(generation, outcome)) => self.analysed(generation, outcome)?,
                Ok(Event::Answer(id, answer)) => self.answered(&id, &answer)?,
                Err(RecvTimeoutError::Timeout) => self.analyse(),
            }
        }
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        wire::write(&mut self.out, message)
    }

    /// Handles a message; says how the session ends when it is `exit`.
    fn message(&mut self, message: Value) -> io::Result<Option<bool>> {
        let id = message.get("id").cloned();
        let Some(method) = message.get("method").and_then(Value::as_str).map(str::to_owned) else {
            // The answer to a request of ours, or nothing that we know.
            let known = message.get("result").is_some() || message.get("error").is_some();
            if !known {
                let id = id.unwrap_or_default();
                self.send(&wire::error(
                    &id,
                    Code::InvalidRequest,
                    "neither a request nor an answer",
                ))?;
            }
            return Ok(None);
        };
        let params = message.get("params").cloned().unwrap_or_default();
        match id {
            Some(id) => self.request(Request { id, method, params })?,
            None if method == "exit" => return Ok(Some(self.phase == Phase::ShutDown)),
            None if self.phase == Phase::Running => self.notification(&method, params)?,
            None => {}
        }
        Ok(None)
    }

    fn request(&mut self, request: Request) -> io::Result<()> {
        let answer = match (self.phase, &*request.method) {
            (Phase::Fresh, "initialize") => {
                self.phase = Phase::Running;
                self.initialize(&request.params);
                wire::result(&request.id, &capabilities())
            }
            (Phase::Fresh, _) => wire::error(&request.id, Code::NotInitialized, "initialize comes first"),
            (Phase::ShutDown, _) => wire::error(&request.id, Code::InvalidRequest, "shutdown was asked for"),
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                self.due = None;
                wire::result(&request.id, &Value::Null)
            }
            (Phase::Running, "initialize") => wire::error(&request.id, Code::InvalidRequest, "initialize came before"),
            (Phase::Running, "textDocument/hover" | "textDocument/codeAction") => {
                if At::deserialize(&request.params).is_ok() {
                    self.waiting.push(request);
                    self.work();
                    return Ok(());
                }
                wire::error(&request.id, Code::InvalidParams, "no place in a document")
            }
            (Phase::Running, other) => wire::error(&request.id, Code::MethodNotFound, other),
        };
        self.send(&answer)
    }

    fn initialize(&mut self, params: &Value) {
        let folders = params.get("workspaceFolders").and_then(Value::as_array);
        let folders = folders.into_iter().flatten().filter_map(|f| f.get("uri"));
        let root = params.get("rootUri");
        let named: Vec<&Value> = folders.collect();
        let uris = if named.is_empty() {
            root.into_iter().collect()
        } else {
            named
        };
        self.folders = uris
            .into_iter()
            .filter_map(Value::as_str)
            .filter_map(documents::real)
            .collect();
        if !self.given.paths.is_empty() {
            self.folders = std::mem::take(&mut self.given.paths);
        }
        let option = |name: &str| params.pointer(&format!("/initializationOptions/{name}"));
        if let Some(account) = option("account").and_then(Value::as_str) {
            self.given.given.account = Some(account.to_owned());
        }
        let dynamic = "/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration";
        self.watches = params.pointer(dynamic) == Some(&Value::Bool(true));
    }

    fn notification(&mut self, method: &str, params: Value) -> io::Result<()> {
        match method {
            "initialized" if self.watches => {
                self.send(&watch())?;
                self.changed();
            }
            "initialized" | "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.changed(),
            "textDocument/didOpen" => self.open(&params),
            "textDocument/didChange" => self.change(&params),
            "textDocument/didClose" => {
                if let Some(uri) = params.pointer("/textDocument/uri").and_then(Value::as_str) {
                    self.documents.close(uri);
                    self.changed();
                }
            }
            "workspace/didChangeWorkspaceFolders" => self.change_folders(&params),
            "$/cancelRequest" => {
                if let Some(id) = params.get("id") {
                    self.cancel(id)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, params: &Value) {
        let field = |name: &str| params.get("textDocument").and_then(|d| d.get(name));
        let uri = field("uri").and_then(Value::as_str);
        let text = field("text").and_then(Value::as_str);
        if let (Some(uri), Some(text)) = (uri, text) {
            let version = field("version").and_then(Value::as_i64).unwrap_or(0);
            self.documents.open(uri, version, text.to_owned());
            self.changed();
        }
    }

    fn change(&mut self, params: &Value) {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let changes = params.get("contentChanges").map(Vec::<Change>::deserialize);
        if let (Some(uri), Some(Ok(changes))) = (uri, changes) {
            let version = params.pointer("/textDocument/version").and_then(Value::as_i64);
            self.documents.change(uri, version.unwrap_or(0), changes);
            self.changed();
        }
    }

    fn change_folders(&mut self, params: &Value) {
        let named = |list: &str| -> Vec<PathBuf> {
            let folders = params.pointer(&format!("/event/{list}")).and_then(Value::as_array);
            let uris = folders.into_iter().flatten().filter_map(|f| f.get("uri")?.as_str());
            uris.filter_map(documents::real).collect()
        };
        let removed = named("removed");
        self.folders.retain(|f| !removed.contains(f));
        self.folders.extend(named("added"));
        self.changed();
    }

    fn cancel(&mut self, id: &Value) -> io::Result<()> {
        let open = self.waiting.len() + self.working.len();
        self.waiting.retain(|r| r.id != *id);
        self.working.retain(|w| w != id);
        if self.waiting.len() + self.working.len() < open {
            self.send(&wire::error(id, Code::Cancelled, "cancelled"))?;
        }
        Ok(())
    }

    /// Something is not as it was: an analysis is due when the editor has been quiet for a moment.
    fn changed(&mut self) {
        self.generation += 1;
        self.due = Some(Instant::now() + DEBOUNCE);
    }

    fn job(&self) -> Job {
        let mut folders = self.folders.clone();
        if folders.is_empty() {
            folders.extend(self.documents.some_folder().map(Path::to_owned));
        }
        Job {
            folders,
            given: self.given.clone(),
            overlay: self.documents.overlay(),
        }
    }

    /// Begins an analysis, unless one runs: then the next begins when it ends.
    fn analyse(&mut self) {
        self.due = None;
        if self.analysing {
            return;
        }
        let (job, generation, tell) = (self.job(), self.generation, self.tell.clone());
        self.versions = self.documents.versions();
        self.analysing = spawn(move || {
            // The session may have ended meanwhile.
            let _ = tell.send(Event::Analysed(generation, job.run()));
        });
    }

    fn analysed(&mut self, generation: u64, outcome: Outcome) -> io::Result<()> {
        self.analysing = false;
        self.analysed = generation;
        self.snapshots = outcome.snapshots;
        for failure in outcome.failures.iter().filter(|f| !self.failures.contains(f)) {
            let params = json!({"type": 1, "message": format!("rolecall: {failure}")});
            wire::write(&mut self.out, &wire::notification("window/showMessage", &params))?;
        }
        self.failures = outcome.failures;
        self.publish()?;
        if generation != self.generation && self.due.is_none() {
            self.analyse();
        }
        self.work();
        Ok(())
    }

    /// Sends the diagnostics of every file that has some, and none for those that had.
    fn publish(&mut self) -> io::Result<()> {
        let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (path, diagnostics) in self.snapshots.iter().flat_map(|s| publish::diagnostics(s)) {
            let open = self.documents.get(&path);
            let uri = open.map_or_else(|| uri::of_path(&path), |d| d.uri.clone());
            files.entry(uri).or_default().extend(diagnostics);
        }
        let now = files.keys().cloned().collect();
        for uri in std::mem::replace(&mut self.published, now) {
            files.entry(uri).or_default();
        }
        for (uri, diagnostics) in files {
            let mut params = json!({"uri": uri, "diagnostics": diagnostics});
            if let (Some(version), Value::Object(map)) = (self.versions.get(&uri), &mut params) {
                map.insert("version".to_owned(), (*version).into());
            }
            self.send(&wire::notification("textDocument/publishDiagnostics", &params))?;
        }
        Ok(())
    }

    fn is_current(&self) -> bool {
        self.analysed == self.generation
    }

    /// Begins the requests that wait, if what they ask about was analysed.
    fn work(&mut self) {
        if !self.is_current() {
            return;
        }
        for request in std::mem::take(&mut self.waiting) {
            let (snapshots, job, tell) = (self.snapshots.clone(), self.job(), self.tell.clone());
            self.working.push(request.id.clone());
            spawn(move || {
                let answer = answer(&request, &snapshots, &job);
                // The session may have ended meanwhile.
                let _ = tell.send(Event::Answer(request.id, answer));
            });
        }
    }

    fn answered(&mut self, id: &Value, answer: &Value) -> io::Result<()> {
        let open = self.working.len();
        self.working.retain(|w| w != id);
        // What was cancelled has its answer already.
        if self.working.len() < open && self.phase == Phase::Running {
            self.send(&wire::result(id, answer))?;
        }
        Ok(())
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> bool {
    let thread = thread::Builder::new().name("analysis".into()).stack_size(STACK_BYTES);
    thread.spawn(work).is_ok()
}

/// The answer to a request about a place; null where there is nothing to say.
fn answer(request: &Request, snapshots: &[Arc<Snapshot>], job: &Job) -> Value {
    let work = || {
        let at = At::deserialize(&request.params).ok()?;
        let path = documents::real(&at.text_document.uri)?;
        let (snapshot, file) = snapshots.iter().find_map(|s| Some((s, s.file(&path)?)))?;
        if request.method == "textDocument/codeAction" {
            return Some(Value::Array(actions::actions(snapshot, job, file, &at.range)));
        }
        let text = snapshot.sources.text(file).ok()?;
        hover::hover(snapshot, file, Lines::new(text).offset(text, at.position))
    };
    crate::input::guarded("a request", work)
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn capabilities() -> Value {
    json!({
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
            "hoverProvider": true,
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
            "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
        },
        "serverInfo": {"name": "rolecall", "version": env!("CARGO_PKG_VERSION")},
    })
}

/// Asks to be told of files that change outside the editor.
fn watch() -> Value {
    let glob = "**/*.{tf,tofu,tfvars,json,yaml,yml,template}";
    let registration = json!({
        "id": "files",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": {"watchers": [{"globPattern": glob}]},
    });
    json!({"jsonrpc": "2.0", "id": "watch", "method": "client/registerCapability", "params": {"registrations": [registration]}})
}
