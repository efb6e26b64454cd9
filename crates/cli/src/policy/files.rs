//! Policy documents in files of their own.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rolecall_iam::{Authority, Context, Grant, PolicyKind, ResourceGrant, parse_policy};
use rolecall_source::{Diagnostic, Level, LoadError, Sources, Span, Text, json};

use super::request;
use crate::console::Failure;
use crate::discover::Disk;

/// The files of one question.
pub(crate) struct Files {
    pub(crate) sources: Sources,
    diagnostics: Vec<Diagnostic>,
    next: u32,
}

impl Files {
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Self {
        let paths = paths.into_iter().map(|p| p.to_string_lossy().into_owned()).collect();
        let disk = Disk { root: PathBuf::new() };
        Self {
            sources: Sources::new(paths, Box::new(disk)),
            diagnostics: Vec::new(),
            next: 0,
        }
    }

    /// The policy in a file. What is not legal in it is told by [`Files::complain`].
    pub(crate) fn grant(&mut self, path: &Path, kind: PolicyKind) -> Result<Grant, Failure> {
        let unreadable = |why: String| Failure::Read {
            path: path.to_path_buf(),
            why,
        };
        let missing = || unreadable("its name is not UTF-8".to_owned());
        let file = self.sources.find(&path.to_string_lossy()).ok_or_else(missing)?;
        let text = self.sources.text(file).map_err(|e| match e {
            LoadError::Io(why) => unreadable(why),
            other => unreadable(format!("it {other}")),
        })?;
        let document = json::read_file(text, file).map_err(|e| {
            let at = self.place(e.span);
            unreadable(format!("it is not valid JSON: {} ({at})", e.message))
        })?;
        let id = self.next;
        self.next += 1;
        let policy = parse_policy(&document.value, kind, &mut self.diagnostics);
        Ok(Grant {
            policy: policy.into(),
            id,
            exists: Default::default(),
        })
    }

    /// The authority of a caller with these files; each control policy is a level of its own.
    pub(crate) fn authority(&mut self, arguments: &PolicyFiles<'_>, context: &Context) -> Result<Authority, Failure> {
        let mut authority = Authority {
            caller: request::caller(arguments.principal, context),
            ..Authority::default()
        };
        for path in arguments.identity {
            authority.identity.push(self.grant(path, PolicyKind::Identity)?);
        }
        if let Some(path) = arguments.boundary {
            authority.boundary = Some(self.grant(path, PolicyKind::Identity)?);
        }
        for path in arguments.session {
            let grant = self.grant(path, PolicyKind::Identity)?;
            authority.session.get_or_insert_default().push(grant);
        }
        if let Some((path, resource)) = arguments.resource {
            let on = request::OnResource::of(resource, None, arguments.principal, context);
            let grant = self.grant(path, on.kind)?;
            authority.resources = [ResourceGrant::new(grant, &Text::plain(resource), on.reach)].into();
        }
        for path in arguments.controls {
            authority.controls.push(vec![self.grant(path, PolicyKind::Control)?]);
        }
        Ok(authority)
    }

    /// `file:line:column`.
    pub(crate) fn place(&self, span: Span) -> String {
        let at = self.sources.position(span);
        format!("{}:{}:{}", self.sources.path(span.file), at.line, at.column)
    }

    /// Tells on standard error what was wrong with the policies; true iff something was lost.
    pub(crate) fn complain(&self) -> bool {
        let mut out = std::io::stderr().lock();
        for diagnostic in &self.diagnostics {
            let level = if diagnostic.level == Level::Error {
                "error"
            } else {
                "warning"
            };
            let span = diagnostic.labels.first().map_or(Span::NOWHERE, |l| l.span);
            // There is no second place to complain at.
            let _ = writeln!(out, "{}: {level}: {}", self.place(span), diagnostic.headline);
        }
        self.diagnostics.iter().any(|d| d.level == Level::Error)
    }
}

/// Files by what they are.
#[derive(Default)]
pub(crate) struct PolicyFiles<'a> {
    pub(crate) principal: &'a str,
    pub(crate) identity: &'a [PathBuf],
    pub(crate) boundary: Option<&'a PathBuf>,
    pub(crate) session: &'a [PathBuf],
    pub(crate) controls: &'a [PathBuf],
    /// The policy of a resource, and the resource.
    pub(crate) resource: Option<(&'a PathBuf, &'a str)>,
}

impl<'a> PolicyFiles<'a> {
    /// None, of a principal.
    pub(crate) fn of(principal: &'a str) -> Self {
        Self {
            principal,
            ..Self::default()
        }
    }
}
