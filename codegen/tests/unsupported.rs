//! What no code is generated for is refused by name and place, or listed; never left out in silence.

use std::collections::BTreeMap;

use midl_codegen::{Generated, Options, Target, generate};

/// Parameters of one operation, and what the refusal must say.
const REFUSED: &[(&str, &str)] = &[
    ("[in] float x", "a floating-point number"),
    ("[in, switch_is(n)] LOOSE x, [in] long n", "a union other than one inside a structure with switch_is"),
    ("[in, switch_is(n)] LOOSE *x, [in] long n", "a union other than one inside a structure with switch_is"),
    ("[in] S_POINTED *x", "a union other than one inside a structure with switch_is"),
    ("[in] S_MANY *x", "a fixed array of something other than integers"),
    ("[in] S_KINDS *x", "a fixed array of something other than integers"),
    ("[in] S_WORDS *x", "a fixed array of something other than integers"),
    ("[in] S_BARE *x", "a union other than one inside a structure with switch_is"),
    ("[in] S_EARLY *x", "a union before the member that it switches on"),
    ("[in] S_SUM *x", "a switch_is other than the name of a member"),
    ("[in] S_SHORT *x", "a union whose switch has another type than its tag"),
    ("[in] S_TWICE *x", "a switch that another member depends on too"),
    ("[in] S_COUNTED *x", "a switch that another member depends on too"),
    ("[in] HIGH *x", "a case that the type of its switch does not hold"),
    ("[in] FLOATING *x", "a floating-point number"),
    ("[in] U_NODE *x", "a structure that contains itself"),
    ("[in, size_is(n)] S_ANONYMOUS **x, [in] long n", "an array of something other than"),
    ("[in] pipe_type x", "a pipe"),
    ("[in, size_is(n / 2)] long *x, [in] long n", "a size expression other than the name of a count"),
    ("[in, size_is(n), first_is(m)] long *x, [in] long n, [in] long m", "first_is"),
    ("[in, string, size_is(n)] wchar_t *x, [in] long n", "a string with size_is"),
    ("[in] S_VARYING *x", "a fixed array that varies"),
    ("[in] S_POINTERS *x", "a fixed array of something other than integers"),
    ("[in] CONFORMANT x", "a conformant structure that is not behind a pointer"),
    (
        "[in, size_is(n)] long ***x, [in] long n",
        "an array of something other than integers, structures and strings",
    ),
    ("[in, string] char *x", "a string of something other than wchar_t"),
    ("[in] NARROW *x", "a string of something other than wchar_t"),
    ("[in, ptr] long *x", "a full pointer"),
    ("[in, length_is(n)] long *x, [in] long n", "length_is without size_is"),
    ("[in, size_is(*n)] long *x, [in, unique] long *n", "the count `n`, which is not an integer"),
    ("[in, size_is(n)] long *x, [in] hyper n", "the count `n`, which is not an integer of at most 32 bits"),
    ("[in, range(0, 9)] hyper x", "a range of something other than a small integer"),
    ("[in, range(0, 9)] COLOUR x", "a range of something other than a small integer"),
    ("[in, size_is(n), min_is(m)] long *x, [in] long n, [in] long m", "the attribute min_is"),
    ("[in] long x[]", "an array without size_is"),
    ("[in, iid_is(n)] long *x, [in] long *n", "the attribute iid_is"),
    ("[in] MARSHALED x", "the attribute wire_marshal"),
    ("[in] NODE *x", "a structure that contains itself"),
    ("[in] A *x", "a structure that contains itself"),
    ("[in, size_is(n)] unsigned __int3264 *x, [in] long n", "an array of something other than"),
    ("[in, size_is(n)] REF_STRING x[], [in] long n", "an array of something other than"),
    ("[in] S_SIZED *x", "a fixed array that varies"),
    (
        "[in, unique, size_is(n), length_is(*m)] long *x, [in] long n, [out] long *m",
        "a nullable array whose size and length travel in different directions (`x`)",
    ),
    (
        "[in, unique, size_is(*m), length_is(n)] long *x, [in] long n, [out] long *m",
        "a nullable array whose size and length travel in different directions (`x`)",
    ),
    ("[in] S_HANDLE *x", "a context handle inside another type"),
    ("[in, range(0, 5)] unsigned hyper x", "a range of something other than"),
    ("[in, range(0, 5)] KIND x", "a range of something other than"),
    ("[in, context_handle] void *x", "context_handle at a parameter instead of a typedef"),
    ("[in, range(0, 5), unique] long *x", "a range of something other than"),
    (
        "[in, size_is(n)] long *x, [in] unsigned hyper n",
        "the count `n`, which is not an integer of at most 32 bits",
    ),
    (
        "[in, size_is(n)] long *x, [in] unsigned __int3264 n",
        "the count `n`, which is not an integer of at most 32 bits",
    ),
    (
        "[in, size_is(n)] long *x, [in] __int3264 n",
        "the count `n`, which is not an integer of at most 32 bits",
    ),
    ("[in, size_is(n)] long *x, [in] KIND n", "the count `n`, which is not an integer of at most 32 bits"),
    (
        "[in, size_is(*n)] long *x, [in, unique] long *n",
        "the count `n`, which is not an integer of at most 32 bits",
    ),
];

