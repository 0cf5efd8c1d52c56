//! Where the parts of a document are in its text.

use core::ops::Range;
use std::collections::HashSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One step from a part of a document to a part of that part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member of a table.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// The step to a member.
pub(crate) fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

/// The step to an element.
pub(crate) fn index(number: usize) -> Step {
    Step::Index(number)
}

/// The places of the parts of a text in TOML or JSON.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    span: Range<usize>,
    /// The keys of a table, with what stands before them and where; an array has no keys.
    members: Vec<Member>,
}

/// A part of a part: in a table with its key and where that is.
type Member = (Option<(String, Range<usize>)>, Document);

impl Document {
    /// Where things are in a TOML text. Of a text that is no TOML, what could be read.
    pub(crate) fn of_toml(text: &str) -> Self {
        let (table, _) = DeTable::parse_recoverable(text);
        let span = table.span();
        Self { span, members: table_members(table.get_ref()) }
    }

    /// Where things are in a JSON text. Of a text that is no JSON, what could be read.
    pub(crate) fn of_json(text: &str) -> Self {
        Scan { text, at: 0, depth: 0 }.value().unwrap_or_default()
    }

    /// The octets of the part at the end of the path, or of the last one on the way to it that there is.
    pub(crate) fn find(&self, path: &[Step]) -> Range<usize> {
        match path.split_first().and_then(|(step, rest)| Some((self.member(step)?, rest))) {
            Some(((_, member), rest)) => member.find(rest),
            None => self.span.clone(),
        }
    }

    /// The octets of the key at the end of the path; those of the part that should have it where there is none.
    pub(crate) fn find_key(&self, path: &[Step]) -> Range<usize> {
        let Some((last, way)) = path.split_last() else { return self.span.clone() };
        let named = self.part(way).and_then(|part| part.member(last)).and_then(|(name, _)| name.as_ref());
        named.map_or_else(|| self.find(path), |(_, span)| span.clone())
    }

    /// A key of the outermost table that stands there twice, as JSON allows it.
    pub(crate) fn repeated_key(&self) -> Option<(&str, Range<usize>)> {
        let mut seen = HashSet::new();
        let mut keys = self.members.iter().filter_map(|(key, _)| key.as_ref());
        keys.find(|(name, _)| !seen.insert(name)).map(|(name, span)| (name.as_str(), span.clone()))
    }

    fn part(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |part, step| part.member(step).map(|(_, member)| member))
    }

    fn member(&self, step: &Step) -> Option<&Member> {
        match step {
            Step::Key(wanted) => {
                self.members.iter().find(|(key, _)| key.as_ref().is_some_and(|(name, _)| name == wanted))
            }
            Step::Index(number) => self.members.get(*number),
        }
    }
}

fn table_members(table: &DeTable<'_>) -> Vec<Member> {
    table
        .iter()
        .map(|(key, value)| (Some((key.get_ref().to_string(), key.span())), toml_part(value)))
        .collect()
}

fn toml_part(value: &Spanned<DeValue<'_>>) -> Document {
    let members = match value.get_ref() {
        DeValue::Table(table) => table_members(table),
        DeValue::Array(array) => array.iter().map(|element| (None, toml_part(element))).collect(),
        _ => Vec::new(),
    };
    Document { span: value.span(), members }
}

/// How deep JSON may nest: what `serde_json` takes.
const DEEPEST: usize = 128;

/// A walk through JSON that has already been found to be JSON; it stops at the first thing that is not.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Scan<'_> {
    fn value(&mut self) -> Option<Document> {
        let start = self.skip_space();
        let members = match self.peek()? {
            b'{' => self.members(b'}', Self::named)?,
            b'[' => self.members(b']', |scan| Some((None, scan.value()?)))?,
            b'"' => {
                self.string()?;
                Vec::new()
            }
            _ => {
                self.skip_while(|octet| !matches!(octet, b',' | b'}' | b']') && !octet.is_ascii_whitespace());
                Vec::new()
            }
        };
        Some(Document { span: start..self.at, members })
    }

    /// What is between brackets, separated by commas.
    fn members<T>(&mut self, end: u8, mut member: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.depth = self.depth.checked_add(1).filter(|&depth| depth <= DEEPEST)?;
        self.step();
        let mut members = Vec::new();
        loop {
            self.skip_space();
            match self.peek()? {
                octet if octet == end => break,
                b',' => self.step(),
                _ => members.push(member(self)?),
            }
        }
        self.step();
        self.depth = self.depth.saturating_sub(1);
        Some(members)
    }

    fn named(&mut self) -> Option<Member> {
        let start = self.at;
        self.string()?;
        let span = start..self.at;
        let name = serde_json::from_str(self.text.get(span.clone())?).ok()?;
        self.skip_space();
        (self.peek()? == b':').then(|| self.step())?;
        Some((Some((name, span)), self.value()?))
    }

    fn string(&mut self) -> Option<()> {
        (self.peek()? == b'"').then(|| self.step())?;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.step(),
                _ => {}
            }
            self.step();
        }
        self.step();
        Some(())
    }

    fn skip_space(&mut self) -> usize {
        self.skip_while(|octet| octet.is_ascii_whitespace());
        self.at
    }

    fn skip_while(&mut self, unwanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&unwanted) {
            self.step();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "{\"a\": [1, {\"b\\\"\": \"x,]\"}],\n \"c\" : true, \"a2\":{} }";

    #[test]
    fn parts_of_json() {
        let document = Document::of_json(JSON);
        let at = |path: &[Step]| &JSON[document.find(path)];
        assert_eq!(at(&[]), JSON);
        assert_eq!(at(&[key("a"), index(0)]), "1");
        assert_eq!(at(&[key("a"), index(1), key("b\"")]), "\"x,]\"");
        assert_eq!(at(&[key("c")]), "true");
        assert_eq!(at(&[key("a2"), key("missing")]), "{}");
        assert_eq!(&JSON[document.find_key(&[key("c")])], "\"c\"");
    }

    #[test]
    fn parts_of_toml() {
        let text = "x = 1\n[[a]]\nb = \"one\"\n[[a]]\nb = \"two\"\n";
        let document = Document::of_toml(text);
        assert_eq!(&text[document.find(&[key("a"), index(1), key("b")])], "\"two\"");
        assert_eq!(&text[document.find_key(&[key("x")])], "x");
    }

    #[test]
    fn keys_that_stand_twice() {
        let document = Document::of_json("{\"a\":1,\"b\":2,\"a\":3}");
        assert_eq!(document.repeated_key(), Some(("a", 13..16)));
    }

    #[test]
    fn what_is_no_json_has_no_parts() {
        for text in ["", "{", "[", "\"", "{\"a\"", "{\"a\":", "{1:2}", &"[".repeat(1_000)] {
            assert!(Document::of_json(text).members.is_empty(), "{text}");
        }
    }
}
