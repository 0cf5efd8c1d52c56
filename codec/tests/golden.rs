//! The checked-in copies of the generated code, which show a change on the wire as a diff, are what the generator
//! writes. They compile because they are equal to what the crate includes.
#![cfg(feature = "clusapi")]

use std::path::PathBuf;
use std::{env, fs};

const GENERATED: [(&str, &str); 3] = [
    ("cluster_change.rs", include_str!(concat!(env!("OUT_DIR"), "/cluster_change.rs"))),
    ("clusapi2.rs", include_str!(concat!(env!("OUT_DIR"), "/clusapi2.rs"))),
    ("clusapi3.rs", include_str!(concat!(env!("OUT_DIR"), "/clusapi3.rs"))),
];

#[test]
fn generated_code_equals_its_golden_copy() {
    for (name, generated) in GENERATED {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
        if env::var_os("CMRP_BLESS").is_some() {
            fs::write(&path, generated).expect("the golden copy can be written");
        }
        let golden = fs::read_to_string(&path).expect("a golden copy is checked in");
        if let Some((line, (new, old))) = difference(generated, &golden) {
            panic!(
                "codec/golden/{name} differs from line {line} on:\n  generated: {new}\n  golden:    {old}\n\
                 If the change is meant: CMRP_BLESS=1 cargo test -p cmrp --test golden"
            );
        }
    }
}

fn difference<'a>(generated: &'a str, golden: &'a str) -> Option<(usize, (&'a str, &'a str))> {
    if generated == golden {
        return None;
    }
    let ends = std::iter::repeat("(no line)");
    let longest = generated.lines().count().max(golden.lines().count()).saturating_add(1);
    let pairs = generated.lines().chain(ends.clone()).zip(golden.lines().chain(ends)).take(longest);
    (1..).zip(pairs).find(|(_, (new, old))| new != old).or(Some((0, ("(line ends differ)", ""))))
}
