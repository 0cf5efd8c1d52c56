//! What the generator writes for the IDL files of the workspace, text for text. The golden copies compile, since the
//! codec includes what equals them, and the tests of its runtime include the copy itself.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../codec/build/clusapi.rs"]
mod clusapi;
mod support;

use std::collections::BTreeMap;
use std::{env, fs};

use midl_codegen::{Builder, FlagBits, Target, TargetLevel, generate};
use support::workspace;

/// The IDL, the golden copy, and how one becomes the other; the small files first, which tell most.
fn cases() -> [(&'static str, &'static str, Target, Builder); 4] {
    let constructs = Builder::new().serde_feature("json").json_feature("json").arbitrary_feature("arbitrary");
    [
        ("testsuite/idl/constructs.idl", "codegen/tests/golden/constructs.rs", Target::Interface, constructs),
        (
            "idl/cluster_change.idl",
            "codec/golden/cluster_change.rs",
            Target::Enumerations,
            clusapi::cluster_change(),
        ),
        (
            "idl/clusapi2.idl",
            "codec/golden/clusapi2.rs",
            Target::Interface,
            clusapi::interface(TargetLevel::Level5),
        ),
        (
            "idl/clusapi3.idl",
            "codec/golden/clusapi3.rs",
            Target::Interface,
            clusapi::interface(TargetLevel::Level6),
        ),
    ]
}

#[test]
fn generated_code_equals_its_golden_copy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (idl, golden, target, builder) in cases() {
        let builder = builder.out_dir(folder.path());
        let generated = match target {
            Target::Interface => builder.compile(workspace(idl)),
            Target::Enumerations => builder.compile_enumerations(workspace(idl)),
        };
        assert_golden(golden, &generated.expect("it compiles").rust);
    }
}

#[track_caller]
fn assert_golden(golden: &str, generated: &str) {
    if env::var_os("CMRP_BLESS").is_some() {
        fs::write(workspace(golden), generated).expect("the golden copy can be written");
    }
    let expected = fs::read_to_string(workspace(golden)).expect("a golden copy is checked in");
    let differs = (1..).zip(generated.lines().zip(expected.lines())).find(|(_, (new, old))| new != old);
    assert!(
        generated == expected,
        "{golden} differs: line, generated and golden: {differs:?}\nIf the change is meant: \
         CMRP_BLESS=1 cargo test -p midl-codegen --test emission"
    );
}

fn emitted(operations: &str, builder: &Builder) -> String {
    let text =
        format!("[uuid(00000000-0000-0000-0000-000000000001), version(1.0)] interface i {{ {operations} }}");
    let generated = generate("i.idl", &text, &mut BTreeMap::new(), Target::Interface, builder.options());
    generated.map(|generated| generated.rust).map_err(|refusal| refusal.to_string()).expect("it compiles")
}

#[test]
fn a_runtime_of_another_name_is_known_as_ndr() {
    let rust = |runtime| emitted("void Call([in] long x);", &Builder::new().runtime(runtime));
    assert!(rust("crate::ndr").contains("use crate::ndr;\n"));
    assert!(rust("crate::wire").contains("use crate::wire as ndr;\n"));
}

/// Clippy's `enum_variant_names` looks at enumerations of three variants or more, `too_many_lines` at more than 100.
#[test]
fn lints_are_allowed_where_they_would_object() {
    let rust = |count: usize| {
        let operations: Vec<String> =
            (0..count).map(|number| format!("void Call{number}([in] long x);")).collect();
        emitted(&operations.concat(), &Builder::new())
    };
    for (count, lint, is_allowed) in [
        (2, "clippy::enum_variant_names", false),
        (3, "clippy::enum_variant_names", true),
        (20, "clippy::too_many_lines", false),
        (21, "clippy::too_many_lines", true),
    ] {
        assert_eq!(rust(count).contains(lint), is_allowed, "{count} operations, {lint}");
    }
}

#[test]
fn requests_that_borrow_nothing_have_no_lifetime_in_json_either() {
    let builder = Builder::new().json_feature("json");
    assert!(!emitted("void Call([in] long x);", &builder).contains("Request<'a> {"));
    assert!(emitted("void Call([in, string] wchar_t *x);", &builder).contains("Request<'a> {"));
}

/// A count is derived from its array, whatever its name says.
#[test]
fn a_count_is_no_flag_set() {
    let builder = Builder::new().flags("BITS", FlagBits::U32).flag_field("x", "BITS");
    let enumeration = "typedef [v1_enum] enum { BITS_ONE = 1 } BITS;";
    let flags = emitted(&format!("{enumeration} void Call([in] unsigned long x);"), &builder);
    assert!(flags.contains("from_bits_retain"), "{flags}");
    let count = emitted(
        &format!("{enumeration} void Call([in] unsigned long x, [in, size_is(x)] long *y);"),
        &builder,
    );
    assert!(!count.contains("from_bits_retain"), "{count}");
}

/// Ranges of counts and of what they count, and what is made up for `x`. A null pointer goes with any count up to 127, so
/// that a range of its count which lacks some of them leaves no null.
#[test]
fn values_are_made_up_within_their_ranges() {
    let builder = Builder::new().arbitrary_feature("arbitrary");
    let count = |range| format!("[in, unique, size_is(n)] byte *x, [in{range}] unsigned long n");
    for (parameters, made, may_be_null) in [
        (&*count(""), "octets(choices, 0, usize::MAX)", true),
        (&count(", range(0, 127)"), "octets(choices, 0, 127)", true),
        (&count(", range(0, 126)"), "octets(choices, 0, 126)", false),
        (&count(", range(1, 200)"), "octets(choices, 1, 200)", false),
        (
            "[in, unique, range(1, 5), size_is(n)] byte *x, [in] unsigned long n",
            "octets(choices, 1, 5)",
            true,
        ),
        (
            "[in, unique, range(1, 5), size_is(n)] long *x, [in] unsigned long n",
            "elements(choices, 1, 5, ndr::arbitrary::number)",
            true,
        ),
        (
            "[in, size_is(n), length_is(m)] byte *x, [in, range(6, 9)] unsigned long n, [in] unsigned long m",
            "octets(choices, 0, 9)",
            false,
        ),
    ] {
        let rust = emitted(&format!("void Call([in, range(3, 4)] short other, {parameters});"), &builder);
        let one_line = rust.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(");
        assert!(one_line.contains(made), "{parameters}: {rust}");
        assert_eq!(rust.contains("arbitrary::sized"), may_be_null, "{parameters}: {rust}");
    }
}

#[test]
fn the_table_of_handles_tells_what_goes_in_comes_out_and_comes_back() {
    let builder = Builder::new().arbitrary_feature("arbitrary");
    let rust = emitted(
        "typedef [context_handle] void *G; typedef [context_handle] void *H; \
         long Open([in] G g, [in] long x, [out] H *h); \
         long Close([in, out] H *h, [out] G *g);",
        &builder,
    );
    for row in [
        "opnum: 0,\n        needs: &[\"G\"],\n        yields: &[\"H\"],\n        closes: &[],\n",
        "opnum: 1,\n        needs: &[\"H\"],\n        yields: &[\"G\"],\n        closes: &[\"H\"],\n",
    ] {
        assert!(rust.contains(row), "{rust}");
    }
}
