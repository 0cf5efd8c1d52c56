//! Grammar by example: a text, and what the model says about it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use midl_codegen::model::{ConstantValue, DefinitionKind, Type};
use support::compile_text;

/// Each text is a list of declarations; the last one is described.
const DEFINITIONS: [(&str, &str); 40] = [
    // Base types in all their spellings.
    ("typedef unsigned T;", "typedef unsigned long T;"),
    ("typedef unsigned long int T;", "typedef unsigned long T;"),
    ("typedef long unsigned T;", "typedef unsigned long T;"),
    ("typedef signed int T;", "typedef long T;"),
    ("typedef short int T;", "typedef short T;"),
    ("typedef long long T;", "typedef hyper T;"),
    ("typedef unsigned __int64 T;", "typedef unsigned hyper T;"),
    ("typedef unsigned hyper T;", "typedef unsigned hyper T;"),
    ("typedef signed char T;", "typedef small T;"),
    ("typedef char T;", "typedef unsigned char T;"),
    ("typedef unsigned __int3264 T;", "typedef unsigned __int3264 T;"),
    ("typedef wchar_t const *T;", "typedef wchar_t *T;"),
    ("typedef const wchar_t * const T;", "typedef wchar_t *T;"),
    // Words that are types elsewhere may be names.
    ("typedef unsigned short wchar_t; typedef wchar_t T;", "typedef wchar_t T;"),
    ("typedef unsigned long error_status_t; typedef error_status_t T;", "typedef error_status_t T;"),
    ("typedef struct _S { long byte; } T;", "struct T { long byte; }"),
    // Declarators.
    ("typedef long *T[3];", "typedef long *T[3];"),
    ("typedef long (*T)[3];", "typedef long (*T)[3];"),
    ("typedef long T[2][3];", "typedef long T[2][3];"),
    ("typedef long T[0..4];", "typedef long T[5];"),
    ("struct S { long n; [size_is(n)] long T[*]; };", "struct struct S { long n; [size_is(n)] long T[]; }"),
    // Tags and typedef names.
    ("typedef struct _A { long a; } A, *PA; typedef struct _A *T;", "typedef A *T;"),
    ("typedef struct _A A; struct _A { A *next; };", "struct A { A *next; }"),
    ("typedef struct { long a, *b; } T;", "struct T { long a; long *b; }"),
    ("typedef struct A { long a; } *T;", "typedef struct A *T;"),
    // Enumerations.
    ("typedef [v1_enum] enum { A = 1, B, C = A | 4, } T;", "[v1_enum] enum T { A = 1, B = 2, C = 5, }"),
    ("typedef enum E { A = 'a', B = 0x10, C = 010 } T;", "enum T { A = 97, B = 16, C = 8, }"),
    // Unions of both kinds.
    (
        "typedef [switch_type(short)] union { [case(1, 2)] long a; [case(3)]; [default] char b; } T;",
        "[switch_type(short)] union T { [case(1, 2)] long a; [case(3)] ; [case()] [default] unsigned char b; }",
    ),
    (
        "typedef union switch (long tag) value { case 1: case 2: long a; default: ; } T;",
        "union switch (long tag) value T { [case(1, 2)] long a; [case()] [default] ; }",
    ),
    (
        "typedef struct { short t; [switch_is(t)] union { [case(1)] long a; }; } T;",
        "struct T { short t; [switch_is(t)] T_union; }",
    ),
    // Attributes: lists in a row, commas at the end, levels, expressions.
    ("typedef struct { [string,] [unique] wchar_t *s; } T;", "struct T { [unique, string] wchar_t *s; }"),
    (
        "struct S { long n; [size_is(, *m)] long **a; long *m; };",
        "struct struct S { long n; [size_is(, *m)] long **a; long *m; }",
    ),
    (
        "struct S { long n; [max_is(n), last_is(n - 2), first_is(1)] long *a; };",
        "struct struct S { long n; [size_is(n + 1), first_is(1), length_is(((n - 2) - 1) + 1)] long *a; }",
    ),
    (
        "struct S { long n; [size_is((unsigned char) n ? n * 2 : 1 << 4)] long *a; };",
        "struct struct S { long n; [size_is((n & 255) ? (n * 2) : 16)] long *a; }",
    ),
    (
        "struct S { long *n; [size_is(n ? *n : 0)] long *a; };",
        "struct struct S { long *n; [size_is(n ? *n : 0)] long *a; }",
    ),
    ("typedef [range(0, sizeof(long) * 2)] long T;", "typedef [range(0, 8)] long T;"),
    // Constants and macros in expressions; a macro may also stand for a type or for nothing.
    ("#define N (2 * \\\n 3)\ntypedef long T[N];", "typedef long T[6];"),
    ("const unsigned short N = 3; int const M = N + 1; typedef long T[M];", "typedef long T[4];"),
    ("#define W const long *\n#define string\ntypedef [string] W T;", "typedef long *T;"),
    (
        "#ifdef X\nbroken\n#elif defined(__midl) && !defined X\ntypedef long T;\n#else\nbroken\n#endif",
        "typedef long T;",
    ),
];

