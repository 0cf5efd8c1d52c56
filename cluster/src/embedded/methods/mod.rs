//! The methods, by what they are about.
//!
//! Each area has a `serve`, which knows its methods. A method changes the model by [`Work::change`] and answers by
//! [`Work::answer`]; an error undoes all that it has changed.

mod batch;
mod cluster;
mod control;
mod dependency;
mod enumeration;
mod group;
mod group_set;
mod network;
mod node;
mod registry;
mod resource;
mod resource_type;

use cmrp::clusapi3::Request;

use crate::session::{Outcome, Refusal};
use crate::status::ERROR_CALL_NOT_IMPLEMENTED;

pub(super) use super::work::Work;

/// What a method comes to.
pub(super) type Done = Result<Outcome, Refusal>;

type Area = fn(&mut Work<'_, '_>, &Request<'_>) -> Option<Done>;

const AREAS: [Area; 12] = [
    cluster::serve,
    node::serve,
    group::serve,
    resource::serve,
    resource_type::serve,
    network::serve,
    enumeration::serve,
    registry::serve,
    control::serve,
    dependency::serve,
    group_set::serve,
    batch::serve,
];

/// Carries out a method.
pub(super) fn dispatch(work: &mut Work<'_, '_>, request: &Request<'_>) -> Done {
    let done = AREAS.iter().find_map(|serve| serve(work, request));
    done.unwrap_or(Err(Refusal::Status(ERROR_CALL_NOT_IMPLEMENTED)))
}
