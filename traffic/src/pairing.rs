//! Sizes of response arrays that the request states (MS-RPCE 3.1.2.7.1).

use serde_json::Value;

/// An array of a response, and the parameter of the request that states its size.
pub const REQUESTED_SIZES: [(&str, &str); 3] = [
    ("lpData", "cbData"),
    ("lpOutBuffer", "nOutBufferSize"),
    ("ReturnStatusBufferPtr", "ReturnStatusBufferSize"),
];

/// Sizes that a request asks for and a response repeats.
const RETURNED_SIZES: [&str; 1] = ["lpcbData"];

/// The most that a plausible request asks for, in octets. Servers may set so much aside before they look further.
const MOST_REQUESTED: u64 = 0x1_0000;

/// Keeps what a request asks for within what is plausible.
pub(crate) fn bound_requested(request: &mut Value) {
    for size in REQUESTED_SIZES.map(|(_, size)| size).into_iter().chain(RETURNED_SIZES) {
        if let Some(size) = request.get_mut(size) {
            *size = size.as_u64().unwrap_or(0).min(MOST_REQUESTED).into();
        }
    }
}

/// Makes a request ask for what the response holds. A null pointer answers a request for nothing.
pub(crate) fn ask_for(response: &Value, request: &mut Value) {
    for (array, size) in REQUESTED_SIZES {
        let Some(array) = response.get(array) else { continue };
        let Some(size) = request.get_mut(size) else { continue };
        *size = array.get("max").cloned().unwrap_or_else(|| 0.into());
    }
}
