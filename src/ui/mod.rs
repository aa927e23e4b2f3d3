//! The terminal: the answer on stdout, the conversation on stderr, both through [`Ui`].

pub mod interrupt;
pub mod progress;
pub mod prompt;
pub mod render;
mod wrap;

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::api::redact::{Redactor, redact};
use crate::api::text::is_unsafe;
use crate::error::Failure;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Colour {
    /// When the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a piece of text is set off. A word always carries the meaning; this only helps the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Data at risk.
    Danger,
    /// Needs attention.
    Attention,
    /// Good.
    Good,
    /// Evidence and side remarks.
    Dim,
    /// Headings and what is typed.
    Strong,
}

impl Style {
    /// The same for a whole sentence: yellow and green are hard to read on white, so that only danger colours one.
    pub fn of_sentence(self) -> Style {
        match self {
            Style::Attention | Style::Good => Style::Strong,
            other => other,
        }
    }
}

/// What the terminal is like; read once.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Colour on stdout.
    pub colour_out: bool,
    /// Colour on stderr.
    pub colour_err: bool,
    /// A person can be asked: stdin and stderr are terminals.
    pub interactive: bool,
    /// stdout is a terminal.
    pub out_is_terminal: bool,
    /// stderr is a terminal.
    pub err_is_terminal: bool,
    /// Columns; 80 when not known.
    pub width: usize,
    /// The cursor can be moved: `TERM` is not `dumb`.
    pub moves: bool,
    /// `-q`.
    pub quiet: bool,
}

impl Terminal {
    /// Reads the terminal of this process.
    pub fn of_process(colour: Colour, quiet: bool) -> Terminal {
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let plain = dumb || std::env::var_os("NO_COLOR").is_some();
        let colours = |is_terminal: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !plain,
        };
        let width = console::Term::stdout().size_checked().or_else(|| console::Term::stderr().size_checked());
        Terminal {
            colour_out: colours(out),
            colour_err: colours(err),
            interactive: std::io::stdin().is_terminal() && err,
            out_is_terminal: out,
            err_is_terminal: err,
            width: width.map_or(80, |(_, columns)| usize::from(columns)).max(40),
            moves: !dumb,
            quiet,
        }
    }
}

/// Where commands write. Cloning is not possible: there is one conversation.
pub struct Ui {
    terminal: Terminal,
    out: Mutex<Stream>,
    err: Mutex<Stream>,
}

/// One of the two streams. Nothing is written past it, so that no secret can be.
struct Stream {
    to: Box<dyn Write + Send>,
    redactor: Redactor,
    colour: bool,
}

impl Stream {
    fn new(to: Box<dyn Write + Send>, colour: bool) -> Mutex<Stream> {
        Mutex::new(Stream { to, redactor: Redactor::default(), colour })
    }

    fn write(&mut self, bytes: &[u8]) {
        let bytes = self.redactor.bytes(bytes);
        // A reader that went away ends nothing: the restore goes on, and the exit code is the answer.
        let _ = self.to.write_all(&bytes).and_then(|()| self.to.flush());
    }
}

impl Ui {
    /// On the process's own streams.
    pub fn new(terminal: Terminal) -> Ui {
        Ui::on(terminal, Box::new(std::io::stdout()), Box::new(std::io::stderr()))
    }

