//! Fault statuses: rows of the table, independently written down.

use dcerpc_proto::status::{name, win32};

#[test]
fn statuses_have_names_and_win32_errors() {
    let rows = [
        (0x1c01_0002, Some("nca_op_rng_error"), 1745),
        (0x1c01_0003, Some("nca_unk_if"), 1717),
        (0x1c01_000b, Some("nca_proto_error"), 1728),
        (0x1c01_0014, Some("nca_server_too_busy"), 1723),
        (0x1c00_000d, Some("nca_s_fault_cancel"), 1818),
        (0x1c00_0014, Some("nca_s_fault_pipe_empty"), 1918),
        (0x1c00_001a, Some("nca_s_fault_context_mismatch"), 6),
        (0x1c00_001b, Some("nca_s_fault_remote_no_memory"), 1130),
        (0x1c00_001d, Some("nca_unsupported_authn_level"), 1821),
        (5, Some("ERROR_ACCESS_DENIED"), 5),
        (1783, Some("RPC_X_BAD_STUB_DATA"), 1783),
        (0x1c01_0006, Some("nca_wrong_boot_time"), 0x1c01_0006),
        (0x8001_0105, None, 0x8001_0105),
    ];
    for (status, expected_name, expected_win32) in rows {
        assert_eq!((name(status), win32(status)), (expected_name, expected_win32), "{status:#x}");
    }
}
