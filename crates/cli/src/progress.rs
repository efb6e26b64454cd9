//! A line on standard error while the work is long, where somebody is there to see it.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(800);
/// How often the line changes.
const BEAT: Duration = Duration::from_millis(200);

/// Shows what is being done, until it is dropped.
pub(crate) struct Progress(Option<(Sender<&'static str>, JoinHandle<()>)>);

impl Progress {
    /// Starts with nothing to show.
    pub(crate) fn start(quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self(None);
        }
        let (tell, told) = mpsc::channel();
        let work = move || {
            let began = Instant::now();
            let mut phase = "reading";
            let mut shown = false;
            loop {
                match told.recv_timeout(if shown { BEAT } else { PATIENCE }) {
                    Ok(next) => phase = next,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        shown = true;
                        let mut out = io::stderr().lock();
                        // A terminal that is gone needs no progress.
                        let _ = write!(out, "\r\u{1b}[Krolecall: {phase}, {} s", began.elapsed().as_secs());
                        let _ = out.flush();
                    }
                }
            }
            if shown {
                let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
            }
        };
        let thread = thread::Builder::new().name("progress".into()).spawn(work);
        Self(thread.ok().map(|t| (tell, t)))
    }

    /// Says what is done from now on.
    pub(crate) fn phase(&self, phase: &'static str) {
        if let Some((tell, _)) = &self.0 {
            // The thread ends only after this end does.
            let _ = tell.send(phase);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((tell, thread)) = self.0.take() {
            drop(tell);
            // It has nothing to say but its line.
            let _ = thread.join();
        }
    }
}
