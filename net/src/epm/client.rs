//! The client of an endpoint mapper.

use std::net::SocketAddr;

use dcerpc_proto::SyntaxId;
use tokio::time::timeout;

use super::PORT;
use super::interface::{Ept, EptMapRequest, TwrT};
use super::map::EP_S_NOT_REGISTERED;
use super::tower::Tower;
use crate::client::address::{HostPort, lookup};
use crate::client::{Association, CallError, ConnectError, Options, Transfer};

/// `EPT_S_NOT_REGISTERED` as a status of `ept_map`, which some mappers answer with.
const EPT_S_NOT_REGISTERED: u32 = cmrp_port::status::EPT_S_NOT_REGISTERED;

/// Towers to ask for. Interfaces are mostly at one endpoint.
const TOWERS: u32 = 4;

/// Asks the endpoint mapper at a host (and port, [`PORT`] if there is none) for the endpoint of an interface. The
/// answer's address is that of the mapper, and its port the one that the mapper tells: the address in an answer is
/// often one that only the mapper's own network knows.
///
/// Deadlines, limits and keep-alives are those of `options`; its interface does not matter.
///
/// # Errors
/// [`ConnectError::NotRegistered`] if it knows none, or why it could not be asked.
pub async fn map(
    host: &str,
    interface: SyntaxId,
    transfer: SyntaxId,
    options: &Options,
) -> Result<SocketAddr, ConnectError> {
    let HostPort { host, port } = HostPort::parse(host)?;
    let options = options.clone().with_endpoint_mapper(port.unwrap_or(PORT));
    let deadline = options.connect_deadline;
    let located = timeout(deadline, locate(&host, interface, &[transfer], &options)).await;
    located.unwrap_or(Err(ConnectError::Deadline(deadline)))
}

/// Asks for an interface with several transfer syntaxes, one after the other, without a deadline.
pub(crate) async fn locate(
    host: &str,
    interface: SyntaxId,
    transfers: &[SyntaxId],
    options: &Options,
) -> Result<SocketAddr, ConnectError> {
    let addresses = lookup(host, options.endpoint_mapper, options).await?;
    // All mappers know NDR 2.0.
    let own = options.clone().with_transfer(Transfer::Ndr20).with_multiplexing(false).with_interface::<Ept>();
    let association = Association::connect_to(&addresses, &own).await?;
    for transfer in transfers {
        if let Some(port) = ask(&association, Tower::question(interface, *transfer)).await? {
            return Ok(SocketAddr::new(association.server().ip(), port));
        }
    }
    Err(ConnectError::NotRegistered)
}

/// The port that a mapper tells, if it knows one.
async fn ask(association: &Association, question: Tower) -> Result<Option<u16>, ConnectError> {
    let tower = question.encode();
    let request = EptMapRequest {
        object: None,
        map_tower: Some(TwrT { tower_octet_string: &tower }),
        entry_handle: None,
        max_towers: TOWERS,
    };
    let answer = association.call(&request).await.map_err(connect_error)?;
    let response = answer.get().map_err(|error| ConnectError::Protocol(error.to_string()))?;
    match response.status {
        0 => {}
        EP_S_NOT_REGISTERED | EPT_S_NOT_REGISTERED => return Ok(None),
        status => return Err(ConnectError::EndpointMapper(status)),
    }
    let towers = response.towers.data.iter().filter_map(|tower| tower.tower.as_ref());
    let towers = towers.filter_map(|tower| Tower::decode(tower.tower_octet_string).ok());
    let mut answers = towers.filter(|tower| tower.interface.uuid == question.interface.uuid);
    Ok(answers.find(|tower| tower.port != 0).map(|tower| tower.port))
}

fn connect_error(error: CallError) -> ConnectError {
    match error {
        CallError::Fault { status, .. } => ConnectError::EndpointMapper(status),
        CallError::Connect(error) => error,
        CallError::Deadline(deadline) => ConnectError::Deadline(deadline),
        other => ConnectError::Protocol(other.to_string()),
    }
}
