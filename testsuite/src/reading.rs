//! What must hold of everything that a cluster reads besides stubs: what clients put into buffers and strings, and what
//! people write into files.

use std::time::Duration;

use cmrp_cluster::change::{self, Scheduled};
use cmrp_cluster::definition::Definition;
use cmrp_cluster::dependency::{Expression, MAX_EXPRESSION, MAX_TERMS};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::registry::command::{self, MAX_COMMANDS};
use cmrp_cluster::registry::{MAX_SECURITY, Parts, SecurityDescriptor};
use cmrp_cluster::source::Problem;

use crate::oracle::panic_with;

/// Reads octets as a list of registry commands: written again it is the same octet for octet, but for padding.
///
/// # Panics
/// A law does not hold, which is a defect of the reader or the writer.
pub fn batch(octets: &[u8]) {
    let Ok(commands) = command::decode(octets) else { return };
    assert!(commands.len() <= MAX_COMMANDS, "{} commands", commands.len());
    let written = command::encode(&commands);
    assert_eq!(command::decode(&written).as_ref(), Ok(&commands), "writing changes the list");
    // The last padding may be missing.
    let padding = written.len().checked_sub(octets.len());
    assert!(matches!(padding, Some(0 | 1)), "{} octets become {}", octets.len(), written.len());
}

/// Reads octets as a security descriptor: what is told of it, whole or in parts, is one again, and so is another one
/// that takes parts of it over.
///
/// # Panics
/// A law does not hold, which is a defect of the reader or the writer.
pub fn descriptor(octets: &[u8]) {
    let Ok(descriptor) = SecurityDescriptor::parse(octets) else { return };
    let whole = descriptor.octets(Parts::ALL);
    assert!(whole.len() <= MAX_SECURITY, "{} octets become {}", octets.len(), whole.len());
    assert_eq!(SecurityDescriptor::parse(&whole).as_ref(), Ok(&descriptor), "writing changes the descriptor");
    for parts in (1..16).filter_map(|bits| Parts::asked(bits).ok()) {
        let told = SecurityDescriptor::parse(&descriptor.octets(parts));
        let told = told.unwrap_or_else(|error| panic_with("parts of a descriptor are none", &error));
        let mut other = SecurityDescriptor::of_a_new_cluster();
        if other.take(parts, told).is_ok() {
            assert_eq!(other.octets(parts), descriptor.octets(parts), "{parts:?} are not taken over");
            let read = SecurityDescriptor::parse(&other.octets(Parts::ALL));
            assert_eq!(read.as_ref(), Ok(&other), "what took {parts:?} over is no descriptor");
        }
    }
}

/// Reads text as a dependency expression of a resource and of a group: what is shown of it reads back as the same.
///
/// # Panics
/// A law does not hold, which is a defect of the parser.
pub fn expression(text: &str) {
    if let Ok(read) = Expression::parse_resource(text) {
        is_sound(&read);
        reads_back(&read, Expression::parse_resource);
    }
    if let Ok(read) = Expression::parse_group(text) {
        is_sound(&read);
        assert!(read.all_of().iter().all(|any| any.len() == 1), "alternatives in {read}");
        reads_back(&read, Expression::parse_group);
        reads_back(&read, Expression::parse_resource);
    }
}

fn is_sound(read: &Expression) {
    assert!(read.names().count() <= MAX_TERMS, "{} names", read.names().count());
    assert!(read.names().all(|name| !name.is_empty()), "a name is empty in {read}");
    assert!(read.holds(|_| true), "{read} does not hold if everything does");
    assert_eq!(read.holds(|_| false), read.is_empty(), "{read} holds if nothing does");
}

fn reads_back<E>(read: &Expression, parse: fn(&str) -> Result<Expression, E>) {
    let shown = read.to_string();
    // What is shown has parentheses that the text may have done without.
    if shown.encode_utf16().count() <= MAX_EXPRESSION {
        assert_eq!(parse(&shown).ok().as_ref(), Some(read), "{shown} reads back as something else");
    }
}

/// Reads text as a line of a file of changes: what is shown of it is a line, and reads back as the same.
///
/// # Panics
/// A law does not hold, which is a defect of the reader.
pub fn change(line: &str) {
    match change::read_line(line) {
        Ok(None) => assert!(line.trim().is_empty() || line.trim().starts_with('#'), "{line:?} is skipped"),
        Ok(Some(read)) => is_line(&read),
        Err(problem) => is_in(line, &problem),
    }
}

fn is_line(read: &Scheduled) {
    assert!(read.after <= Duration::from_secs(3_600_000), "{:?} is longer than 1000h", read.after);
    let shown = read.to_string();
    assert!(!shown.contains('\n'), "{shown:?} is more than a line");
    if shown.len() <= change::MOST_OCTETS {
        assert_eq!(change::read_line(&shown).as_ref(), Ok(&Some(read.clone())), "{shown}");
    }
}

/// Reads text as the definition of a cluster: written as JSON it reads back as the same, and there is such a cluster.
///
/// # Panics
/// A law does not hold, which is a defect of the reader or of what checks definitions.
pub fn definition(text: &str) {
    let read = match Definition::from_text(text) {
        Ok(read) => read,
        Err(problems) => {
            assert!(problems.iter().next().is_some(), "a refusal without a reason");
            return problems.iter().for_each(|problem| is_in(text, problem));
        }
    };
    let written = serde_json::to_string(&read);
    let written = written.unwrap_or_else(|error| panic_with("a definition cannot be written", &error));
    assert_eq!(Definition::from_json(&written).as_ref(), Ok(&read), "writing changes the definition");
    drop(Embedded::new(read.state(0), Config::default()));
}

/// A problem says where it is: whole characters of the text, in a line that the text has.
fn is_in(text: &str, problem: &Problem) {
    assert!(!problem.message.is_empty(), "a problem without a message");
    assert!(text.get(problem.span.clone()).is_some(), "{problem} is at {:?}", problem.span);
    let lines = text.matches('\n').count().saturating_add(1);
    assert!(problem.line <= lines, "{problem} is beyond line {lines}");
    assert_eq!(problem.line == 0, problem.column == 0, "{problem}");
}
