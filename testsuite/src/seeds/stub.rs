//! Seeds of the targets that read stubs.

use std::collections::BTreeMap;

use cmrp::ndr::arbitrary::{Landmark, LandmarkKind, Unstructured};
use cmrp::ndr::{EncodeStub, Endian, Format, Writer};
use serde_json::Value;

use super::capture;
use super::outcome::{self, Kept};
use crate::hex;
use crate::input::{DIRECTIONS, Input, Strictness, join_named};
use crate::message::Direction;
use crate::random::Random;
use crate::stubs::{InterfaceName, Stubs, Visit};
use crate::vector;

/// Malformed and borderline stubs that an independent writer made.
const NEGATIVE: &str = include_str!("../../vectors/negative.jsonl");

/// Values that are made of an operation in a direction and a format, before those with new shapes are chosen.
const TRIES: usize = 12;

/// Octets of which a value is made.
const CHOICES: usize = 400;

/// The longest stub whose words are broken one by one.
const MOST_BROKEN: usize = 600;

/// A stub whose interface and direction are known.
#[derive(Clone)]
pub(super) struct Good {
    pub(super) format: Format,
    pub(super) opnum: u16,
    pub(super) stub: Vec<u8>,
}

/// Seeds of the target of an interface, in both directions.
pub(super) fn of(interface: InterfaceName) -> Vec<Vec<u8>> {
    DIRECTIONS.iter().flat_map(|direction| inputs(interface, *direction)).map(|(_, seed)| seed).collect()
}

/// Of every interface what is refused, and one good stub of each operation: there strict and lenient decoders part.
pub(super) fn lenient() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for interface in InterfaceName::ALL {
        for direction in DIRECTIONS {
            let inputs = inputs(interface, direction);
            let mut kept = Kept::default();
            for (is_good, seed) in inputs {
                let Some(input) = Input::cut(&seed) else { continue };
                let opnum = format!("{} {is_good} {}", input.opnum, input.format);
                if input.strictness == Strictness::Lenient && (!is_good || kept.is_new(opnum)) {
                    seeds.push(join_named(interface, input));
                }
            }
        }
    }
    seeds
}

/// Values of every operation in one direction, one for each shape.
pub(super) fn shapes(interface: InterfaceName, direction: Direction) -> Vec<(u16, Value)> {
    interface.visit(direction, Shapes(inputs(interface, direction)))
}

struct Shapes(Vec<(bool, Vec<u8>)>);

impl Visit for Shapes {
    type Output = Vec<(u16, Value)>;

    fn visit<S: Stubs>(self) -> Self::Output {
        let (mut kept, mut found) = (Kept::default(), Vec::new());
        for input in self.0.iter().filter_map(|(_, seed)| Input::cut(seed)) {
            let Input { format, opnum, stub, .. } = input;
            let decoded = S::decode(opnum, stub, format, &Strictness::Level5.limits());
            let Ok(Ok(value)) = decoded.map(serde_json::to_value) else { continue };
            let mut shape = format!("{opnum} ");
            outcome::shape(&value, &mut shape);
            if kept.is_new(shape) {
                found.push((opnum, value));
            }
        }
        found
    }
}

/// Choices of which values of every operation are made.
pub(super) fn values() -> Vec<Vec<u8>> {
    let mut random = Random::new(3);
    let mut seeds = Vec::new();
    for interface in InterfaceName::ALL {
        for (opnum, direction) in slots(interface).flat_map(|opnum| DIRECTIONS.map(|it| (opnum, it))) {
            for strictness in Strictness::ALL {
                let length = random.below(CHOICES);
                let stub: Vec<u8> = (0..length).map(|_| random.octet()).collect();
                let format = *random.choose(&Format::ALL).unwrap_or(&Format::Ndr64);
                let input = Input { format, direction, strictness, opnum, stub: &stub };
                seeds.push(join_named(interface, input));
            }
        }
    }
    seeds
}

fn slots(interface: InterfaceName) -> impl Iterator<Item = u16> {
    0..u16::try_from(interface.operations().len()).unwrap_or(u16::MAX)
}

/// Whether each is good, and its octets.
fn inputs(interface: InterfaceName, direction: Direction) -> Vec<(bool, Vec<u8>)> {
    interface.visit(direction, Inputs { interface, direction })
}

struct Inputs {
    interface: InterfaceName,
    direction: Direction,
}

impl Visit for Inputs {
    type Output = Vec<(bool, Vec<u8>)>;

    fn visit<S: Stubs>(self) -> Self::Output {
        let mut kept = Kept::default();
        let mut good = self.vectors();
        good.extend(self.captured());
        good.extend(slots(self.interface).flat_map(made::<S>));
        good.retain(|good| {
            let outcome = outcome::of::<S>(self.input(good));
            outcome.is_some_and(|outcome| kept.is_new(outcome))
        });
        let mut seeds = self.all_strictnesses(&good);
        let mut broken = self.negative();
        // The order of octets makes no difference to which rule is broken.
        let bases =
            good.iter().filter(|good| good.stub.len() <= MOST_BROKEN && good.format != Format::NDR20_BE);
        broken.extend(bases.flat_map(breakages));
        broken.push(Good { format: Format::NDR20_LE, opnum: u16::MAX, stub: Vec::new() });
        for broken in broken {
            let breach = outcome::breach::<S>(self.input(&broken));
            if breach.is_some_and(|breach| kept.is_new(breach)) {
                let strictnesses = [Strictness::Lenient, Strictness::Level6];
                seeds.extend(strictnesses.map(|strictness| (false, self.join(&broken, strictness))));
            }
        }
        seeds
    }
}

