//! Generates code from an IDL file of constructs that ClusAPI does not have, the way any user of the generator does who wants JSON and values to fuzz with.

fn main() -> Result<(), midl_codegen::BuildError> {
    midl_codegen::Builder::new()
        .serde_feature("json")
        .json_feature("json")
        .arbitrary_feature("arbitrary")
        .compile("idl/constructs.idl")
        .map(drop)
}
