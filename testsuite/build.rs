//! Generates code from an IDL file of constructs that ClusAPI does not have, the way any user of the generator does who wants JSON.

fn main() -> Result<(), midl_codegen::BuildError> {
    midl_codegen::Builder::new()
        .serde_feature("json")
        .json_feature("json")
        .compile("idl/constructs.idl")
        .map(drop)
}
