//! Requests and responses as octets: the codec stands between client and server in a part of the runs.

use cmrp::ndr::{EncodeStub as _, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::server::Response;

use crate::violation::Violation;

/// Formats of protocol version 3.
pub const FORMATS: [Format; 3] = [Format::NDR20_LE, Format::NDR20_BE, Format::Ndr64];

const LAW: &str = "messages survive the wire";

macro_rules! check {
    ($name:ident, $message:ty, $decode:path, $formats:expr) => {
        /// The message must come back from the wire as it was.
        ///
        /// # Errors
        /// It doesn't.
        pub fn $name(message: &$message) -> Result<(), Violation> {
            for format in $formats {
                let octets = match message.encode(format) {
                    Ok(octets) => octets,
                    Err(error) => return Violation::found(LAW, format!("{error}: {message:?}")),
                };
                match $decode(message.opnum(), &octets, format, &Limits::DEFAULT) {
                    Ok(back) if back == *message => {}
                    other => return Violation::found(LAW, format!("{other:?}, not {message:?}")),
                }
            }
            Ok(())
        }
    };
}

check!(check_request_v2, clusapi2::Request<'_>, clusapi2::Request::decode, [Format::NDR20_LE]);
check!(check_request_v3, clusapi3::Request<'_>, clusapi3::Request::decode, FORMATS);
check!(check_response_v2, clusapi2::Response<'_>, clusapi2::Response::decode, [Format::NDR20_LE]);
check!(check_response_v3, clusapi3::Response<'_>, clusapi3::Response::decode, FORMATS);

/// A response of the engine must come back from the wire as it was.
///
/// # Errors
/// It doesn't.
pub fn check_response(response: &Response) -> Result<(), Violation> {
    if let Some(response) = response.to_v2() {
        check_response_v2(&response)?;
    }
    response.to_v3().map_or(Ok(()), |response| check_response_v3(&response))
}