#[test]
fn definitions_mean_what_they_say() {
    for (text, expected) in DEFINITIONS {
        let compilation = compile_text(text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
        let (_, last) = compilation.model.definitions().last().unwrap();
        assert_eq!(compilation.model.describe_definition(last), expected, "{text}");
    }
}

/// Bodies of an interface, and the slots they make.
const OPERATIONS: [(&str, &str); 9] = [
    ("void f(void);", "0\tf\tvoid\t\n"),
    ("long f();", "0\tf\tlong\t\n"),
    ("long __stdcall f([in] long a, [out] long *b);", "0\tf\tlong\t[in] long a, [out] long *b\n"),
    ("byte *f([in] handle_t h, [in] long);", "0\tf\tbyte *\t[in] handle_t h, [in] long param1\n"),
    ("typedef long T; import \"none.idl\"; T f([in][out] T *a);", "0\tf\tT\t[in, out] long *a\n"),
    ("[callback] void f(void); void g(void);", "0\tg\tvoid\t\n"),
    (
        "void f([in, size_is(n)] byte a[], [in] long n);",
        "0\tf\tvoid\t[in, size_is(n)] byte a[], [in] long n\n",
    ),
    ("void f([in] SAFEARRAY(long) a);", "0\tf\tvoid\t[in] SAFEARRAY(long) a\n"),
    ("void f([in] pipe long a);", "0\tf\tvoid\t[in] pipe long a\n"),
];

#[test]
fn operations_mean_what_they_say() {
    for (body, expected) in OPERATIONS {
        let text =
            format!("[uuid(12345678-1234-abcd-ef00-0123456789ab), version(1.2)] interface i {{ {body} }}");
        let mut files = BTreeMap::from([("none.idl".to_owned(), String::new())]);
        let compilation = midl_codegen::compile("test.idl", &text, &mut files)
            .unwrap_or_else(|problems| panic!("{text}\n{problems}"));
        let interface = &compilation.model.interfaces()[0];
        assert_eq!(interface.version, (1, 2));
        assert_eq!(interface.uuid.unwrap()[..6], [0x12, 0x34, 0x56, 0x78, 0x12, 0x34]);
        let expected = expected.replace("[in, out] long *a", "[in, out] T *a");
        assert_eq!(compilation.model.describe(interface), expected, "{body}");
    }
}

/// Expressions of C, with the values that C gives them.
const VALUES: [(&str, i128); 20] = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 4 - 3", 3),
    ("1 << 2 + 1", 8),
    ("7 & 3 == 3", 1),
    ("6 | 1 ^ 3", 6),
    ("-7 / 2", -3),
    ("-7 % 2", -1),
    ("~0", -1),
    ("!5 + !0", 1),
    ("1 ? 2 : 0 ? 3 : 4", 2),
    ("0 || 2 && 3", 1),
    ("3 > 2 != 2 >= 3", 1),
    ("(unsigned long) -1", 0xffff_ffff),
    ("(signed char) 0xff", -1),
    ("(unsigned char) 0x1ff", 0xff),
    ("0x7FFFFFFFUL", 0x7fff_ffff),
    ("010", 8),
    ("'A'", 65),
    ("0xFFFFFFFFFFFFFFFF", 0xffff_ffff_ffff_ffff),
];

