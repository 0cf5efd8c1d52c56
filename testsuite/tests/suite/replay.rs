//! Input that harmed a decoder once must not do so again.

use std::fs;
use std::path::Path;

use allocation_counter::measure;
use cmrp_testsuite::oracle;

/// What one input may cost beyond its own length: the oracle decodes, encodes and decodes again.
const MOST_OCTETS: u64 = 64 * 1024;

#[test]
fn no_input_that_harmed_a_decoder_harms_one_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("replay");
    let mut inputs = 0;
    for target in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let name = target.file_name().into_string().expect("a target's name");
        for input in fs::read_dir(target.path()).unwrap().map(Result::unwrap) {
            let octets = fs::read(input.path()).unwrap();
            let cost = measure(|| assert!(oracle::run(&name, &octets), "no fuzz target is called {name}"));
            assert!(cost.bytes_max <= MOST_OCTETS, "{}: {} octets", input.path().display(), cost.bytes_max);
            inputs += 1;
        }
    }
    assert!(inputs >= 8, "only {inputs} inputs were found");
}
