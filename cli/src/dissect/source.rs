//! Reads blocks from a file or a pipe: a buffer that grows with the largest block, and what keeps the next one back.
//!
//! Blocks are parsed by `pcap-parser`, which drops the errors of the source and does not tell how large its buffer
//! is; both are kept here.

use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{PcapBlockOwned, PcapError};

/// Octets read at once. A block that does not fit makes the buffer grow.
const BUFFER: usize = 256 * 1024;

/// Largest buffer, in octets; blocks are smaller. No capture tool writes frames beyond 256 KiB; a larger length is a
/// damaged one, and believing it would reserve memory for nothing.
const MAX_BUFFER: usize = 16 * 1024 * 1024;

/// What keeps the next block from being read.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The first octets are those of no capture.
    NotACapture,
    /// There is none: the capture ends here.
    End,
    /// The rest of the block has still to be read.
    MoreNeeded,
    /// The block needs a larger buffer.
    Larger,
    /// The block is larger than any tool writes.
    TooLarge,
    /// The source ends inside the block.
    Truncated,
    /// The source could not be read.
    Unreadable(io::Error),
    /// The block contradicts itself.
    Damaged,
}

/// The blocks of a capture.
pub(super) struct Blocks<'a> {
    reader: Box<dyn PcapReaderIterator + Send + 'a>,
    /// Octets that the buffer has room for.
    room: usize,
    failure: Failure,
}

impl<'a> Blocks<'a> {
    /// Begins to read; the kind of capture is told by its first octets.
    pub(super) fn open(source: impl Read + Send + 'a) -> Result<Self, Trouble> {
        let failure = Failure::default();
        let source = Recalling { source, failure: failure.clone() };
        match pcap_parser::create_reader(BUFFER, source) {
            Ok(reader) => Ok(Self { reader, room: BUFFER, failure }),
            Err(PcapError::ReadError) => Err(Trouble::Unreadable(failure.take())),
            Err(_) => Err(Trouble::NotACapture),
        }
    }

    /// The next block and its length in the file, which must be [consumed](Self::consume); the same one until then.
    pub(super) fn next(&mut self) -> Result<(usize, PcapBlockOwned<'_>), Trouble> {
        let failure = &self.failure;
        self.reader.next().map_err(|error| match error {
            PcapError::Eof => Trouble::End,
            PcapError::Incomplete(_) => Trouble::MoreNeeded,
            PcapError::BufferTooSmall => Trouble::Larger,
            PcapError::UnexpectedEof => Trouble::Truncated,
            PcapError::ReadError => Trouble::Unreadable(failure.take()),
            _ => Trouble::Damaged,
        })
    }

    /// Goes on behind the block of this length.
    pub(super) fn consume(&mut self, length: usize) {
        self.reader.consume(length);
    }

    /// Overcomes what kept the next block back, or gives it back where that can't be.
    pub(super) fn overcome(&mut self, trouble: Trouble) -> Result<(), Trouble> {
        match trouble {
            Trouble::MoreNeeded => {}
            Trouble::Larger => self.grow()?,
            trouble => return Err(trouble),
        }
        match self.reader.refill() {
            Ok(()) => Ok(()),
            Err(_) => Err(Trouble::Unreadable(self.failure.take())),
        }
    }

    /// Doubles the buffer. How much of it is filled does not matter: a pipe gives little at a time.
    fn grow(&mut self) -> Result<(), Trouble> {
        let room = self.room.saturating_mul(2);
        if room > MAX_BUFFER || !self.reader.grow(room) {
            return Err(Trouble::TooLarge);
        }
        self.room = room;
        Ok(())
    }
}

/// Why the source could not be read.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    fn set(&self, error: io::Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn take(&self) -> io::Error {
        let error = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        error.unwrap_or_else(|| ErrorKind::Other.into())
    }
}

/// A source that remembers its last error.
struct Recalling<R> {
    source: R,
    failure: Failure,
}

impl<R: Read> Read for Recalling<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.source.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let kind = error.kind();
                    self.failure.set(error);
                    return Err(kind.into());
                }
                read => return read,
            }
        }
    }
}
