//! Where on the command line somebody is: the command reached, what was typed, what the word being typed is.

use clap::{Arg, Command as Clap};

/// The place of the word being completed.
#[derive(Debug)]
pub struct Place<'a> {
    /// The words of the command that was reached: `["breakglass", "ack"]`.
    pub path: Vec<&'a str>,
    /// That command.
    pub at: &'a Clap,
    /// Words that are neither commands nor flags nor their values.
    pub bare: Vec<&'a str>,
    /// Flags with their values, in order.
    pub flags: Vec<(&'a Arg, Option<&'a str>)>,
    /// What the word is.
    pub slot: Slot<'a>,
    /// The word, or of `--flag=value` the value.
    pub word: &'a str,
}

/// What the word being completed is.
#[derive(Debug, Clone, Copy)]
pub enum Slot<'a> {
    /// The value of this flag.
    Value(&'a Arg),
    /// The name of a flag.
    Flag,
    /// A command, or an argument; as an argument the n-th value (from 0) of this one.
    Bare(Option<(&'a Arg, usize)>),
}

impl<'a> Place<'a> {
    /// Reads the words before the one being completed, as far as they make sense. `root` must have been built.
    pub fn of(root: &'a Clap, typed: &'a [String], word: &'a str) -> Place<'a> {
        let mut place = Place { path: Vec::new(), at: root, bare: Vec::new(), flags: Vec::new(), slot: Slot::Bare(None), word };
        let mut awaiting: Option<&'a Arg> = None;
        let mut only_bare = false;
        for typed in typed {
            if let Some(flag) = awaiting.take() {
                place.flags.push((flag, Some(typed)));
            } else if only_bare || !typed.starts_with('-') || typed == "-" {
                place.take_bare(typed);
            } else if typed == "--" {
                only_bare = true;
            } else {
                awaiting = place.take_flag(typed);
            }
        }
        place.slot = match (awaiting, word.strip_prefix("--").and_then(|rest| rest.split_once('='))) {
            (Some(flag), _) => Slot::Value(flag),
            (None, Some((name, value))) if !only_bare => {
                place.word = value;
                place.long(name).map_or(Slot::Flag, Slot::Value)
            }
            (None, _) if !only_bare && word.starts_with('-') => Slot::Flag,
            _ => Slot::Bare(place.argument()),
        };
        place
    }

    /// Whether a command may stand here.
    pub fn takes_command(&self) -> bool {
        matches!(self.slot, Slot::Bare(_)) && self.bare.is_empty()
    }

    fn take_bare(&mut self, word: &'a str) {
        match self.at.find_subcommand(word).filter(|_| self.bare.is_empty()) {
            Some(sub) => {
                self.path.push(sub.get_name());
                self.at = sub;
            }
            None => self.bare.push(word),
        }
    }

    /// Takes a word that begins with a dash; gives the flag whose value comes next.
    fn take_flag(&mut self, word: &'a str) -> Option<&'a Arg> {
        if let Some(rest) = word.strip_prefix("--") {
            let (name, value) = rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(value)));
            let flag = self.long(name)?;
            if value.is_none() && takes_next(flag) {
                return Some(flag);
            }
            self.flags.push((flag, value));
            return None;
        }
        for (at, letter) in word.char_indices().skip(1) {
            let flag = self.at.get_arguments().find(|arg| arg.get_short() == Some(letter))?;
            let rest = &word[at + letter.len_utf8()..];
            if flag.get_action().takes_values() {
                if rest.is_empty() && takes_next(flag) {
                    return Some(flag);
                }
                self.flags.push((flag, Some(rest.strip_prefix('=').unwrap_or(rest))));
                return None;
            }
            self.flags.push((flag, None));
        }
        None
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.at.get_arguments().find(|arg| arg.get_long() == Some(name))
    }

    /// The argument that the next bare word is a value of.
    fn argument(&self) -> Option<(&'a Arg, usize)> {
        let mut before = 0;
        for argument in self.at.get_positionals() {
            let most = argument.get_num_args().map_or(1, |values| values.max_values());
            if self.bare.len() < before + most {
                return Some((argument, self.bare.len() - before));
            }
            before += most;
        }
        None
    }
}

fn takes_next(flag: &Arg) -> bool {
    flag.get_action().takes_values() && !flag.is_require_equals_set()
}
