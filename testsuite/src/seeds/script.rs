//! Seeds of the targets that read octets as a script of what happens.

use std::collections::BTreeMap;
use std::path::Path;

use midl_codegen::model::{BaseType, DefinitionKind, Model, Operation, Param, PointerKind, Type};
use midl_codegen::{SearchPath, compile};

use crate::random::Random;

/// Scripts that are put together by chance.
const SCRIPTS: usize = 60;

/// Calls that open something, by opnum, what they need, and the kind of handle that they return. In this order each
/// finds the handle that it needs.
const OPENING: [(u8, Option<&str>, &str); 7] = [
    (0, None, "HCLUSTER_RPC"),
    (8, Some("File Server"), "HRES_RPC"),
    (42, Some("File Server"), "HGROUP_RPC"),
    (66, Some("node1"), "HNODE_RPC"),
    (81, Some("Cluster Network 1"), "HNETWORK_RPC"),
    (92, Some("node1 - Ethernet"), "HNETINTERFACE_RPC"),
    (56, None, "HNOTIFY_RPC"),
];

/// Operations of a script, each with what its first octet asks for.
type Pieces = &'static [&'static [u8]];

/// Octets without a plan: any of them is an operation.
pub(super) fn choices() -> Vec<Vec<u8>> {
    (0..SCRIPTS as u64)
        .map(|seed| {
            let mut random = Random::new(seed);
            let length = random.below(900).saturating_add(20);
            (0..length).map(|_| random.octet()).collect()
        })
        .collect()
}

