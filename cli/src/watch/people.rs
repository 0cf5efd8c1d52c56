//! News for people: one line each.

use std::fmt::{self, Write};
use std::io;

use anstyle::{AnsiColor, Style};

use super::condition::{Health, State};
use super::news::{Event, News, What, code_text};
use super::picture::Transition;
use super::report::Report;
use crate::show::output::Output;
use crate::show::quoted::quoted;

const TIME: Style = Style::new().dimmed();
const CHANGE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const MIDDLING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// See the module.
pub(crate) struct People<'a> {
    output: Output<'a>,
}

impl<'a> People<'a> {
    pub(crate) fn new(output: Output<'a>) -> Self {
        Self { output }
    }
}

impl Report for People<'_> {
    fn tell(&mut self, news: &News) -> io::Result<()> {
        let line = line(news, self.output.is_coloured());
        self.output.line(line.as_bytes())?;
        self.output.flush()
    }
}

/// The line of one piece of news.
pub(crate) fn line(news: &News, is_coloured: bool) -> String {
    let mut line = Line { text: String::new(), is_coloured };
    line.painted(TIME, &format!("{:.3}", news.time));
    line.text.push_str("  ");
    line.what(&news.what);
    line.text
}

/// A line that grows.
struct Line {
    text: String,
    is_coloured: bool,
}

impl Line {
    fn painted(&mut self, style: Style, text: &str) {
        if self.is_coloured {
            self.add(format_args!("{style}{text}{style:#}"));
        } else {
            self.text.push_str(text);
        }
    }

    fn add(&mut self, text: fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = self.text.write_fmt(text);
    }

    fn what(&mut self, what: &What) {
        match what {
            What::Event(event) => self.event(event),
            What::Connected { server, cluster } => {
                self.painted(GOOD, "connected");
                self.add(format_args!(" to cluster {}, node {}", name(cluster), name(server)));
            }
            What::Watching { subject } => self.add(format_args!("watching {}", escaped(subject))),
            What::NotWatching { subject, code } => {
                self.painted(BAD, "not watching");
                self.add(format_args!(" {}: {}", escaped(subject), code_text(*code)));
            }
            What::Reconnecting { code } => {
                self.painted(MIDDLING, "connection lost");
                self.add(format_args!(": {}; trying the nodes of the cluster", code_text(*code)));
            }
            What::AttemptFailed { server, code } => {
                self.add(format_args!("no use: {}: {}", name(server), code_text(*code)));
            }
            What::Reconnected { server } => {
                self.painted(GOOD, "reconnected");
                self.add(format_args!(" to node {}", name(server)));
            }
            What::Lost { code, retry } => {
                self.painted(BAD, "no server can be used");
                let next = retry.map(|retry| format!("; next try in {retry:.0?}")).unwrap_or_default();
                self.add(format_args!(": {}{next}", code_text(*code)));
            }
            What::Skipped { count } => self.add(format_args!("{count} notices left out")),
        }
    }

    fn event(&mut self, event: &Event) {
        self.text.push_str(&event.about.name().replace('_', " "));
        if !event.name.is_empty() {
            self.text.push(' ');
            quoted(&mut self.text, &event.name);
        }
        self.text.push_str("  ");
        self.painted(CHANGE, &event.changes.join("|"));
        if let Some(transition) = &event.transition {
            self.transition(transition);
        }
        if let Some(payload) = event.details.as_ref().and_then(|details| details.payload.as_ref()) {
            self.add(format_args!("  [{payload}]"));
        }
    }

    /// `Online -> Offline, on node1, group "SQL"`.
    fn transition(&mut self, transition: &Transition) {
        let (old, new) = (transition.old_state(), transition.new_state());
        if old.is_none() && new.is_none() {
            return;
        }
        self.text.push_str("  ");
        if old != new {
            self.state(old);
            self.text.push_str(" -> ");
        }
        match (new, old) {
            (None, Some(_)) => self.text.push_str("gone"),
            _ => self.state(new),
        }
        self.owner(transition);
    }

    fn state(&mut self, state: Option<State>) {
        match state {
            Some(state) => self.painted(style(state.health()), &state.to_string()),
            None => self.text.push('?'),
        }
    }

    fn owner(&mut self, transition: &Transition) {
        match (transition.old_owner(), transition.new_owner()) {
            (Some(old), Some(new)) if old != new => {
                self.add(format_args!(", {} -> {}", name(old), name(new)));
            }
            (_, Some(new)) => self.add(format_args!(", on {}", name(new))),
            _ => {}
        }
        if let Some(group) = transition.group() {
            self.text.push_str(", group ");
            quoted(&mut self.text, group);
        }
    }
}

fn style(health: Health) -> Style {
    match health {
        Health::Good => GOOD,
        Health::Middling => MIDDLING,
        Health::Bad => BAD,
        Health::Neutral => Style::new(),
    }
}

/// A name of a computer or a cluster: bare if it is made of letters, digits and the like, else in quotes.
fn name(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.:[]".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut result = String::new();
    quoted(&mut result, text);
    result
}

/// Text of which only names come from the network, in quotes and escaped.
fn escaped(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests;
