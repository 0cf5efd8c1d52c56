//! News as JSON Lines: one object each. Keys are documented in cli/README.md and stay.

use std::io;

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

use super::news::{Event, News, What};
use super::picture::Transition;
use super::report::Report;
use crate::show::output::Output;
use crate::show::win32;

/// See the module.
pub(crate) struct Json<'a> {
    output: Output<'a>,
}

impl<'a> Json<'a> {
    pub(crate) fn new(output: Output<'a>) -> Self {
        Self { output }
    }
}

impl Report for Json<'_> {
    fn tell(&mut self, news: &News) -> io::Result<()> {
        self.output.line(object(news).to_string().as_bytes())?;
        self.output.flush()
    }
}

/// The object of one piece of news.
pub(crate) fn object(news: &News) -> Value {
    let mut members = Map::new();
    members.insert("type".to_owned(), news.what.name().into());
    members.insert("time".to_owned(), news.time.to_string().into());
    let own = match &news.what {
        What::Event(event) => event_members(event),
        What::Connected { server, cluster } => json!({"server": server, "cluster": cluster}),
        What::Watching { subject } => json!({"subject": subject}),
        What::NotWatching { subject, code } => with_code(json!({"subject": subject}), *code),
        What::Reconnecting { code } => with_code(json!({}), *code),
        What::AttemptFailed { server, code } => with_code(json!({"server": server}), *code),
        What::Reconnected { server } => json!({"server": server}),
        What::Lost { code, retry } => {
            with_code(json!({"retry": retry.map(|retry| retry.as_secs_f64())}), *code)
        }
        What::Skipped { count } => json!({"count": count}),
    };
    if let Value::Object(own) = own {
        members.extend(own);
    }
    Value::Object(members)
}

fn with_code(mut value: Value, code: u32) -> Value {
    if let Value::Object(members) = &mut value {
        members.insert("code".to_owned(), code.into());
        members.insert("code_name".to_owned(), win32::name(code).into());
    }
    value
}

fn event_members(event: &Event) -> Value {
    let transition = event.transition.as_ref();
    let mut value = json!({
        "port_version": if event.version == cmrp_net::client::PortVersion::V1 { 1 } else { 2 },
        "object": event.about.name(),
        "name": event.name,
        "events": event.changes,
        "flags": event.flags,
        "watched": event.watched,
        "old_state": transition.and_then(Transition::old_state).map(|state| state.to_string()),
        "new_state": transition.and_then(Transition::new_state).map(|state| state.to_string()),
        "old_owner": transition.and_then(|it| it.old_owner()),
        "new_owner": transition.and_then(|it| it.new_owner()),
        "group": transition.and_then(|it| it.group()),
        "state_sequence": event.sequence,
    });
    if let (Value::Object(members), Some(details)) = (&mut value, &event.details) {
        members.extend([
            ("object_id".to_owned(), details.object_id.as_str().into()),
            ("parent_id".to_owned(), details.parent_id.as_str().into()),
            ("type_name".to_owned(), details.type_name.as_str().into()),
            ("buffer".to_owned(), HEXLOWER.encode(&details.buffer).into()),
            ("payload".to_owned(), details.payload.as_deref().into()),
        ]);
    }
    value
}