/// A bind, and then requests, answers, fragments, cancels, further binds, breaches, in any order.
pub(super) fn rpc_server() -> Vec<Vec<u8>> {
    const BIND: &[u8] = &[100, 0, 4, 0];
    const PIECES: Pieces = &[
        // Requests, whole and in three fragments; answers, sending.
        &[100, 4, 0, 0, 0, 1, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
        &[100, 4, 0, 0, 0, 1, 130],
        &[100, 0, 0, 0, 0, 1, 125, 100, 2, 246, 0, 0, 1, 125, 100, 1, 246, 0, 0, 1, 125],
        &[45, 0, 100, 0, 10],
        &[90],
        &[45, 0, 0xA0, 0x0F, 10],
        &[45, 0, 0, 0, 205],
        // Cancels, orphans, giving up, big-endian requests, contexts that are not there, another context.
        &[20, 0, 0, 0],
        &[35, 0, 0, 0],
        &[10, 0],
        &[100, 4, 0, 250, 0, 1, 130],
        &[100, 4, 0, 0, 245, 1, 0, 7, 2, 1, 2],
        &[2, 5, 0xD0, 0x16, 0xD0, 0x16, 1, 2, 1, 0, 0, 1, 0, 3, 1, 0, 4, 0],
        // Fragments out of order, another bind, octets that are no PDU, the end.
        &[100, 0, 0, 0, 0, 1, 125],
        &[100, 2, 246, 0, 0, 1, 125],
        &[100, 1, 246, 0, 0, 1, 125],
        &[100, 4, 246, 0, 0, 1, 4, 1, 2, 3, 4],
        &[9, 0, 4, 0],
        &[0, 6, 5, 0, 0, 3, 16, 0],
        &[8],
    ];
    scripts(&[&[0], &[0x10], &[0x20], &[15]], BIND, PIECES)
}

/// An acknowledgement, and then calls, answers, faults, cancels, in any order.
pub(super) fn rpc_client() -> Vec<Vec<u8>> {
    const ACK: &[u8] = &[2, 4, 0, 0, 3, 0xD0, 0x16, 0xD0, 0x16, 0, 0];
    const PIECES: Pieces = &[
        &[75, 100, 0, 0],
        &[75, 0xA0, 0x0F, 0],
        &[75, 10, 0, 250],
        &[65],
        &[65],
        &[5, 1],
        &[5, 2],
        // Responses: whole, in fragments, twice.
        &[200, 0, 0, 4, 0, 4, 1, 2, 3, 4],
        &[200, 0, 0, 0, 0, 125],
        &[200, 0, 0, 1, 0, 125],
        &[200, 240, 4, 0, 4, 1, 2, 3, 4],
        &[45, 0, 5, 4, 0],
        &[20, 0],
        &[40, 0],
        &[2, 4, 0, 1, 0, 0xD0, 0x16, 0xD0, 0x16, 0, 0],
        &[2, 4, 0, 1, 2],
        &[0, 6, 5, 0, 2, 3, 16, 0],
    ];
    scripts(&[&[1], &[0x11], &[0x21], &[0x41], &[0]], ACK, PIECES)
}

fn scripts(setups: &[&[u8]], opening: &[u8], pieces: Pieces) -> Vec<Vec<u8>> {
    let mut seeds = vec![[&[0], &[100, 130][..]].concat(), [&[0], &[0, 3, 1, 2, 3][..]].concat()];
    for (seed, setup) in (0..SCRIPTS as u64).zip(setups.iter().cycle()) {
        let mut random = Random::new(seed);
        let mut script = [setup, opening].concat();
        for _ in 0..random.below(24) {
            // The first pieces more often: the last ones end a connection.
            let place = random.below(pieces.len()).min(random.below(pieces.len()));
            script.extend(pieces.get(place).copied().unwrap_or_default());
        }
        seeds.push(script);
    }
    for piece in pieces {
        let first = pieces.first().copied().unwrap_or_default();
        seeds.push([setups.first().copied().unwrap_or_default(), opening, first, piece, piece].concat());
    }
    seeds
}

/// A script for every operation of version 3: what it needs is opened first, and its parameters are of their kinds.
pub(super) fn node() -> Vec<Vec<u8>> {
    let model = model();
    let operations = model.interfaces().iter().flat_map(|interface| &interface.operations);
    let operations: Vec<&Operation> =
        operations.filter(|operation| !operation.is_reserved() && operation.opnum <= 255).collect();
    let mut random = Random::new(1);
    let mut seeds = Vec::new();
    for operations in operations.chunks(4) {
        let mut script = opening();
        for _ in 0..2 {
            for operation in operations {
                script.extend(call(&model, operation, &mut random));
            }
            // Something happens, and time passes.
            script.extend([0, random.octet(), 10, 200]);
        }
        seeds.push(script);
    }
    seeds.extend(choices());
    seeds
}

#[expect(clippy::panic, reason = "the file is part of the workspace")]
fn model() -> Model {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idl");
    let text = std::fs::read_to_string(folder.join("clusapi3.idl")).unwrap_or_default();
    let compilation = compile("clusapi3.idl", &text, &mut SearchPath::new([folder]));
    compilation.unwrap_or_else(|problems| panic!("idl/clusapi3.idl does not compile: {problems}")).model
}

/// The steps of [`node::run`](crate::node::run) that open one object of each kind.
fn opening() -> Vec<u8> {
    let mut script = Vec::new();
    for (opnum, name, _) in OPENING {
        let parameters: Vec<u8> = name.map(named).into_iter().collect();
        script.extend(step(opnum, &parameters));
    }
    script
}

/// A call of version 3 in little-endian NDR, by a caller that may do all. Each octet of the parameters stands for one.
fn step(opnum: u8, parameters: &[u8]) -> Vec<u8> {
    let count = u8::try_from(parameters.len().min(5)).unwrap_or(0);
    let taken = parameters.get(..usize::from(count)).unwrap_or_default();
    [&[19, opnum, count], taken, &[9]].concat()
}

/// The octet that chooses a name.
fn named(name: &str) -> u8 {
    let place = crate::node::NAMES.iter().position(|known| *known == name).unwrap_or(0);
    // 112 is the first multiple of 16 from which names are chosen.
    112_u8.saturating_add(u8::try_from(place).unwrap_or(0))
}

fn call(model: &Model, operation: &Operation, random: &mut Random) -> Vec<u8> {
    let handles: BTreeMap<&str, u8> = (0..).zip(OPENING).map(|(place, (_, _, kind))| (kind, place)).collect();
    let sent = operation.params.iter().filter(|parameter| parameter.direction.input);
    let parameters: Vec<u8> =
        sent.filter_map(|parameter| octet(model, parameter, &handles, random)).collect();
    step(u8::try_from(operation.opnum).unwrap_or(0), &parameters)
}

/// The octet that makes a parameter of its kind; `None` for what is not on the wire.
fn octet(model: &Model, parameter: &Param, handles: &BTreeMap<&str, u8>, random: &mut Random) -> Option<u8> {
    let number = 180_u8.saturating_add(u8::try_from(random.below(12)).unwrap_or(0));
    let mut is_string = parameter.attributes.string;
    let mut ty = &parameter.ty;
    loop {
        match ty {
            Type::Base(BaseType::Handle) => return None,
            Type::Base(BaseType::WChar) if is_string => {
                return Some(112_u8.saturating_add(u8::try_from(random.below(16)).unwrap_or(0)));
            }
            // A null pointer.
            Type::Pointer(_) if parameter.attributes.pointer == Some(PointerKind::Unique) => {
                return Some(180);
            }
            Type::Pointer(target) => ty = target,
            Type::Named(id) => {
                let definition = model.definition(*id);
                match &definition.kind {
                    DefinitionKind::ContextHandle => {
                        return Some(handles.get(definition.name.as_str()).copied().unwrap_or(99));
                    }
                    DefinitionKind::Alias { attributes, ty: other } => {
                        is_string |= attributes.string;
                        ty = other;
                    }
                    _ => return Some(number),
                }
            }
            _ => return Some(number),
        }
    }
}
