//! Strings as people see them.

use std::fmt::{self, Display, Write};

/// Characters of a string that are shown.
const MAX_TEXT: usize = 80;

/// A string in quotes. Control characters are escaped: they come from the network, and a terminal obeys them.
pub(crate) fn quoted(text: &mut String, string: &(impl Display + ?Sized)) {
    text.push('"');
    let mut quoted = Quoted { text, room: MAX_TEXT, is_cut: false };
    let _ = write!(quoted, "{string}");
    let end = if quoted.is_cut { "\"..." } else { "\"" };
    text.push_str(end);
}

/// Escapes what it is given, up to a number of characters.
struct Quoted<'t> {
    text: &'t mut String,
    room: usize,
    is_cut: bool,
}

impl Write for Quoted<'_> {
    fn write_str(&mut self, string: &str) -> fmt::Result {
        string.chars().try_for_each(|character| self.write_char(character))
    }

    /// Fails when nothing further will be shown.
    fn write_char(&mut self, character: char) -> fmt::Result {
        let Some(room) = self.room.checked_sub(1) else {
            self.is_cut = true;
            return Err(fmt::Error);
        };
        self.room = room;
        match character {
            ' ' | '!' | '#'..='&' | '('..='[' | ']'..='~' => self.text.push(character),
            other => self.text.extend(other.escape_debug()),
        }
        Ok(())
    }
}
