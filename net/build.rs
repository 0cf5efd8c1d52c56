//! Generates the endpoint mapper's interface from its IDL.

fn main() -> Result<(), midl_codegen::BuildError> {
    println!("cargo::rerun-if-changed=build.rs");
    midl_codegen::Builder::new()
        .external("uuid_t", "::cmrp::ndr::Uuid")
        .only(["ept_map", "ept_lookup_handle_free"])
        .compile("idl/ept.idl")
        .map(drop)
}