const TYPES: &str = "
    typedef [switch_type(long)] union _LOOSE { [case(1)] long a; [default] ; } LOOSE;
    typedef struct _S_POINTED { long tag; [switch_is(tag)] LOOSE *u; } S_POINTED;
    typedef struct _S_MANY { long tag; [switch_is(tag)] LOOSE u[2]; } S_MANY;
    typedef struct _S_BARE { long tag; LOOSE u; } S_BARE;
    typedef struct _S_EARLY { [switch_is(tag)] LOOSE u; long tag; } S_EARLY;
    typedef struct _S_SUM { long tag; [switch_is(tag + 1)] LOOSE u; } S_SUM;
    typedef struct _S_SHORT { short tag; [switch_is(tag)] LOOSE u; } S_SHORT;
    typedef struct _S_TWICE { long tag; [switch_is(tag)] LOOSE u; [switch_is(tag)] LOOSE v; } S_TWICE;
    typedef struct _S_COUNTED { long tag; [switch_is(tag)] LOOSE u; [size_is(tag)] long *x; } S_COUNTED;
    typedef union switch (small tag) u { case 300: long a; } HIGH;
    typedef union switch (long tag) u { case 1: float a; } FLOATING;
    typedef union _U_NODE switch (long tag) u { case 1: union _U_NODE *next; case 2: long a; } U_NODE;
    typedef struct _S_ANONYMOUS { long tag; [switch_is(tag)] union { [case(1)] long a; [default]; }; } S_ANONYMOUS;
    typedef pipe long pipe_type;
    typedef struct _S_VARYING { long n; [length_is(n)] long x[4]; } S_VARYING;
    typedef struct _S_POINTERS { long *x[4]; } S_POINTERS;
    typedef struct _CONFORMANT { long n; [size_is(n)] long x[]; } CONFORMANT;
    typedef struct _NARROW { [string] char name[16]; } NARROW;
    typedef enum { RED = 1 } COLOUR;
    typedef [wire_marshal(long)] short MARSHALED;
    typedef enum _KIND { KIND_ONE = 1 } KIND;
    typedef struct _S_KINDS { KIND kinds[2]; } S_KINDS;
    typedef struct _S_WORDS { unsigned __int3264 words[2]; } S_WORDS;
    typedef struct _A { long value; struct _B *b; } A;
    typedef struct _B { KIND kind; A *a; } B;
    typedef [ref, string] wchar_t *REF_STRING;
    typedef struct _S_SIZED { long n; [size_is(n)] long x[4]; } S_SIZED;
    typedef [context_handle] void *HANDLE;
    typedef struct _S_HANDLE { HANDLE h; } S_HANDLE;
    typedef struct _NODE { long value; struct _NODE *next; } NODE;
";

fn interface(operations: &str, options: &Options) -> Result<Generated, String> {
    let head = "[uuid(00000000-0000-0000-0000-000000000001), version(1.0)] interface i";
    let text = format!("{head} {{ {TYPES} {operations} }}");
    generate("i.idl", &text, &mut BTreeMap::new(), Target::Interface, options)
        .map_err(|refusal| refusal.to_string())
}

#[test]
fn a_construct_that_is_not_supported_is_an_error_with_its_place() {
    for (params, reason) in REFUSED.iter().copied() {
        let refusal = interface(&format!("void Call({params});"), &Options::default()).expect_err(params);
        assert!(refusal.contains("E0501"), "{params}: {refusal}");
        assert!(refusal.contains(&format!("`Call`: {reason}")), "{params}: {refusal}");
        assert!(refusal.contains("i.idl:"), "{params}: {refusal}");
    }
}

/// An attribute whose name only begins like one that changes the wire does not.
#[test]
fn other_attributes_are_let_through() {
    let options = Options::default();
    assert!(interface("void Call([in, iid_is_not_this] long x);", &options).is_ok());
}

#[test]
fn the_outermost_typedef_gives_a_pointer_its_kind() {
    let operations =
        "typedef [ref] long *ALWAYS; typedef [unique] ALWAYS PERHAPS; void Call([in] PERHAPS x);";
    let rust = interface(operations, &Options::default()).map(|generated| generated.rust);
    assert!(rust.as_ref().is_ok_and(|rust| rust.contains("pub x: Option<i32>,")), "{rust:?}");
}

#[test]
fn requests_that_borrow_nothing_have_no_lifetime() {
    let rust = interface("void Call([in] long x);", &Options::default()).map(|generated| generated.rust);
    assert!(rust.as_ref().is_ok_and(|rust| rust.contains("pub enum Request {")), "{rust:?}");
}

#[test]
fn enumerations_of_imported_files_are_left_to_those() {
    let mut imports =
        BTreeMap::from([("base.idl".to_owned(), "typedef enum { THEIRS } THEIR_KIND;".to_owned())]);
    let text = "import \"base.idl\"; typedef enum { OURS } OUR_KIND;";
    let generated = generate("i.idl", text, &mut imports, Target::Enumerations, &Options::default());
    let rust = generated.map(|generated| generated.rust).map_err(|refusal| refusal.to_string());
    assert!(
        rust.as_ref().is_ok_and(|rust| rust.contains("OurKind") && !rust.contains("TheirKind")),
        "{rust:?}"
    );
}

