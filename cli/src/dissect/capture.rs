//! Reads the frames of a capture file, pcap or pcapng, one after another.
//!
//! Blocks and their lengths are parsed by `pcap-parser`; this file adds what a frame means: its number as other
//! tools count it, the link type of its interface, and its time in one unit whatever the interface's resolution.

use std::io::Read;
use std::ops::ControlFlow;

use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, LegacyPcapBlock, PcapBlockOwned, PcapError,
    PcapHeader, SimplePacketBlock,
};

use super::time::Time;

/// Octets read at once. A block that does not fit makes the buffer grow.
const BUFFER: usize = 256 * 1024;

/// Largest block accepted, in octets. No capture tool writes frames beyond 256 KiB; a larger length is a damaged
/// one, and believing it would reserve memory for nothing.
const MAX_BLOCK: usize = 16 * 1024 * 1024;

/// Most interfaces remembered of one section, so that a file of nothing but interface blocks takes no memory.
const MAX_INTERFACES: usize = 65_536;

/// Obsolete packet block of early pcapng files; not decoded, but it counts as a frame.
const OBSOLETE_PACKET_BLOCK: u32 = 2;

/// One captured frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// Number in the file, from 1.
    pub(crate) number: u64,
    /// When it was captured; `None` where the block has no time.
    pub(crate) time: Option<Time>,
    /// Link type of its interface, as in the registry of tcpdump.org.
    pub(crate) link: i32,
    /// Octets captured, from the link header on.
    pub(crate) data: &'a [u8],
}

/// Why a capture can't be read, or not further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaptureError {
    #[error("not a pcap or pcapng capture")]
    NotACapture,
    #[error("the capture ends in the middle of a block, after frame {after}, {offset} octets into the file")]
    Truncated { after: u64, offset: u64 },
    #[error("the capture is damaged after frame {after}, {offset} octets into the file: {reason}")]
    Damaged { after: u64, offset: u64, reason: &'static str },
    #[error("the capture can't be read after frame {after}, {offset} octets into the file")]
    Unreadable { after: u64, offset: u64 },
}

/// What a section has said about one interface.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: i32,
    resolution: Resolution,
    /// Seconds to add to each time.
    offset: i64,
}

/// Units per second of an interface's times (`if_tsresol`): a power of ten or of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    Decimal(u32),
    Binary(u32),
}

impl Resolution {
    fn from_option(octet: u8) -> Self {
        let exponent = u32::from(octet & 0x7f);
        if octet & 0x80 == 0 { Self::Decimal(exponent) } else { Self::Binary(exponent) }
    }

    /// Nanoseconds of a count of units. Exponents that no clock has give times of 0 or the largest one.
    fn nanos(self, units: u64) -> i128 {
        let scaled = i128::from(units).saturating_mul(1_000_000_000);
        match self {
            Self::Decimal(exponent) => 10_i128.checked_pow(exponent).and_then(|per| scaled.checked_div(per)),
            Self::Binary(exponent) => scaled.checked_shr(exponent),
        }
        .unwrap_or(0)
    }
}

/// Gives every frame of the capture `source` to `sink`, until the end or until `sink` breaks.
///
/// The kind of capture is told by its first octets. An error comes after all the frames that could be read.
pub(crate) fn read_frames(
    source: impl Read + Send,
    sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
) -> Result<(), CaptureError> {
    let mut reader = pcap_parser::create_reader(BUFFER, source).map_err(|error| match error {
        PcapError::ReadError => CaptureError::Unreadable { after: 0, offset: 0 },
        _ => CaptureError::NotACapture,
    })?;
    let mut section = Section::default();
    loop {
        let trouble = match reader.next() {
            Ok((used, block)) => {
                let flow = section.block(&block, sink);
                section.offset = section.offset.saturating_add(u64::try_from(used).unwrap_or(u64::MAX));
                reader.consume(used);
                if flow.is_break() {
                    return Ok(());
                }
                continue;
            }
            Err(error) => Trouble::of(&error),
        };
        if section.overcome(trouble, reader.as_mut())?.is_break() {
            return Ok(());
        }
    }
}

/// What keeps the next block from being read, without the octets that the library's error borrows.
#[derive(Clone, Copy)]
enum Trouble {
    End,
    MoreNeeded,
    Larger,
    Truncated,
    Unreadable,
    Damaged,
}

impl Trouble {
    fn of(error: &PcapError<&[u8]>) -> Self {
        match error {
            PcapError::Eof => Self::End,
            PcapError::Incomplete(_) => Self::MoreNeeded,
            PcapError::BufferTooSmall => Self::Larger,
            PcapError::UnexpectedEof => Self::Truncated,
            PcapError::ReadError => Self::Unreadable,
            _ => Self::Damaged,
        }
    }
}

/// State of the section being read: interfaces, byte order, and how far the file has been read.
#[derive(Default)]
struct Section {
    interfaces: Vec<Interface>,
    big_endian: bool,
    /// Frames so far, in all sections.
    frames: u64,
    /// Octets of whole blocks so far.
    offset: u64,
}

