//! Text to tokens: white space and comments go, documentation comments stay with the token behind them.

mod scan;
mod token;

use std::rc::Rc;

use crate::diagnostic::code;
use crate::source::Span;

pub(crate) use scan::parse_uuid;
pub(crate) use token::{Token, TokenKind};

/// Reads all tokens of a file; the last is [`TokenKind::End`].
pub(crate) fn tokenize(file: u32, text: &str) -> Vec<Token> {
    let mut lexer = Lexer { file, text, rest: text, doc: None, starts_line: true };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        let at_end = token.kind == TokenKind::End;
        tokens.push(token);
        if at_end {
            return tokens;
        }
    }
}

struct Lexer<'a> {
    file: u32,
    text: &'a str,
    rest: &'a str,
    doc: Option<Rc<str>>,
    starts_line: bool,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Token {
        while self.skip_space() || self.skip_line_comment() {}
        if let Some(unclosed) = self.skip_comment() {
            return unclosed;
        }
        let start = self.offset();
        let kind = match scan::token(self.rest) {
            Ok((rest, kind)) => {
                self.rest = rest;
                kind
            }
            Err(_) => TokenKind::End,
        };
        self.token(kind, start)
    }

    fn token(&mut self, kind: TokenKind, start: u32) -> Token {
        let span = Span { file: self.file, start, end: self.offset() };
        let starts_line = std::mem::replace(&mut self.starts_line, false);
        Token { kind, span, doc: self.doc.take(), starts_line }
    }

    /// Offsets fit: the size of a file was checked when it was read.
    fn offset(&self) -> u32 {
        u32::try_from(self.text.len().saturating_sub(self.rest.len())).unwrap_or(u32::MAX)
    }

    /// White space, byte order marks, and backslashes at the end of a line, which make one line of two.
    fn skip_space(&mut self) -> bool {
        for continuation in ["\\\n", "\\\r\n"] {
            if let Some(rest) = self.rest.strip_prefix(continuation) {
                self.rest = rest;
                return true;
            }
        }
        let Some(first) = self.rest.chars().next() else { return false };
        if !first.is_whitespace() && first != '\u{feff}' {
            return false;
        }
        self.starts_line |= first == '\n';
        self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
        true
    }

    fn skip_line_comment(&mut self) -> bool {
        if !self.rest.starts_with("//") {
            return false;
        }
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.rest = self.rest.get(end..).unwrap_or_default();
        true
    }

    /// Skips comments and the space between them; returns a bad token when one has no end.
    fn skip_comment(&mut self) -> Option<Token> {
        while let Some(body) = self.rest.strip_prefix("/*") {
            let start = self.offset();
            let Some(end) = body.find("*/") else {
                self.rest = "";
                let bad = TokenKind::Bad(code::UNTERMINATED, "the comment has no end".into());
                return Some(self.token(bad, start));
            };
            self.keep_doc(body.get(..end).unwrap_or_default());
            self.rest = body.get(end..).and_then(|rest| rest.strip_prefix("*/")).unwrap_or_default();
            while self.skip_space() || self.skip_line_comment() {}
        }
        None
    }

    /// `/** text */` documents what follows; a banner of asterisks doesn't.
    fn keep_doc(&mut self, body: &'a str) {
        if let Some(text) = body.strip_prefix('*') {
            if !text.is_empty() && !text.starts_with(['*', '<']) {
                self.doc = Some(strip_margin(text).into());
            }
        }
    }
}

/// Takes the ` * ` off the start of each line, and empty lines off both ends.
fn strip_margin(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(strip_line).collect();
    lines.join("\n").trim_matches('\n').trim_end().to_owned()
}

fn strip_line(line: &str) -> &str {
    let line = line.trim_end();
    let bare = line.trim_start();
    match bare.strip_prefix('*') {
        Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
        None => bare,
    }
}
