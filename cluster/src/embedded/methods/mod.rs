//! The methods, by what they are about.
//!
//! Each area has a `serve`, which knows its methods. A method changes the model by [`Work::change`] and answers by
//! [`Work::answer`]; an error undoes all that it has changed.

mod batch;
mod cluster;
pub(super) mod control;
mod dependency;
mod enumeration;
mod group;
pub(super) mod group_set;
mod listing;
mod network;
mod node;
pub(super) mod registry;
mod resource;
mod resource_type;

use cmrp::clusapi3::Request;
use cmrp::ndr::WStr;

use crate::session::{Outcome, Refusal};
use crate::status::{ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER};

pub(super) use super::work::Work;

/// What a method comes to.
pub(super) type Done = Result<Outcome, Refusal>;

type Area = fn(&mut Work<'_, '_>, &Request<'_>) -> Option<Done>;

const AREAS: [Area; 13] = [
    cluster::serve,
    node::serve,
    group::serve,
    resource::serve,
    resource_type::serve,
    network::serve,
    enumeration::serve,
    listing::serve,
    registry::serve,
    control::serve,
    dependency::serve,
    group_set::serve,
    batch::serve,
];

/// A name that a client gives.
///
/// # Errors
/// `ERROR_INVALID_NAME`: it is not valid UTF-16, so that nothing can have it.
fn text(name: WStr<'_>) -> Result<String, u32> {
    name.try_to_string().map_err(|_| ERROR_INVALID_NAME)
}

/// UTF-16 units of a text that is kept as it is, such as the path of a DLL, at most.
///
/// Stops texts as long as a call, which a client could have kept once for each object, and repeated in each event.
const MAX_TEXT: usize = 1_024;

/// A text that is kept as it is.
///
/// # Errors
/// Those of [`text`]; `ERROR_INVALID_PARAMETER`: it is longer than [`MAX_TEXT`].
fn kept_text(given: WStr<'_>) -> Result<String, u32> {
    let given = text(given)?;
    if given.encode_utf16().count() > MAX_TEXT { Err(ERROR_INVALID_PARAMETER) } else { Ok(given) }
}

/// Makes the methods that open an object by name, at the level "All" and at the one asked for.
macro_rules! opens {
    ($work:expr, $request:expr; $plain:ident, $ex:ident, $name:ident, $find:path, $open:ident, $gone:ident) => {
        match $request {
            Request::$plain(call) => {
                type Answer = <clusapi3::$plain as cmrp::ndr::Operation>::Response<'static>;
                let open = |work: &mut Work<'_, '_>| {
                    let id = $find(work.model.state(), call.$name).ok_or(crate::status::$gone)?;
                    let handle = work.$open(&id, Access::All)?;
                    work.answer(Answer { return_value: Some(handle), ..Default::default() })
                };
                return Some(open($work));
            }
            Request::$ex(call) => {
                type Answer = <clusapi3::$ex as cmrp::ndr::Operation>::Response<'static>;
                let open = |work: &mut Work<'_, '_>| {
                    let access = Access::grant(call.dw_desired_access, work.session.access())?;
                    let id = $find(work.model.state(), call.$name).ok_or(crate::status::$gone)?;
                    let handle = work.$open(&id, access)?;
                    work.answer(Answer {
                        lpdw_granted_access: access.granted(),
                        return_value: Some(handle),
                        ..Default::default()
                    })
                };
                return Some(open($work));
            }
            _ => {}
        }
    };
}

/// Makes the method that closes handles of a kind.
macro_rules! closes {
    ($work:expr, $request:expr; $method:ident, $handle:ident, $kind:ident) => {
        if let Request::$method(call) = $request {
            type Answer = <clusapi3::$method as cmrp::ndr::Operation>::Response<'static>;
            let closed = $work.session.close(call.$handle, ObjectKind::$kind);
            return Some(closed.and_then(|_| $work.answer(Answer::default())));
        }
    };
}

use {closes, opens};

/// Carries out a method.
pub(super) fn dispatch(work: &mut Work<'_, '_>, request: &Request<'_>) -> Done {
    let done = AREAS.iter().find_map(|serve| serve(work, request));
    done.unwrap_or(Err(Refusal::Status(ERROR_CALL_NOT_IMPLEMENTED)))
}
