//! Stubs as `cmrp fuzz generate` makes them, each given to `ndrdump`.

use anyhow::{Context, Result, ensure};
use cmrp::ndr::Format;
use cmrp_traffic::generate::{Call, Generator, Options};
use cmrp_traffic::message::{Direction, Protocol};
use cmrp_traffic::pairing::REQUESTED_SIZES;

use super::deviations::Deviations;
use super::program::{Program, Question};
use super::{Place, direction_name, in_shares};

/// How many complaints are printed.
const MOST_TOLD: usize = 20;

/// What became of some stubs.
#[derive(Default)]
struct Verdicts {
    accepted: usize,
    /// Refused where libndr is known to differ.
    known: usize,
    complaints: Vec<String>,
}

/// Generates so many valid stubs, requests and responses in turn, and expects each to be accepted.
pub(super) fn check(seed: u64, count: usize, deviations: &Deviations) -> Result<()> {
    let mut options = Options::new(Protocol::V3);
    options.formats = vec![Format::NDR20_LE, Format::Ndr64];
    options.seed = seed;
    let calls = Generator::new(options)?.take(count.div_ceil(2)).collect::<Result<Vec<_>, _>>()?;
    let shares = in_shares(&calls, |program, calls| judge(program, calls, deviations))?;
    let mut all = Verdicts::default();
    for share in shares {
        all.accepted = all.accepted.saturating_add(share.accepted);
        all.known = all.known.saturating_add(share.known);
        all.complaints.extend(share.complaints);
    }
    let Verdicts { accepted, known, complaints } = all;
    println!("ndrdump: {accepted} generated stubs accepted, {known} refused where libndr is known to differ");
    let told = complaints.iter().take(MOST_TOLD).cloned().collect::<Vec<_>>().join("\n");
    ensure!(complaints.is_empty(), "{} generated stubs are refused:\n{told}", complaints.len());
    Ok(())
}

fn judge(program: &Program, calls: &[Call], deviations: &Deviations) -> Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    for call in calls {
        for direction in Direction::ALL {
            let verdict = program.read(&question(call, direction)).context("asking ndrdump")?;
            let place: Place = (call.operation().to_owned(), direction_name(direction));
            match verdict {
                Ok(_) => verdicts.accepted = verdicts.accepted.saturating_add(1),
                Err(_) if deviations.contains(&place) => verdicts.known = verdicts.known.saturating_add(1),
                Err(complaint) => verdicts.complaints.push(told(call, direction, &complaint)),
            }
        }
    }
    Ok(verdicts)
}

fn question(call: &Call, direction: Direction) -> Question<'_> {
    let request = call.request.octets.as_slice();
    let states_sizes = REQUESTED_SIZES.iter().any(|(_, size)| call.request.value.get(size).is_some());
    Question {
        opnum: call.opnum,
        direction,
        format: call.format,
        stub: &call.stub(direction).octets,
        request: Some(request).filter(|_| states_sizes && direction == Direction::Response),
    }
}

fn told(call: &Call, way: Direction, complaint: &str) -> String {
    let Call { number, format, .. } = call;
    let (operation, direction) = (call.operation(), direction_name(way));
    format!("{number} {operation} {direction} {format}: {complaint}\n  value: {}", call.stub(way).value)
}
