//! Responses of protocol version 2.

use cmrp::clusapi2;

use super::{Event, Reply, added, common_replies, done, handle, name, nodes, text, unless_failed};
use crate::status::RPC_S_CALL_FAILED;

common_replies!(clusapi2);

pub(in crate::client) fn reply<'a>(response: &'a clusapi2::Response<'a>) -> Reply<'a> {
    common(response)
}
