//! Generates the interfaces from the IDL.

#[cfg(not(feature = "clusapi"))]
fn main() {}

#[cfg(feature = "clusapi")]
#[path = "build/clusapi.rs"]
mod clusapi;

#[cfg(feature = "clusapi")]
fn main() -> Result<(), midl_codegen::BuildError> {
    use midl_codegen::{Builder, TargetLevel};

    // Some 30,000 lines that hardly anybody wants.
    let wanted = |builder: Builder| {
        if cfg!(feature = "arbitrary") { builder.arbitrary_feature("arbitrary") } else { builder }
    };
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    wanted(clusapi::cluster_change()).compile_enumerations(folder().join("cluster_change.idl"))?;
    // The target levels are those of MS-CMRP 3.1.4.1 and 3.1.4.2.
    wanted(clusapi::interface(TargetLevel::Level5)).compile(folder().join("clusapi2.idl"))?;
    wanted(clusapi::interface(TargetLevel::Level6)).compile(folder().join("clusapi3.idl")).map(drop)
}

/// The IDL travels with the package as `idl/`, which in the repository is a link to the folder beside. Where links
/// are not to be had, it is a file, and the folder beside serves.
#[cfg(feature = "clusapi")]
fn folder() -> &'static std::path::Path {
    let own = std::path::Path::new("idl");
    if own.is_dir() { own } else { std::path::Path::new("../idl") }
}