/// The kind of a pointer without attribute, below the top level (MS-RPCE 2.2.4.9).
#[test]
fn pointers_follow_the_default_of_their_interface() {
    for (default, field) in [("ref", "u32"), ("unique", "Option<u32>")] {
        let text = format!(
            "[uuid(00000000-0000-0000-0000-000000000001), version(1.0), pointer_default({default})]
             interface i {{ typedef struct _S {{ unsigned long *number; }} S; void Call([in] S *s); }}"
        );
        let generated =
            generate("i.idl", &text, &mut BTreeMap::new(), Target::Interface, &Options::default());
        let rust = generated.map(|generated| generated.rust).map_err(|refusal| refusal.to_string());
        assert!(rust.as_ref().is_ok_and(|rust| rust.contains(&format!("pub number: {field},"))), "{rust:?}");
    }
}

/// Declarations that are fine in IDL and would have one name in Rust.
const CLASHES: [(&str, &str); 8] = [
    ("void Call([in] long dwX, [in] long dw_x);", "`dw_x` beside `dwX`"),
    ("typedef struct _X { long dwX; long dw_x; } X; void Call([in] X *x);", "`dw_x` beside `dwX`"),
    (
        "typedef struct _F { long a; } FOO_BAR; typedef struct _G { long a; } FooBar; void Call([in] FOO_BAR *a, [in] FooBar *b);",
        "`FooBar`",
    ),
    ("void Option([in] long x);", "`Option`"),
    ("typedef struct _R { long a; } RESULT; void Call([in] RESULT *a);", "`Result`"),
    ("typedef struct _R { long a; } CALL_REQUEST; void Call([in] CALL_REQUEST *a);", "`CallRequest`"),
    ("void I([in] long x);", "`I`"),
    (
        "typedef union switch (long t) u { case 1: long dwX; case 2: long dw_x; } V; void Call([in] V *x);",
        "two arms that have the name `DwX`",
    ),
];

#[test]
fn declarations_that_would_have_one_rust_name_are_refused() {
    for (text, name) in CLASHES {
        let refusal = interface(text, &Options::default()).expect_err(text);
        assert!(refusal.contains("E0501") && refusal.contains(name), "{text}: {refusal}");
    }
    let renamed = midl_codegen::Builder::new().rename("RESULT", "Outcome");
    let text = "typedef struct _R { long a; } RESULT; void Call([in] RESULT *a);";
    assert!(interface(text, renamed.options()).expect("renamed").rust.contains("pub struct Outcome"));
}

#[test]
fn an_object_interface_is_refused() {
    let text = "[object, uuid(00000000-0000-0000-0000-000000000001)] interface i { long Call([in] long x); }";
    let refusal = generate("i.idl", text, &mut BTreeMap::new(), Target::Interface, &Options::default());
    let refusal = refusal.expect_err("an object interface").to_string();
    assert!(refusal.contains("`i`: an object interface"), "{refusal}");
}

#[test]
fn operations_that_are_not_asked_for_are_listed_and_keep_the_opnums() {
    let builder = midl_codegen::Builder::new().only(["Second"]);
    let operations = "void First([in] float x); long Second([in] long x); void Third(void);";
    let rust = interface(operations, builder.options()).expect("only the second is wanted").rust;
    assert!(rust.contains("const OPNUM: u16 = 1;"), "{rust}");
    assert!(rust.contains(r#"(0, "First", "not asked for")"#), "{rust}");
    assert!(rust.contains(r#"(2, "Third", "reserved")"#), "{rust}");
    assert!(!rust.contains("FirstRequest") && !rust.contains("ThirdRequest"), "{rust}");
}

#[test]
fn a_type_that_no_operation_needs_is_emitted_when_asked_for() {
    let text = "typedef struct _LONELY { long a; } LONELY; void Call([in] long x);";
    let rust =
        |builder: &midl_codegen::Builder| interface(text, builder.options()).map(|generated| generated.rust);
    let plain = midl_codegen::Builder::new();
    assert!(!rust(&plain).expect("a plain interface").contains("struct Lonely"));
    assert!(rust(&plain.clone().with_type("LONELY")).expect("with the type").contains("pub struct Lonely"));
    let refusal = rust(&plain.clone().with_type("LOVELY")).expect_err("a misspelt name");
    assert!(refusal.contains("there is no type `LOVELY`"), "{refusal}");
    let refusal = rust(&plain.with_type("NODE")).expect_err("a structure that contains itself");
    assert!(refusal.contains("`NODE`: a structure that contains itself"), "{refusal}");
}

#[test]
fn a_name_that_no_operation_has_is_an_error() {
    let builder = midl_codegen::Builder::new().only(["Frist"]);
    let refusal = interface("void First([in] long x);", builder.options()).expect_err("a misspelt name");
    assert!(refusal.contains("no operation `Frist`"), "{refusal}");
}
