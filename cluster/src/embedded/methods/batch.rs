//! Batches of the registry, and the ports that report them (MS-CMRP 3.1.4.2.112-115, 3.1.4.2.141, 3.1.4.2.145).

use cmrp::clusapi3::{self, HKeyRpc, Request};
use cmrp::ndr::SizedPtr;

use super::registry::{change, opened};
use super::{Done, Work};
use crate::embedded::batch_port::Fetched;
use crate::embedded::registry::batch::{execute, read};
use crate::registry::{KeyPath, Rights};
use crate::session::{Outcome, Refusal};

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    Some(match request {
        Request::ApiExecuteBatch(call) => run(work, call),
        Request::ApiExecuteReadBatch(call) => read_batch(work, call),
        Request::ApiExecuteReadBatchEx(call) => read_batch_ex(work, call),
        Request::ApiCreateBatchPort(call) => create_port(work, call),
        Request::ApiGetBatchNotification(call) => fetch(work, call),
        Request::ApiCloseBatchPort(call) => close_port(work, call),
        _ => return None,
    })
}

/// `*pdwFailedCommand` where no command failed, or the list itself is not well-formed.
const NO_COMMAND: i32 = -1;

fn run(work: &mut Work<'_, '_>, call: &clusapi3::ApiExecuteBatchRequest<'_>) -> Done {
    let base = opened(work, call.h_key, Rights::SET_VALUE.with(Rights::CREATE_SUB_KEY))?.path;
    let done = match change(&mut work.model, |tree| execute(tree, &base, call.lp_data)) {
        Ok(done) => done,
        Err(failed) => {
            let index = failed.command.and_then(|index| i32::try_from(index).ok());
            return work.answer(clusapi3::ApiExecuteBatchResponse {
                pdw_failed_command: index.unwrap_or(NO_COMMAND),
                return_value: failed.error.code(),
                ..Default::default()
            });
        }
    };
    work.volatile.batch = done;
    work.answer(clusapi3::ApiExecuteBatchResponse { pdw_failed_command: NO_COMMAND, ..Default::default() })
}

fn read_batch(work: &mut Work<'_, '_>, call: &clusapi3::ApiExecuteReadBatchRequest<'_>) -> Done {
    let octets = values(work, call.h_key, call.lp_in_data)?;
    let lp_out_data = SizedPtr::Array(octets.as_slice());
    work.answer(clusapi3::ApiExecuteReadBatchResponse { lp_out_data, ..Default::default() })
}

/// One call at a time is carried out, so that every batch of reads is isolated from writes.
fn read_batch_ex(work: &mut Work<'_, '_>, call: &clusapi3::ApiExecuteReadBatchExRequest<'_>) -> Done {
    let octets = values(work, call.h_key, call.lp_in_data)?;
    let lp_out_data = SizedPtr::Array(octets.as_slice());
    work.answer(clusapi3::ApiExecuteReadBatchExResponse { lp_out_data, ..Default::default() })
}

fn values(work: &Work<'_, '_>, key: Option<HKeyRpc>, list: &[u8]) -> Result<Vec<u8>, Refusal> {
    let base: KeyPath = opened(work, key, Rights::QUERY_VALUE)?.path;
    Ok(read(&work.model.state().registry, &base, list)?)
}

fn create_port(work: &mut Work<'_, '_>, call: &clusapi3::ApiCreateBatchPortRequest) -> Done {
    let watched = opened(work, call.h_key, Rights::QUERY_VALUE)?.path;
    let association = work.session.reply().association;
    let port = work.volatile.batch_ports.create(association, &watched)?;
    let handle = work.session.open_foreign(port);
    if handle.is_err() {
        work.volatile.batch_ports.close(port);
    }
    let ph_batch_port = Some(handle?);
    work.answer(clusapi3::ApiCreateBatchPortResponse { ph_batch_port, ..Default::default() })
}

fn fetch(work: &mut Work<'_, '_>, call: &clusapi3::ApiGetBatchNotificationRequest) -> Done {
    let port = work.session.resolve_foreign(call.h_batch_notify)?;
    Ok(match work.volatile.batch_ports.fetch(port, work.session.reply()) {
        Fetched::Now(answer) => Outcome::Answered(answer),
        Fetched::Later => Outcome::Waits,
    })
}

fn close_port(work: &mut Work<'_, '_>, call: &clusapi3::ApiCloseBatchPortRequest) -> Done {
    let port = work.session.close_foreign(call.ph_batch_port)?;
    let ended = work.volatile.batch_ports.close(port);
    work.volatile.answers.extend(ended);
    work.answer(clusapi3::ApiCloseBatchPortResponse::default())
}
