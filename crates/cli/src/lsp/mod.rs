//! `rolecall lsp`: an editor's language server over standard input and output.
//!
//! One thread reads messages, one decides and writes, analyses run on threads of their own and come back as events. What
//! the editor has open is read instead of the disk.

mod actions;
mod analysis;
mod documents;
mod edit;
mod hover;
mod publish;
mod server;
mod text;
mod uri;
mod wire;

use std::io::{self, BufReader};
use std::sync::mpsc::{self, Sender};
use std::thread;

pub(crate) use documents::{Over, Overlay};

use crate::args::LspArgs;
use crate::console::Failure;
use crate::exit::Exit;
use server::{Event, Server};
use wire::Incoming;

/// Serves until the editor says `exit` or goes away.
pub(crate) fn run(args: &LspArgs) -> Result<Exit, Failure> {
    let (tell, told) = mpsc::channel();
    let reader = tell.clone();
    let spawned = thread::Builder::new()
        .name("messages".into())
        .spawn(move || listen(&reader));
    spawned.map_err(|e| Failure::Threads(e.to_string()))?;
    let mut server = Server::new(args.input.clone(), tell, io::stdout());
    let orderly = server.serve(&told).map_err(|e| Failure::Output(e.to_string()))?;
    Ok(if orderly { Exit::Clean } else { Exit::Findings })
}

fn listen(tell: &Sender<Event>) {
    let mut from = BufReader::new(io::stdin().lock());
    loop {
        let incoming = wire::read(&mut from).unwrap_or(Incoming::End);
        let end = incoming == Incoming::End;
        if tell.send(Event::Incoming(incoming)).is_err() || end {
            return;
        }
    }
}