impl Inputs {
    fn input<'a>(&self, good: &'a Good) -> Input<'a> {
        let Good { format, opnum, ref stub } = *good;
        Input { format, direction: self.direction, strictness: Strictness::Level5, opnum, stub }
    }

    fn join(&self, good: &Good, strictness: Strictness) -> Vec<u8> {
        Input { strictness, ..self.input(good) }.join()
    }

    /// Stubs of one operation and format are checked in turn as each strictness has it, so that few are enough.
    fn all_strictnesses(&self, good: &[Good]) -> Vec<(bool, Vec<u8>)> {
        let mut turns = BTreeMap::<_, usize>::new();
        let mut seeds = Vec::new();
        for good in good {
            let turn = turns.entry((good.opnum, good.format.name())).or_default();
            let strictness = Strictness::ALL.get(turn.checked_rem(3).unwrap_or(0)).copied();
            *turn = turn.saturating_add(1);
            seeds.push((true, self.join(good, strictness.unwrap_or(Strictness::Level5))));
        }
        seeds
    }

    fn vectors(&self) -> Vec<Good> {
        let own = vector::all().into_iter().filter(|vector| {
            InterfaceName::from(vector.protocol) == self.interface && vector.direction == self.direction
        });
        own.map(|vector| Good { format: vector.format, opnum: vector.opnum, stub: vector.stub }).collect()
    }

    fn captured(&self) -> impl Iterator<Item = Good> {
        let (interface, direction) = (self.interface, self.direction);
        let own = capture::stubs()
            .into_iter()
            .filter(move |seen| seen.interface == interface && seen.direction == direction);
        own.map(|seen| Good { format: seen.format, opnum: seen.opnum, stub: seen.stub })
    }

    /// Those of the negative vectors that are of this interface and direction.
    fn negative(&self) -> Vec<Good> {
        let direction = if self.direction == Direction::Request { "request" } else { "response" };
        let cases = NEGATIVE.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let own = cases.filter(|case| {
            case.get("interface").and_then(Value::as_str) == Some(self.interface.name())
                && case.get("direction").and_then(Value::as_str) == Some(direction)
        });
        own.filter_map(|case| negative(&case)).collect()
    }
}

fn negative(case: &Value) -> Option<Good> {
    let opnum = u16::try_from(case.get("opnum")?.as_u64()?).ok()?;
    let format = case.get("format")?.as_str()?.parse().ok()?;
    Some(Good { format, opnum, stub: hex::decode(case.get("hex")?.as_str()?)? })
}

/// Values of one operation, in each format.
fn made<S: Stubs>(opnum: u16) -> Vec<Good> {
    let mut random = Random::new(u64::from(opnum));
    let mut found = Vec::new();
    for format in (0..TRIES).flat_map(|_| Format::ALL) {
        let octets: Vec<u8> = (0..CHOICES).map(|_| random.octet()).collect();
        let value = S::arbitrary_of(opnum, &mut Unstructured::new(&octets));
        let Ok(Some(value)) = value else { continue };
        let mut writer = Writer::marking(format);
        if value.write(&mut writer).is_err() {
            continue;
        }
        let (stub, landmarks) = writer.into_marked();
        let filled = filled(&stub, &landmarks);
        found.push(Good { format, opnum, stub });
        found.extend(filled.map(|stub| Good { format, opnum, stub }));
    }
    found
}

/// The same stub with something in its gaps, which nobody may look at (MS-RPCE 3.1.1.5.3.2); `None` if it has none.
fn filled(stub: &[u8], landmarks: &[Landmark]) -> Option<Vec<u8>> {
    let mut filled = stub.to_vec();
    for gap in landmarks.iter().filter(|landmark| landmark.kind == LandmarkKind::Gap) {
        filled.iter_mut().skip(gap.offset).take(gap.size).for_each(|octet| *octet = 0xAA);
    }
    (filled != stub).then_some(filled)
}

/// Every word of a stub in turn becomes 0, 1, one more, one less, the largest count, a count too large, the largest
/// number: of all that, what breaks a new rule at a new place is kept.
fn breakages(good: &Good) -> impl Iterator<Item = Good> + '_ {
    let Good { format, opnum, ref stub } = *good;
    let places = (0..stub.len().saturating_sub(1)).step_by(2);
    let broken = places.flat_map(move |at| words(stub, at, format).map(move |word| with(stub, at, word)));
    let more = [stub.as_slice(), &[0; 4]].concat();
    broken.chain([more]).map(move |stub| Good { format, opnum, stub })
}

fn words(stub: &[u8], at: usize, format: Format) -> [[u8; 4]; 7] {
    let mut word = [0; 4];
    word.iter_mut().zip(stub.iter().skip(at)).for_each(|(place, octet)| *place = *octet);
    let is_big = format.endian() == Endian::Big;
    let number = if is_big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
    let numbers =
        [0, 1, number.wrapping_add(1), number.wrapping_sub(1), 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
    numbers.map(|number| if is_big { number.to_be_bytes() } else { number.to_le_bytes() })
}

fn with(stub: &[u8], at: usize, word: [u8; 4]) -> Vec<u8> {
    let mut stub = stub.to_vec();
    stub.iter_mut().skip(at).zip(word).for_each(|(place, octet)| *place = octet);
    stub
}
