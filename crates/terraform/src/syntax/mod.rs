//! Syntax: `.tf`, `.tf.json` and template files into one tree.

pub(crate) mod ast;
mod body;
mod cursor;
mod expression;
mod json;
mod outline;
mod template;
pub(crate) mod types;
mod walk;

use std::sync::Arc;

use rolecall_facts::{Commented, Directive, MARKER};
use rolecall_source::{Diagnostic, FileId, Text};

pub(crate) use self::ast::{Body, Expr};
use self::cursor::{From, Parser, SyntaxError};
pub(crate) use self::json::{quoted_expression, read_json};

/// The code of diagnostics about syntax.
pub(crate) const CODE: &str = "terraform-syntax";

/// Most syntax errors that are told of one file.
const ERRORS: usize = 20;

/// What is read of a file beside its tree.
#[derive(Default)]
pub(crate) struct Remarks {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) directives: Vec<Directive>,
}

/// A `.tf` or `.tfvars` file. Where it is plainly a list of blocks, their contents are read when they are asked for.
/// What could not be parsed is left out or [`ast::ExprKind::Invalid`], with a diagnostic.
pub(crate) fn read_hcl(text: &Arc<str>, file: FileId, remarks: &mut Remarks) -> Body {
    // Comments that steer the analysis may stand anywhere.
    let plain = (!text.contains(MARKER)).then(|| outline::outline(text, file)).flatten();
    match plain {
        Some(blocks) => Body {
            attributes: Vec::new(),
            blocks,
        },
        None => read_whole(text, file, remarks),
    }
}

/// The content of a block that begins at `open`.
fn read_content(text: &str, file: FileId, open: usize, diagnostics: &mut Vec<Diagnostic>) -> Body {
    let mut parser = Parser::new(text, From::File(file));
    parser.at = open;
    let body = parser.content();
    let errors = std::mem::take(&mut parser.errors);
    diagnostics.extend(errors.iter().take(ERRORS).map(|e| diagnostic(&parser, e)));
    body
}

/// A file, read from its beginning to its end.
fn read_whole(text: &str, file: FileId, remarks: &mut Remarks) -> Body {
    let mut parser = Parser::new(text, From::File(file));
    parser.commented = text.contains(MARKER).then(Commented::default);
    let body = parser.file();
    if let Some(commented) = parser.commented.take() {
        commented.directives(text, file, &mut remarks.directives, &mut remarks.diagnostics);
    }
    let diagnostics = &mut remarks.diagnostics;
    let errors = std::mem::take(&mut parser.errors);
    diagnostics.extend(errors.iter().take(ERRORS).map(|e| diagnostic(&parser, e)));
    body
}

/// The attributes, blocks, elements and items of a `.tf` file, as ranges of bytes.
pub(crate) fn entries(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut parser = Parser::new(text, From::File(FileId(0)));
    parser.commented = Some(Commented::default());
    parser.file();
    parser.commented.take().unwrap_or_default().entries
}

/// The text of a template, as `templatefile` and `.tf.json` have them.
///
/// # Errors
/// The first place that is not a template.
pub(crate) fn read_template(text: &Text) -> Result<Expr, Diagnostic> {
    let (flat, _) = text.flat();
    let mut parser = Parser::new(&flat, From::Text(text));
    parser.bare_template().map_err(|e| diagnostic(&parser, &e))
}

/// One expression that is the whole text, as in `--var name=[1, 2]` and quoted types.
pub(crate) fn read_expression(text: &Text) -> Result<Expr, Diagnostic> {
    let (flat, _) = text.flat();
    let mut parser = Parser::new(&flat, From::Text(text));
    parser.free = true;
    let result = parser.expression().and_then(|e| {
        parser.space();
        if parser.rest().is_empty() {
            Ok(e)
        } else {
            parser.error(format!("expected the end{}", parser.found()))
        }
    });
    result.map_err(|e| diagnostic(&parser, &e))
}

fn diagnostic(parser: &Parser<'_>, error: &SyntaxError) -> Diagnostic {
    let len = parser
        .src
        .get(error.at..)
        .and_then(|t| t.chars().next())
        .map_or(0, char::len_utf8);
    Diagnostic::error(CODE, error.message.clone(), parser.span(error.at..error.at + len))
}
