//! Requests and responses in few words, for traces.

use std::fmt::Write as _;

use cmrp_port::server::{Output, Response};

use crate::plain::{Answer, Indication};

/// An output of the engine.
pub fn output(output: &Output) -> String {
    match output {
        Output::Response { call, response } => format!("call {}: {}", call.0, self::response(response)),
        Output::Fault { call, .. } => format!("call {}: fault, unknown handle", call.0),
        Output::Abandoned { call } => format!("call {}: abandoned", call.0),
        Output::EndConnection { association } => format!("end of the connection of {}", association.0),
    }
}

/// A response of the engine.
pub fn response(response: &Response) -> String {
    let answer = match (response.to_v2(), response.to_v3()) {
        (Some(response), _) => Answer::from_v2(&response),
        (_, Some(response)) => Answer::from_v3(&response),
        _ => return format!("{response:?}"),
    };
    self::answer(&answer)
}

/// An answer.
pub fn answer(answer: &Answer) -> String {
    let mut text = format!("{:#x}", answer.result());
    if let Answer::Added { sequence, .. } = answer {
        let _ = write!(text, ", state number {sequence}");
    }
    for one in answer.indications() {
        let _ = write!(text, ", {}", indication(one));
    }
    text
}

/// An indication.
pub fn indication(indication: &Indication) -> String {
    match indication {
        Indication::V1 { key, change, sequence, name } => {
            let change = cmrp::cluster_change::ClusterChange::from_bits_retain(*change);
            let name = name.as_deref().unwrap_or("(null)");
            match sequence {
                Some(sequence) => format!("[{key}: {change:?} {name:?} #{sequence}]"),
                None => format!("[{key}: {change:?} {name:?}]"),
            }
        }
        Indication::V2 { key, object_type, flags, strings, .. } => {
            let filter = cmrp::clusapi3::ObjectFilter::received(*object_type, *flags);
            let [_, _, name, _] = strings;
            format!("[{key}: {filter:?} {:?}]", name.as_deref().unwrap_or("(null)"))
        }
    }
}

/// An indication as a program reads it.
pub fn read(read: &cmrp_port::client::Indication) -> String {
    use cmrp_port::client::Indication as Read;
    match read {
        Read::V1 { change, name, state_sequence, filter, .. } => {
            format!("{change:?} {name:?} #{state_sequence} of {filter:?}")
        }
        Read::V2 { filter, name, filter_id, .. } => format!("{filter:?} {name:?} of {filter_id:?}"),
    }
}
