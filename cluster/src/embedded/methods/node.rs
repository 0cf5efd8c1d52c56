//! Nodes.

use cmrp::clusapi3::Request;

use super::{Done, Work};

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    let _ = (work, request);
    None
}