#[test]
fn expressions_have_the_values_of_c() {
    for (expression, expected) in VALUES {
        for text in [format!("const long N = {expression};"), format!("#define N {expression}")] {
            let compilation = compile_text(&text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
            let constant = &compilation.model.constants()[0];
            assert_eq!(constant.value, ConstantValue::Integer(expected), "{text}");
        }
    }
}

/// A handle stays a handle; a typedef of it is another name for it.
#[test]
fn context_handles() {
    let text = "typedef [context_handle] void *H; typedef H *PH; typedef [context_handle] H SERIALIZED;";
    let compilation = compile_text(text).unwrap();
    let kind = |name: &str| compilation.model.find(name).unwrap().1.kind.clone();
    assert_eq!(kind("H"), DefinitionKind::ContextHandle);
    assert_eq!(kind("SERIALIZED"), DefinitionKind::ContextHandle);
    let DefinitionKind::Alias { ty: Type::Pointer(inner), .. } = kind("PH") else { panic!("no pointer") };
    assert_eq!(*inner, Type::Named(compilation.model.find("H").unwrap().0));
}

/// An included file is part of the one that includes it: its names are, its macros are, and it counts twice when it is
/// included twice without a guard.
#[test]
fn included_files_are_part_of_the_text() {
    let header = "#ifndef H\n#define H\n#define N 3\ntypedef enum { A = 4, B } E;\n#endif\n";
    let mut files = BTreeMap::from([("h.h".to_owned(), header.to_owned())]);
    let text = "#include \"h.h\"\n#include <h.h>\ntypedef long T[N + B];";
    let compilation = midl_codegen::compile("test.idl", text, &mut files).unwrap();
    let described =
        |name: &str| compilation.model.describe_definition(compilation.model.find(name).unwrap().1);
    assert_eq!(described("E"), "enum E { A = 4, B = 5, }");
    assert_eq!(described("T"), "typedef long T[8];");
    assert_eq!(compilation.sources.iter().count(), 2);
    files.insert("h.h".to_owned(), "typedef long T;".to_owned());
    let problems = midl_codegen::compile("test.idl", text, &mut files).unwrap_err();
    assert!(problems.iter().any(|problem| problem.code == "E0302"), "{problems}");
}

/// An interface's opnums start where those of its base end.
#[test]
fn opnums_follow_the_base() {
    let text = "interface A { void a(void); void b(void); }
        [object] interface B : A { void c(void); } [object] interface C : IUnknown { void d(void); }";
    let compilation = compile_text(text).unwrap();
    let opnums: Vec<u16> =
        compilation.model.interfaces().iter().flat_map(|i| &i.operations).map(|o| o.opnum).collect();
    assert_eq!(opnums, [0, 1, 2, 3]);
}

/// Comments before a declaration go with it, without their margin.
#[test]
fn documentation_is_kept() {
    let text = "/** The type.\n *\n *  - indented\n */\ntypedef struct _S {\n/** One. */ long a;\n/* no */ long b; } S;
        /** What. */ [uuid(12345678-1234-abcd-ef00-0123456789ab)]\n#define N 1\ninterface i {
        /**\n * Calls.\n */\n[idempotent] void f(void); }
        /** Some. */ typedef enum { /** A one. */ A } E;";
    let compilation = compile_text(text).unwrap();
    let model = &compilation.model;
    let definition = model.find("S").unwrap().1;
    assert_eq!(definition.doc.0, "The type.\n\n - indented");
    let DefinitionKind::Struct(structure) = &definition.kind else { panic!("no struct") };
    let docs: Vec<&str> = structure.fields.iter().map(|field| field.doc.0.as_str()).collect();
    assert_eq!(docs, ["One.", ""]);
    assert_eq!(model.interfaces()[0].doc.0, "What.");
    assert_eq!(model.interfaces()[0].operations[0].doc.0, "Calls.");
    let DefinitionKind::Enum(enumeration) = &model.find("E").unwrap().1.kind else { panic!("no enum") };
    assert_eq!(enumeration.values[0].doc.0, "A one.");
    assert_eq!(model.constants()[0].name, "N");
}

/// The signature that documentation shows.
#[test]
fn signatures_are_idl() {
    let text = "interface i { long f([in, string] wchar_t *s, [in] long n, [out, size_is(n)] byte *b); }";
    let compilation = compile_text(text).unwrap();
    let signature = compilation.model.signature(&compilation.model.interfaces()[0].operations[0]);
    let expected =
        "long f(\n    [in, string] wchar_t *s,\n    [in] long n,\n    [out, size_is(n)] byte *b\n);";
    assert_eq!(signature, expected);
    let again = compile_text(&format!("interface i {{ {signature} }}")).unwrap();
    assert_eq!(again.model, compilation.model);
}
