//! Calls in their JSON form (docs/json.md), of either protocol version.

use cmrp::ndr::Limits;
use cmrp::ndr::json::Arena;
use cmrp_net::client::{Association, CallError, CallOptions};
use serde_json::{Map, Value};
use thiserror::Error;

use super::advice;
use crate::interface::Interface;
use crate::stub::kind::{Direction, Kind};

/// Members of a request or response by their names in the IDL.
pub(crate) type Fields = Map<String, Value>;

/// Why there is no response.
#[derive(Debug, Error)]
pub(crate) enum NoResponse {
    /// The request has a wrong member, or none where there must be one.
    #[error("{operation}: {error}")]
    Request { operation: &'static str, error: String },
    /// The server did not answer, or with a fault.
    #[error("{}", advice::call_error(.operation, .error))]
    NoAnswer { operation: &'static str, error: Box<CallError> },
    /// What it answered is no response.
    #[error("{operation}: the response is malformed: {error}")]
    Malformed { operation: &'static str, error: String },
    /// The interface has no such operation.
    #[error("{interface} has no {operation}")]
    NoOperation { interface: &'static str, operation: &'static str },
}

/// Makes a call.
///
/// # Errors
/// There is no response. Codes in a response are no errors.
pub(crate) async fn exchange(
    association: &Association,
    interface: Interface,
    operation: &'static str,
    fields: Fields,
) -> Result<Fields, NoResponse> {
    let missing = || NoResponse::NoOperation { interface: interface.name(), operation };
    let opnum = interface.opnum(operation).ok_or_else(missing)?;
    let format = association.format();
    let kind = Kind { interface, opnum, direction: Direction::Request, format };
    let (value, arena) = (Value::Object(fields), Arena::new());
    let wrong = |error: String| NoResponse::Request { operation, error };
    let request = kind.read(&value, &arena).map_err(|error| wrong(error.to_string()))?;
    let stub = request.encode(format).map_err(|error| wrong(error.to_string()))?;
    let raw = association.call_raw(opnum, &stub, CallOptions::default()).await;
    let raw = raw.map_err(|error| NoResponse::NoAnswer { operation, error: Box::new(error) })?;
    let malformed = |error: String| NoResponse::Malformed { operation, error };
    let answer = request.answer(&raw.stub, raw.format, &Limits::DEFAULT);
    let answer = answer.ok_or_else(|| malformed("no response belongs to it".to_owned()))?;
    let answer = answer.map_err(|error| malformed(error.to_string()))?;
    let fields = serde_json::to_value(&answer).and_then(serde_json::from_value);
    fields.map_err(|error| malformed(error.to_string()))
}

/// A code of a response; 0 if it has no member of this name.
pub(crate) fn code(answer: &Fields, name: &str) -> u32 {
    answer.get(name).and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok()).unwrap_or_default()
}
