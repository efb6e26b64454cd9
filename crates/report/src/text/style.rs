//! Colour, and width.

use rolecall_source::Severity;

/// How a piece of text is shown where colour is on.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Bold,
    Dim,
    Severity(Severity),
    Good,
    Warning,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Severity(Severity::Critical) => "1;97;41",
            Self::Severity(Severity::High) => "1;31",
            Self::Severity(Severity::Medium) => "1;33",
            Self::Severity(Severity::Low) => "1;36",
            Self::Good => "32",
            Self::Warning => "33",
        }
    }
}

/// Paints, or not.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    pub(crate) fn with(self, style: Style, text: &str) -> String {
        if self.on && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
        } else {
            text.to_owned()
        }
    }
}

/// Text that leads somewhere: <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>.
pub(crate) fn link(text: &str, url: &str) -> String {
    let url: String = url.chars().filter(char::is_ascii_graphic).collect();
    format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

/// Breaks text into lines of at most `width` letters, at spaces where there is one. Never empty.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(10);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let mut letters: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + letters.len() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while letters.len() > width {
            let rest = letters.split_off(width);
            lines.push(letters.into_iter().collect());
            letters = rest;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += letters.len();
        line.extend(letters);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three four", 10), ["one two", "three four"]);
        assert_eq!(wrap("a 0123456789abc d", 10), ["a", "0123456789", "abc d"]);
        assert_eq!(wrap("", 10), [""]);
    }
}
