//! Words of the languages that people write: JSON, IDL, definitions, changes, expressions.

use std::collections::BTreeSet;

use cmrp_cluster::definition::DEFAULT;

use super::DictionaryEntry as Entry;

/// Every kind of change, with an example that a test of the cluster runs.
const CHANGES: &str = include_str!("../../../docs/changes.md");

/// Keywords and attributes (C706 3.1, MS-RPCE 2.2.4).
const IDL: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ";",
    ",",
    "*",
    "...",
    "..",
    "<<",
    ">>",
    "==",
    "!=",
    "&&",
    "||",
    "? 1 : 0",
    "/*",
    "*/",
    "//",
    "/** d */",
    "\\\n",
    "'a'",
    "L'a'",
    "\"s\"",
    "L\"s\"",
    "0x7FFFFFFF",
    "4294967295",
    "-1",
    "interface",
    "interface i : b",
    "import \"a.idl\";",
    "importlib(\"a\")",
    "include",
    "#define A 1\n",
    "#define A (A+1)\n",
    "#include \"a.idl\"\n",
    "#if 1\n",
    "#ifdef A\n",
    "#else\n",
    "#endif\n",
    "#pragma pack(1)\n",
    "#undef A\n",
    "cpp_quote(\"\")",
    "const",
    "typedef",
    "struct",
    "union",
    "enum",
    "switch",
    "case",
    "default",
    "case 1:",
    "default:",
    "void",
    "void *",
    "boolean",
    "byte",
    "char",
    "small",
    "short",
    "long",
    "hyper",
    "int",
    "signed",
    "unsigned",
    "float",
    "double",
    "wchar_t",
    "handle_t",
    "error_status_t",
    "__int8",
    "__int16",
    "__int32",
    "__int64",
    "__int3264",
    "pipe",
    "SAFEARRAY(long)",
    "sizeof(long)",
    "uuid(00112233-4455-6677-8899-aabbccddeeff)",
    "version(1.0)",
    "pointer_default(unique)",
    "object",
    "local",
    "endpoint(\"ncacn_ip_tcp:[135]\")",
    "in",
    "out",
    "[in]",
    "[out]",
    "[in, out]",
    "ref",
    "unique",
    "ptr",
    "string",
    "context_handle",
    "size_is(n)",
    "size_is(,*n)",
    "max_is(n)",
    "length_is(n)",
    "last_is(n)",
    "first_is(n)",
    "range(0, 9)",
    "switch_is(n)",
    "switch_type(long)",
    "v1_enum",
    "ms_union",
    "callback",
    "maybe",
    "idempotent",
    "broadcast",
    "disable_consistency_check",
    "strict_context_handle",
    "type_strict_context_handle",
    "[]",
    "[*]",
    "[1]",
    "[2][3]",
    "[0]",
];

/// The grammar of dependency expressions.
pub(super) fn expressions() -> Vec<Entry> {
    let texts =
        ["[", "]", "(", ")", "{", "}", " and ", " or ", "AND", "OR", "([a] or [b])", "[a]", "][", "[]", " "];
    texts.map(|text| Entry::new("word", text)).into()
}

/// Keywords, attributes and punctuation of IDL.
pub(super) fn idl() -> Vec<Entry> {
    IDL.iter().map(|word| Entry::new("word", *word)).collect()
}

/// The forms that values have in JSON whatever their names.
pub(super) fn json() -> Vec<Entry> {
    let texts = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "null",
        "true",
        "-1",
        "0",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "1e300",
        "{\"max\":1,\"data\":[null]}",
        "{\"max\":2,\"data\":\"00ff\"}",
        "{\"utf16\":[55296]}",
        "\"max\":",
        "\"data\":",
        "\"utf16\":",
        "\"attributes\":",
        "\"uuid\":",
        "\"return\":",
        "\"arm\":",
        "\"tag\":",
        "\\u0000",
        "\\ud800",
        "\"00112233-4455-6677-8899-aabbccddeeff\"",
    ];
    texts.map(|text| Entry::new("word", text)).into()
}

/// The words of all examples of changes.
pub(super) fn changes() -> Vec<Entry> {
    let examples = CHANGES.lines().filter(|line| line.starts_with('{'));
    let words: BTreeSet<&str> = examples.flat_map(quoted).collect();
    let durations =
        ["\"250ms\"", "\"1.5s\"", "\"0.25h\"", "\"1000h\"", "true", "false", "null", "# ", "\\u0000"];
    let words = words.into_iter().map(|word| Entry::new(word, format!("\"{word}\"")));
    words.chain(durations.map(|text| Entry::new("word", text))).collect()
}

/// What stands between quotation marks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2).filter(|word| !word.contains('\\'))
}

/// The headings and keys of the default definition, those that it does without, and values of each kind.
pub(super) fn definitions() -> Vec<Entry> {
    let lines = DEFAULT.lines().filter(|line| !line.starts_with('#'));
    let keys = lines.clone().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
    let headings = lines.filter(|line| line.starts_with('['));
    let used: BTreeSet<&str> = keys.chain(headings).collect();
    let others = [
        "id",
        "private_properties",
        "service_pack",
        "state",
        "role",
        "mask",
        "restart",
        "depends_on",
        "possible_owners",
        "preferred_owners",
        "owner",
        "groups",
        "values",
        "key",
        "kind",
        "path",
        "weight",
        "[timings]",
        "[security]",
        "[quorum]",
        "[[registry]]",
        "[[group_sets]]",
        "[[types]]",
        "{ qword = 5 }",
        "{ long = -1 }",
        "{ expand = \"%a%\" }",
        "{ binary = \"01 ff\" }",
        "[\"one\", \"two\"]",
        "\"250ms\"",
        "\"up\"",
        "\"down\"",
        "\"paused\"",
        "\"none\"",
        "\"internal\"",
        "\"all\"",
        "true",
        "-1",
        "4294967296",
        "\"\"\"",
        "'''",
        "\\u0000",
        "{\"cluster\":{\"name\":\"a\"}",
    ];
    let word = |text: &str| Entry::new(text, text);
    used.into_iter().map(word).chain(others.map(word)).collect()
}
