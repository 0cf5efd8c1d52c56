//! Mutation of stubs by way of their values.

use cmrp::ndr::arbitrary::{Landmark, Unstructured, Vary as _};
use cmrp::ndr::{EncodeStub as _, Format, Writer};
use cmrp_traffic::breakage::{Breakage, break_stub};

use super::Mutated;
use crate::input::{Input, Strictness};
use crate::random::Random;
use crate::stubs::{InterfaceName, Stubs, Visit};

/// Octets from which a mutation makes its choices, and what it puts into values.
const CHOICES: usize = 512;

/// Changes of a value by one mutation, at most.
const MOST_CHANGES: usize = 4;

/// Things that one mutation breaks, at most.
const MOST_BREAKAGES: usize = 3;

/// Another stub in place of that of an input, which `join` puts together. `None` if the stub has no meaning.
pub(super) fn mutated(
    interface: InterfaceName,
    mut input: Input<'_>,
    random: &mut Random,
    join: impl FnOnce(Input<'_>) -> Vec<u8>,
) -> Option<Mutated> {
    let pool: Vec<u8> = (0..CHOICES / 8).flat_map(|_| random.bits().to_le_bytes()).collect();
    let plan = Plan::choose(random);
    if plan == Plan::AnotherOperation {
        input.opnum = u16::try_from(random.below(interface.operations().len())).unwrap_or(0);
    }
    if random.below(8) == 0 {
        input.strictness = *random.choose(&Strictness::ALL)?;
    }
    let stub = interface.visit(input.direction, Mutation { input, plan, pool: &pool, random })?;
    let (format, stub, breakages) = stub;
    Some(Mutated { octets: join(Input { format, stub: &stub, ..input }), breakages })
}

/// What becomes of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// A few things in it change.
    Vary,
    /// It stays, so that all there is are breakages.
    Keep,
    /// It stays, in another format.
    Reformat,
    /// It is made anew.
    Anew,
    /// A value of another operation is made.
    AnotherOperation,
}

impl Plan {
    fn choose(random: &mut Random) -> Self {
        match random.below(16) {
            0 | 1 => Self::Keep,
            2 => Self::Reformat,
            3 => Self::Anew,
            4 => Self::AnotherOperation,
            _ => Self::Vary,
        }
    }
}

struct Mutation<'a> {
    input: Input<'a>,
    plan: Plan,
    pool: &'a [u8],
    random: &'a mut Random,
}

impl Visit for Mutation<'_> {
    type Output = Option<(Format, Vec<u8>, Vec<Breakage>)>;

    fn visit<S: Stubs>(self) -> Self::Output {
        let Self { input, plan, pool, random } = self;
        let mut choices = Unstructured::new(pool);
        let format = if plan == Plan::Reformat { *random.choose(&Format::ALL)? } else { input.format };
        let mut value = match plan {
            Plan::Anew | Plan::AnotherOperation => {
                S::arbitrary_of(input.opnum, &mut choices).ok().flatten()?
            }
            _ => read::<S>(input)?,
        };
        let changes = if plan == Plan::Vary { random.below(MOST_CHANGES).saturating_add(1) } else { 0 };
        for _ in 0..changes {
            value.vary(&mut choices).ok()?;
        }
        let mut writer = Writer::marking(format);
        value.write(&mut writer).ok()?;
        let (mut stub, landmarks) = writer.into_marked();
        let breakages = match random.below(2) {
            0 if plan != Plan::Keep => Vec::new(),
            _ => broken(&mut stub, landmarks, format, &mut choices, random),
        };
        Some((format, stub, breakages))
    }
}

/// The value of a stub, which may break rules.
fn read<S: Stubs>(input: Input<'_>) -> Option<S::Stub<'_>> {
    let Input { format, opnum, stub, .. } = input;
    let limits = Strictness::Level5.limits();
    match S::decode(opnum, stub, format, &limits) {
        Ok(value) => Some(value),
        Err(_) => S::decode_lenient(opnum, stub, format, &limits).ok().map(|(value, _)| value),
    }
}

fn broken(
    stub: &mut Vec<u8>,
    mut landmarks: Vec<Landmark>,
    format: Format,
    choices: &mut Unstructured<'_>,
    random: &mut Random,
) -> Vec<Breakage> {
    let mut breakages = Vec::new();
    for _ in 0..=random.below(MOST_BREAKAGES) {
        let Ok(breakage) = break_stub(stub, &landmarks, format, choices) else { break };
        landmarks.retain_mut(|landmark| match breakage.moved(landmark.offset, landmark.size) {
            Some(offset) => {
                landmark.offset = offset;
                true
            }
            None => false,
        });
        breakages.push(breakage);
    }
    breakages
}
