//! Compiles an IDL file to Rust on standard output, and says on standard error what it took.
//!
//! ```sh
//! cargo run --release -p midl-codegen --example generate -- idl/clusapi3.idl > clusapi3.rs
//! ```

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use midl_codegen::{Options, SearchPath, Target, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let idl = env::args().nth(1).ok_or("the name of an IDL file is expected")?;
    let folder = Path::new(&idl).parent().unwrap_or(Path::new("")).to_path_buf();
    let text = fs::read_to_string(&idl)?;
    let start = Instant::now();
    let generated =
        generate(&idl, &text, &mut SearchPath::new([folder]), Target::Interface, &Options::default())?;
    let took = start.elapsed();
    print!("{}", generated.rust);
    let lines = generated.rust.lines().count();
    eprintln!("{idl}: {} IDL files, {lines} lines of Rust in {took:.1?}", generated.files.len());
    Ok(())
}
