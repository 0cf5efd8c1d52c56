//! Generates code from an IDL file of constructs that ClusAPI does not have, the way any user of the generator does.

fn main() -> Result<(), midl_codegen::BuildError> {
    midl_codegen::Builder::new().compile("idl/constructs.idl").map(drop)
}
