//! Status codes of fault PDUs: their names, and what a Windows client reports for them (C706 Appendix N.2,
//! MS-RPCE 3.1.1.5.5).

/// `RPC_X_BAD_STUB_DATA`: the stub broke a rule of NDR (MS-RPCE 3.1.3.5.2).
pub const RPC_X_BAD_STUB_DATA: u32 = 0x0000_06f7;
/// Access denied; also a request of more than 4 MiB (MS-RPCE 3.2.3.5.1, 3.3.3.5.4).
pub const ERROR_ACCESS_DENIED: u32 = 0x0000_0005;
/// The interface has no operation of that number.
pub const NCA_OP_RNG_ERROR: u32 = 0x1c01_0002;
/// The server does not know the interface.
pub const NCA_UNK_IF: u32 = 0x1c01_0003;
/// The request broke a rule of the protocol (MS-RPCE 3.3.3.5.7).
pub const NCA_PROTO_ERROR: u32 = 0x1c01_000b;
/// The server cannot take the call now; it did not run.
pub const NCA_SERVER_TOO_BUSY: u32 = 0x1c01_0014;
/// The server cannot read the representation of the data.
pub const NCA_UNSUPPORTED_TYPE: u32 = 0x1c01_0017;
/// The call was cancelled.
pub const NCA_S_FAULT_CANCEL: u32 = 0x1c00_000d;
/// The call failed, and nothing better can be said.
pub const NCA_S_FAULT_UNSPEC: u32 = 0x1c00_0012;
/// The request names a presentation context that was not accepted.
pub const NCA_INVALID_PRES_CONTEXT_ID: u32 = 0x1c00_001c;
/// The server does not know the context handle.
pub const NCA_S_FAULT_CONTEXT_MISMATCH: u32 = 0x1c00_001a;

/// Whether a call that failed may have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Executed {
    /// It did not run, and may be repeated: [`PfcFlags::DID_NOT_EXECUTE`](crate::PfcFlags::DID_NOT_EXECUTE).
    No,
    /// It ran, in part or as a whole, or nobody knows.
    Maybe,
}

/// Whether a fault may carry `status`: not 0, and not one of thirteen NTSTATUS codes (MS-RPCE 3.3.3.5.1).
pub fn may_be_sent(status: u32) -> bool {
    status != 0 && !FORBIDDEN.contains(&status)
}

/// NTSTATUS codes of exceptions that a fault must not carry.
const FORBIDDEN: [u32; 13] = [
    0x8000_0001,
    0x8000_0002,
    0x8000_0003,
    0xc000_0005,
    0xc000_0006,
    0xc000_001d,
    0xc000_0096,
    0xc000_00aa,
    0xc000_00fd,
    0xc000_0194,
    0xc000_0235,
    0xc000_0409,
    0xc000_0420,
];

/// The name of a status on the wire.
pub fn name(status: u32) -> Option<&'static str> {
    row(status).map(|(_, name, _)| *name)
}

/// The Win32 error that a Windows client reports; codes without a mapping are reported as they are.
pub fn win32(status: u32) -> u32 {
    row(status).map_or(status, |(_, _, win32)| *win32)
}

fn row(status: u32) -> Option<&'static (u32, &'static str, u32)> {
    TABLE.iter().find(|(code, ..)| *code == status)
}

/// Status, name, Win32 error.
const TABLE: [(u32, &str, u32); 46] = [
    (0x0000_0005, "ERROR_ACCESS_DENIED", 0x0000_0005),
    (0x0000_06f7, "RPC_X_BAD_STUB_DATA", 0x0000_06f7),
    (0x1c00_0001, "nca_s_fault_int_div_by_zero", 0x6e7),
    (0x1c00_0002, "nca_s_fault_addr_error", 0x6e8),
    (0x1c00_0003, "nca_s_fault_fp_div_zero", 0x6e9),
    (0x1c00_0004, "nca_s_fault_fp_underflow", 0x6ea),
    (0x1c00_0005, "nca_s_fault_fp_overflow", 0x6eb),
    (0x1c00_0006, "nca_s_fault_invalid_tag", 0x6c5),
    (0x1c00_0007, "nca_s_fault_invalid_bound", 0x6c6),
    (0x1c00_0008, "nca_rpc_version_mismatch", 0x6c0),
    (0x1c00_0009, "nca_unspec_reject", 0x6be),
    (0x1c00_000a, "nca_s_bad_actid", 0x6bf),
    (0x1c00_000b, "nca_who_are_you_failed", 0x6be),
    (0x1c00_000c, "nca_manager_not_entered", 0x6bf),
    (0x1c00_000d, "nca_s_fault_cancel", 0x71a),
    (0x1c00_000e, "nca_s_fault_ill_inst", 0x6e8),
    (0x1c00_000f, "nca_s_fault_fp_error", 0x6eb),
    (0x1c00_0010, "nca_s_fault_int_overflow", 0x6e8),
    (0x1c00_0012, "nca_s_fault_unspec", 0x6be),
    (0x1c00_0013, "nca_s_fault_remote_comm_failure", 0x1c00_0013),
    (0x1c00_0014, "nca_s_fault_pipe_empty", 0x77e),
    (0x1c00_0015, "nca_s_fault_pipe_closed", 0x77c),
    (0x1c00_0016, "nca_s_fault_pipe_order", 0x727),
    (0x1c00_0017, "nca_s_fault_pipe_discipline", 0x77d),
    (0x1c00_0018, "nca_s_fault_pipe_comm_error", 0x71c),
    (0x1c00_0019, "nca_s_fault_pipe_memory", 0x00e),
    (0x1c00_001a, "nca_s_fault_context_mismatch", 0x006),
    (0x1c00_001b, "nca_s_fault_remote_no_memory", 0x46a),
    (0x1c00_001c, "nca_invalid_pres_context_id", 0x6c0),
    (0x1c00_001d, "nca_unsupported_authn_level", 0x71d),
    (0x1c00_001f, "nca_invalid_checksum", 0x6bf),
    (0x1c00_0020, "nca_invalid_crc", 0x6bf),
    (0x1c00_0021, "nca_s_fault_user_defined", 0x1c00_0021),
    (0x1c00_0022, "nca_s_fault_tx_open_failed", 0x1c00_0022),
    (0x1c00_0023, "nca_s_fault_codeset_conv_error", 0x1c00_0023),
    (0x1c00_0024, "nca_s_fault_object_not_found", 0x1c00_0024),
    (0x1c00_0025, "nca_s_fault_no_client_stub", 0x1c00_0025),
    (0x1c01_0001, "nca_s_comm_failure", 0x71c),
    (0x1c01_0002, "nca_op_rng_error", 0x6d1),
    (0x1c01_0003, "nca_unk_if", 0x6b5),
    (0x1c01_0006, "nca_wrong_boot_time", 0x1c01_0006),
    (0x1c01_0009, "nca_s_you_crashed", 0x6be),
    (0x1c01_000b, "nca_proto_error", 0x6c0),
    (0x1c01_0013, "nca_out_args_too_big", 0x46a),
    (0x1c01_0014, "nca_server_too_busy", 0x6bb),
    (0x1c01_0017, "nca_unsupported_type", 0x6c4),
];
