//! Which handles open `HGENERIC_RPC`.

use cmrp::clusapi3::{
    HClusterRpc, HGenericRpc, HGroupRpc, HGroupSetRpc, HKeyRpc, HNetInterfaceRpc, HNetworkRpc, HNodeRpc,
    HResRpc,
};
use cmrp::ndr::{ContextHandle, Handle, Uuid};

fn generic_token<H: Handle + Into<HGenericRpc>>(token: ContextHandle) -> Option<ContextHandle> {
    H::new(token).map(|handle| handle.into().token())
}

#[test]
fn a_generic_handle_keeps_the_token_of_the_handle_that_it_was_made_of() {
    let token = ContextHandle { attributes: 3, uuid: Uuid::new(1, 2, 3, [4; 8]) };
    for open in [
        generic_token::<HClusterRpc>,
        generic_token::<HGroupRpc>,
        generic_token::<HGroupSetRpc>,
        generic_token::<HKeyRpc>,
        generic_token::<HNetInterfaceRpc>,
        generic_token::<HNetworkRpc>,
        generic_token::<HNodeRpc>,
        generic_token::<HResRpc>,
    ] {
        assert_eq!(open(token), Some(token));
        assert_eq!(open(ContextHandle::NULL), None);
    }
}
