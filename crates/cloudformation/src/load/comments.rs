//! The comments of a YAML file, and what they can speak for.

use std::ops::Range;

use granit_parser::{Event, Options, Parser};
use rolecall_facts::Commented;

/// Reads them. Where the file cannot be read any further, so do they end: the reader of the document tells why.
pub(super) fn read(text: &str) -> Commented {
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str_with_options(text, options());
    while let Some(Ok((event, span))) = parser.next_event() {
        let range = span.byte_range().unwrap_or(0..0);
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        reader.event(&event, range);
    }
    reader.seen
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        block_scalar_eof_without_line_feed: true,
    }
}

/// A list or map that is still being read.
struct Frame {
    start: usize,
    end: usize,
    is_map: bool,
    /// Where the key of the pair begins whose value is next.
    key: Option<usize>,
}

#[derive(Default)]
struct Reader {
    seen: Commented,
    frames: Vec<Frame>,
}

impl Reader {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Comment(..) => self.seen.comments.push(range),
            Event::Scalar(..) | Event::Alias(_) => self.finish(range),
            Event::SequenceStart(..) | Event::MappingStart(..) => self.frames.push(Frame {
                start: range.start,
                end: range.end,
                is_map: matches!(event, Event::MappingStart(..)),
                key: None,
            }),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(frame) = self.frames.pop() {
                    // The end of a block is where the next thing begins; its last entry says where it ends itself.
                    let end = if range.is_empty() { frame.end } else { range.end };
                    self.finish(frame.start..end);
                }
            }
            _ => {}
        }
    }

    /// A node has ended: an element, a key, or a value, which makes a pair.
    fn finish(&mut self, range: Range<usize>) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        frame.end = frame.end.max(range.end);
        if !frame.is_map {
            self.seen.entries.push(range);
            return;
        }
        match frame.key.take() {
            None => frame.key = Some(range.start),
            Some(start) => self.seen.entries.push(start..range.end.max(start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_text_that_looks_like_one() {
        let text = "a: # one\n  - b: 'x # no'\n    c: |\n      # no\n  # two\n  - d\ne: f#no # three\n";
        let seen = read(text);
        let comments: Vec<&str> = seen.comments.iter().map(|c| text.get(c.clone()).unwrap()).collect();
        assert_eq!(comments, ["# one", "# two", "# three"]);
        let entries: Vec<&str> = seen.entries.iter().map(|e| text.get(e.clone()).unwrap()).collect();
        for entry in ["d", "b: 'x # no'", "e: f#no"] {
            assert!(entries.contains(&entry), "{entry}: {entries:?}");
        }
        assert!(entries.iter().any(|e| e.starts_with("a: ") && e.ends_with("- d")));
        assert!(entries.iter().any(|e| e.starts_with("b: ") && e.contains("c: |")));
    }

    #[test]
    fn a_thousand_comments_are_no_trouble() {
        let text = format!("{}a: 1\n", "# rolecall: nothing\n".repeat(1000));
        assert_eq!(read(&text).comments.len(), 1000);
    }
}