impl Section {
    /// Gets more octets for a block, or says why there are none.
    fn overcome(
        &self,
        trouble: Trouble,
        reader: &mut dyn PcapReaderIterator,
    ) -> Result<ControlFlow<()>, CaptureError> {
        let (after, offset) = (self.frames, self.offset);
        match trouble {
            Trouble::End => return Ok(ControlFlow::Break(())),
            Trouble::MoreNeeded => {}
            Trouble::Larger => grow(reader).ok_or(CaptureError::Damaged {
                after,
                offset,
                reason: "the length of the next block is larger than any tool writes",
            })?,
            Trouble::Truncated => return Err(CaptureError::Truncated { after, offset }),
            Trouble::Unreadable => return Err(CaptureError::Unreadable { after, offset }),
            Trouble::Damaged => {
                return Err(CaptureError::Damaged { after, offset, reason: "the next block makes no sense" });
            }
        }
        match reader.refill() {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(_) => Err(CaptureError::Unreadable { after, offset }),
        }
    }

    fn block(
        &mut self,
        block: &PcapBlockOwned<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => self.legacy_header(header),
            PcapBlockOwned::Legacy(block) => return self.legacy_frame(block, sink),
            PcapBlockOwned::NG(Block::SectionHeader(header)) => {
                self.big_endian = header.big_endian();
                self.interfaces.clear();
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => self.interface(interface),
            PcapBlockOwned::NG(Block::EnhancedPacket(block)) => return self.enhanced_frame(block, sink),
            PcapBlockOwned::NG(Block::SimplePacket(block)) => return self.simple_frame(block, sink),
            PcapBlockOwned::NG(Block::SystemdJournalExport(_)) => self.skip_frame(),
            PcapBlockOwned::NG(Block::Unknown(block)) if block.block_type == OBSOLETE_PACKET_BLOCK => {
                self.skip_frame();
            }
            PcapBlockOwned::NG(_) => {}
        }
        ControlFlow::Continue(())
    }

    /// A legacy capture is one interface; its header says the unit of the times by the magic number.
    fn legacy_header(&mut self, header: &PcapHeader) {
        let exponent = if header.is_nanosecond_precision() { 9 } else { 6 };
        // The upper half of the link type is the length of the frame check sequence.
        let link = header.network.0 & 0xffff;
        self.interfaces = vec![Interface { link, resolution: Resolution::Decimal(exponent), offset: 0 }];
    }

    fn interface(&mut self, block: &InterfaceDescriptionBlock<'_>) {
        // The library reads this option as little-endian in every section.
        let offset = if self.big_endian { block.if_tsoffset.swap_bytes() } else { block.if_tsoffset };
        let resolution = Resolution::from_option(block.if_tsresol);
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(Interface { link: block.linktype.0, resolution, offset });
        }
    }

    fn legacy_frame(
        &mut self,
        block: &LegacyPcapBlock<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(interface) = self.interfaces.first().copied() else {
            return ControlFlow::Continue(());
        };
        let time = Time::new(i64::from(block.ts_sec), interface.resolution.nanos(u64::from(block.ts_usec)));
        let captured = usize::try_from(block.caplen).unwrap_or(usize::MAX).min(block.data.len());
        self.frame(interface.link, Some(time), block.data.get(..captured).unwrap_or_default(), sink)
    }

    fn enhanced_frame(
        &mut self,
        block: &EnhancedPacketBlock<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let index = usize::try_from(block.if_id).unwrap_or(usize::MAX);
        let Some(interface) = self.interfaces.get(index).copied() else {
            self.skip_frame();
            return ControlFlow::Continue(());
        };
        let units = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
        let time = Time::new(interface.offset, interface.resolution.nanos(units));
        self.frame(interface.link, Some(time), block.packet_data(), sink)
    }

    /// A simple block belongs to the first interface and has no time.
    fn simple_frame(
        &mut self,
        block: &SimplePacketBlock<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(interface) = self.interfaces.first().copied() else {
            self.skip_frame();
            return ControlFlow::Continue(());
        };
        let original = usize::try_from(block.origlen).unwrap_or(usize::MAX);
        let data = block.data.get(..original.min(block.data.len())).unwrap_or_default();
        self.frame(interface.link, None, data, sink)
    }

    fn frame(
        &mut self,
        link: i32,
        time: Option<Time>,
        data: &[u8],
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.skip_frame();
        sink(Frame { number: self.frames, time, link, data })
    }

    fn skip_frame(&mut self) {
        self.frames = self.frames.saturating_add(1);
    }
}

/// Doubles the buffer; `None` when the block to come is larger than any that is accepted.
fn grow(reader: &mut dyn PcapReaderIterator) -> Option<()> {
    // The library grows to a size, not by one, and tells nothing about the present one.
    let wanted = reader.data().len().max(BUFFER).saturating_mul(2);
    (wanted <= MAX_BLOCK).then(|| reader.grow(wanted)).filter(|grown| *grown).map(drop)
}
