//! What must hold of any octets that are read as DCE/RPC PDUs.

use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::error::PduError;
use dcerpc_proto::event::Event;
use dcerpc_proto::stream::PduReader;

use super::panic_with;

/// Most lengths of chunks that the octets of [`pdu_stream`] begin with.
const MOST_LENGTHS: u8 = 16;

/// Decodes arbitrary octets as one PDU: what was decoded encodes, and decodes to the same value again.
///
/// # Panics
/// A law does not hold, which is a defect of the PDU codec.
pub fn pdu(octets: &[u8]) {
    let Ok(pdu) = Pdu::decode(octets) else { return };
    let encoded = pdu.encode();
    let encoded = encoded.as_deref().unwrap_or_else(|error| panic_with("decoded PDU does not encode", error));
    assert_eq!(Pdu::decode(encoded).as_ref(), Ok(&pdu), "encoding changes the PDU");
}

/// Reads arbitrary octets as one direction of a connection, cut into chunks, and has an association watch what comes
/// out. The first octet says how many octets behind it are lengths of chunks, which are taken in turn; the rest is the
/// stream.
///
/// Nothing may be lost: every octet is part of a PDU, skipped, or still held. And up to the first error the PDUs are
/// those of the uncut stream. Behind it they need not be: where the next PDU starts is guessed from the octets at hand.
///
/// # Panics
/// A law does not hold, which is a defect of the reader.
pub fn pdu_stream(octets: &[u8]) {
    let Some((lengths, stream)) = cut_stream(octets) else { return };
    let mut whole = Watch::default();
    whole.read(&mut { stream });
    let mut cut = Watch::default();
    for mut chunk in chunks(stream, lengths) {
        cut.read(&mut chunk);
        assert!(u16::try_from(cut.reader.pending()).is_ok(), "the reader holds {}", cut.reader.pending());
    }
    whole.account(stream);
    cut.account(stream);
    assert_eq!(cut.good, whole.good, "the PDUs differ from those of the uncut stream");
    assert_eq!(cut.first, whole.first, "the first error differs from that of the uncut stream");
}

/// The lengths of chunks and the stream that [`pdu_stream`] takes; `None` if there are too few octets.
pub fn cut_stream(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(count % MOST_LENGTHS))
}

/// The octets that [`pdu_stream`] takes for a stream in chunks of these lengths, of which at most 15 are heard.
pub fn join_stream(lengths: &[u8], stream: &[u8]) -> Vec<u8> {
    let lengths: Vec<u8> = lengths.iter().copied().take(usize::from(MOST_LENGTHS.wrapping_sub(1))).collect();
    let count = u8::try_from(lengths.len()).unwrap_or(0);
    [&[count], lengths.as_slice(), stream].concat()
}

fn chunks<'a>(mut stream: &'a [u8], lengths: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut lengths = lengths.iter().cycle();
    std::iter::from_fn(move || {
        let length = lengths.next().map_or(stream.len(), |length| usize::from(*length).max(1));
        let (chunk, rest) = stream.split_at(length.min(stream.len()));
        stream = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// A reader of a stream, and what watches it.
#[derive(Default)]
struct Watch {
    reader: PduReader,
    association: Association<()>,
    /// Where PDUs stand up to the first error, and how long they are.
    good: Vec<(u64, usize)>,
    /// The first error, and where it is.
    first: Option<(u64, PduError)>,
    /// Octets of PDUs.
    framed: u64,
    /// Octets that were skipped.
    skipped: u64,
}

impl Watch {
    fn read(&mut self, chunk: &mut &[u8]) {
        loop {
            match self.reader.next(chunk) {
                Ok(None) => break,
                Ok(Some(framed)) => {
                    self.framed = self.framed.saturating_add(framed.octets.len() as u64);
                    if self.first.is_none() {
                        self.good.push((framed.offset, framed.octets.len()));
                    }
                    // A PDU may be malformed; the association must bear every one that is not.
                    if let Ok(pdu) = Pdu::decode(framed.octets) {
                        self.association.observe(pdu, ()).iter().for_each(read_parameters);
                    }
                }
                Err(error) => {
                    self.first.get_or_insert((self.reader.offset(), error));
                    self.skipped = self.skipped.saturating_add(self.reader.resynchronize(chunk));
                }
            }
        }
    }

    /// Every octet went somewhere.
    fn account(&mut self, stream: &[u8]) {
        let pending = self.reader.pending() as u64;
        assert_eq!(self.reader.offset().saturating_add(pending), stream.len() as u64, "octets are lost");
        let went = self.framed.saturating_add(self.skipped).saturating_add(pending);
        assert_eq!(went, stream.len() as u64, "octets are told twice, or not at all");
        drop(self.association.finish());
    }
}

/// Takes the verification trailer off a request: what is left is its beginning.
fn read_parameters(event: &Event<'_, ()>) {
    if let Event::Request(request) = event {
        let (parameters, _) = request.parameters();
        assert!(request.payload.stub.starts_with(parameters), "parameters are not the beginning of the stub");
    }
}