    /// On any streams, for tests.
    pub fn on(terminal: Terminal, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Ui {
        let (out, err) = (Stream::new(out, terminal.colour_out), Stream::new(err, terminal.colour_err));
        Ui { terminal, out, err }
    }

    /// What the terminal is like.
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Writes lines of the answer. A reader that went away (`| head`) is no error.
    pub fn answer(&self, text: &str) {
        write(&self.out, text);
    }

    /// Writes bytes of the answer as they are, but for secrets: logs need not be text. For a terminal they must have been made
    /// safe.
    pub fn answer_bytes(&self, bytes: &[u8]) {
        locked(&self.out).write(bytes);
    }

    /// Clears the screen of the answer, for what is redrawn whole: no text can do that.
    pub fn clear_answer(&self) {
        locked(&self.out).write(b"\x1b[H\x1b[2J\x1b[3J");
    }

    /// Columns of the answer: those of the terminal, and no limit where it is none.
    pub fn answer_width(&self) -> usize {
        if self.terminal.out_is_terminal { self.terminal.width } else { usize::MAX }
    }

    /// Columns of the conversation.
    pub fn conversation_width(&self) -> usize {
        if self.terminal.err_is_terminal { self.terminal.width } else { usize::MAX }
    }

    /// Writes prose of the answer: as [`Ui::answer`], with long lines broken on a terminal.
    pub fn answer_prose(&self, text: &str) {
        if self.terminal.out_is_terminal {
            write(&self.out, &wrap::wrap(&redact(text), self.terminal.width))
        } else {
            write(&self.out, text)
        }
    }

    /// Writes lines of the conversation; `-q` hides them.
    pub fn say(&self, text: &str) {
        if !self.terminal.quiet {
            self.insist(text);
        }
    }

    /// Writes lines that even `-q` does not hide: what was refused, asked, or must be known.
    pub fn insist(&self, text: &str) {
        if self.terminal.err_is_terminal {
            write(&self.err, &wrap::wrap(&redact(text), self.terminal.width))
        } else {
            write(&self.err, text)
        }
    }

    /// Writes lines of the conversation that are broken already.
    pub fn insist_as_it_is(&self, text: &str) {
        write(&self.err, text);
    }

    /// Writes to the conversation without ending the line.
    pub fn prompt(&self, text: &str) {
        let mut err = locked(&self.err);
        let text = harmless(text, err.colour);
        err.write(text.as_bytes());
    }

    /// Sets text off for the answer.
    pub fn out(&self, style: Style, text: &str) -> String {
        paint(self.terminal.colour_out, style, text)
    }

    /// Sets text off for the conversation.
    pub fn err(&self, style: Style, text: &str) -> String {
        paint(self.terminal.colour_err, style, text)
    }

    /// Prints a failure once: what, why, details, hints, exit code.
    pub fn failure(&self, failure: &Failure) {
        let mut text = format!("{} {failure}", self.err(Style::Danger, "error:"));
        for detail in &failure.details {
            text.push_str(&format!("\n  {}", self.err(Style::Dim, detail)));
        }
        for hint in &failure.hints {
            // A flag is of no use to whoever does not know where it goes.
            let of_what = if hint.starts_with("--") { "the same command with " } else { "" };
            text.push_str(&format!("\n  hint: {of_what}{}", hint.replace('\n', "\n        ")));
        }
        self.insist(&text);
    }
}

fn write(stream: &Mutex<Stream>, text: &str) {
    let mut stream = locked(stream);
    let text = harmless(text, stream.colour);
    match text.ends_with('\n') || text.is_empty() {
        true => stream.write(text.as_bytes()),
        false => stream.write(format!("{text}\n").as_bytes()),
    }
}

/// Text that cannot do more to a terminal than our colours do, should a name or a message have got this far as it came.
fn harmless(text: &str, colour: bool) -> Cow<'_, str> {
    if !text.contains(|c| !matches!(c, '\n' | '\t') && is_unsafe(c)) {
        return Cow::Borrowed(text);
    }
    let is_colour = |rest: &str| {
        let code = rest.strip_prefix('[').map(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        colour && code.is_some_and(|end| end.starts_with('m'))
    };
    let shown = text.char_indices().map(|(at, c)| match c {
        '\n' | '\t' => c,
        '\u{1b}' if is_colour(&text[at + 1..]) => c,
        c if is_unsafe(c) => '\u{fffd}',
        c => c,
    });
    Cow::Owned(shown.collect())
}

fn locked(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

fn paint(colour: bool, style: Style, text: &str) -> String {
    let code = match style {
        _ if !colour => return text.to_owned(),
        Style::Plain => return text.to_owned(),
        Style::Danger => "31;1",
        Style::Attention => "33",
        Style::Good => "32",
        Style::Dim => "2",
        Style::Strong => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_our_colours_gets_through() {
        let coloured = paint(true, Style::Danger, "a");
        assert_eq!(harmless(&format!("{coloured}\tb\n"), true), format!("{coloured}\tb\n"));
        assert_eq!(harmless(&coloured, false), "\u{fffd}[31;1ma\u{fffd}[0m");
        assert_eq!(harmless("\u{1b}[2J\u{1b}]0;x\u{7}\r\u{202e}", true), "\u{fffd}[2J\u{fffd}]0;x\u{fffd}\u{fffd}\u{fffd}");
    }
}
