//! Changes from and to lines of JSON.

use core::fmt;
use core::ops::Range;
use core::str::FromStr;
use core::time::Duration;

use serde::de::Deserialize;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::{Change, Scheduled};
use crate::source::{
    Document, Problem, Step, help_for, key, nearest, octet_at, parse_duration, show_duration,
};

/// The octets that a line may have. Longer ones are refused unread: a file of changes may be somebody else's.
pub const MOST_OCTETS: usize = 1 << 20;

/// The key that says which change it is.
const KIND: &str = "change";
/// The key that says how long after the change before it.
const AFTER: &str = "after";

/// A line of a file of changes; `None` for an empty line, and for a comment, which begins with `#`.
///
/// # Errors
/// What is wrong, and where in the line: [`Problem::line`] is 1.
pub fn read_line(line: &str) -> Result<Option<Scheduled>, Problem> {
    let content = line.trim();
    if content.is_empty() || content.starts_with('#') { Ok(None) } else { line.parse().map(Some) }
}

impl FromStr for Scheduled {
    type Err = Problem;

    /// Reads one line.
    fn from_str(line: &str) -> Result<Self, Problem> {
        if line.len() > MOST_OCTETS {
            return Err(Problem::whole(format!("a change has at most {MOST_OCTETS} octets")));
        }
        let members: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| no_object(line, &error))?;
        Reading { line, document: Document::of_json(line) }.scheduled(members)
    }
}

fn no_object(line: &str, error: &serde_json::Error) -> Problem {
    let at = octet_at(line, error.line(), error.column());
    Problem::at(line, at..at, without_position(&error.to_string())).with_help(Some(
        "a change is a JSON object such as {\"change\":\"node_down\",\"node\":\"node2\"}".into(),
    ))
}

/// The message without the position that `serde_json` appends.
fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// A line whose JSON is fine.
struct Reading<'a> {
    line: &'a str,
    document: Document,
}

impl Reading<'_> {
    fn scheduled(&self, mut members: Map<String, Value>) -> Result<Scheduled, Problem> {
        if let Some((name, span)) = self.document.repeated_key() {
            return Err(self.problem(span, format!("`{name}` stands there twice")));
        }
        let kind = self.kind(members.shift_remove(KIND))?;
        let after = self.after(members.shift_remove(AFTER))?;
        let change = self.change(kind, members)?;
        Ok(Scheduled { after, change })
    }

    fn kind(&self, value: Option<Value>) -> Result<String, Problem> {
        match value {
            Some(Value::String(kind)) => Ok(kind),
            Some(_) => Err(self.problem(self.document.find(&[key(KIND)]), "`change` must be a string")),
            None => Err(self
                .problem(self.document.find(&[]), "`change` is missing")
                .with_help(self.misspelt_kind())),
        }
    }

    fn misspelt_kind(&self) -> Option<String> {
        let members: Map<String, Value> = serde_json::from_str(self.line).ok()?;
        let meant = nearest(KIND, members.keys().map(String::as_str))?;
        Some(format!("is `{meant}` meant to be `change`?"))
    }

    fn after(&self, value: Option<Value>) -> Result<Duration, Problem> {
        let read = match value {
            None => return Ok(Duration::ZERO),
            Some(Value::String(text)) => parse_duration(&text),
            Some(_) => Err("`after` must be a string such as \"1.5s\"".to_owned()),
        };
        read.map_err(|message| self.problem(self.document.find(&[key(AFTER)]), message))
    }

    fn change(&self, kind: String, members: Map<String, Value>) -> Result<Change, Problem> {
        let tagged = Value::Object(Map::from_iter([(kind, Value::Object(members))]));
        let mut track = serde_path_to_error::Track::new();
        let deserializer = serde_path_to_error::Deserializer::new(tagged, &mut track);
        Change::deserialize(deserializer).map_err(|error| {
            let message = error.to_string();
            let span = self.place(&track.path(), &message);
            self.problem(span, shorter(&message)).with_help(help_for(&message))
        })
    }

    /// Where the error is that serde tells with this path: its first segment is the kind of the change.
    fn place(&self, path: &serde_path_to_error::Path, message: &str) -> Range<usize> {
        if message.starts_with("unknown variant") && path.iter().count() <= 1 {
            return self.document.find(&[key(KIND)]);
        }
        let steps: Vec<Step> = path.iter().skip(1).filter_map(step).collect();
        if message.starts_with("unknown field") {
            return self.document.find_key(&steps);
        }
        self.document.find(&steps)
    }

    fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at(self.line, span, message)
    }
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Enum { variant } => Some(Step::Key(variant.clone())),
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Unknown => None,
    }
}

/// A list of forty kinds of change helps nobody.
fn shorter(message: &str) -> String {
    match message.split_once(", expected one of ") {
        Some((start, expected))
            if expected.matches(',').count() > 8 && start.starts_with("unknown variant") =>
        {
            start.replacen("unknown variant", "unknown change", 1)
        }
        _ => message.to_owned(),
    }
}

/// Writes a change so that it reads back as the same.
pub(super) fn write(change: &Change, after: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Ok(Value::Object(tagged)) = serde_json::to_value(change) else { return Err(fmt::Error) };
    let Some((kind, Value::Object(members))) = tagged.into_iter().next() else { return Err(fmt::Error) };
    let mut line = Map::from_iter([(KIND.to_owned(), Value::String(kind))]);
    line.extend(members);
    if after > Duration::ZERO {
        line.insert(AFTER.to_owned(), Value::String(show_duration(after)));
    }
    fmt::Display::fmt(&Value::Object(line), f)
}
