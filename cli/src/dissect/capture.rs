//! Reads the frames of a capture file, pcap or pcapng, one after another.
//!
//! [`super::source`] gives the blocks; this file adds what a frame means: its number as other tools count it, the
//! link type of its interface, and its time in one unit whatever the interface's resolution.

use std::io::{self, Read};
use std::ops::ControlFlow;

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, LegacyPcapBlock, PcapBlockOwned, PcapHeader,
    SimplePacketBlock,
};

use super::source::{Blocks, Trouble};
use super::summary::increment;
use crate::time::Time;

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
    /// Whether there were more, beyond the snap length.
    pub(crate) is_cut: bool,
}

/// Frames that were not given to anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// In obsolete packet blocks.
    pub(crate) obsolete: u64,
    /// On interfaces beyond [`MAX_INTERFACES`].
    pub(crate) beyond: u64,
    /// On interfaces that their section does not describe.
    pub(crate) undescribed: u64,
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
    #[error("the capture can't be read: {0}")]
    Unreadable(#[source] io::Error),
    #[error("the capture can't be read after frame {after}, {offset} octets into the file: {source}")]
    UnreadableFrom { after: u64, offset: u64, source: io::Error },
    #[error(
        "the capture is damaged: it does not describe interface {interface} of frame {frame}, which is skipped"
    )]
    UndescribedInterface { frame: u64, interface: u32 },
}

/// What a section has said about one interface.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: i32,
    resolution: Resolution,
    /// Seconds to add to each time.
    offset: i64,
    /// Most octets captured of a frame; 0 for all.
    snap: u32,
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

/// Gives every frame of the capture `source` to `sink`, until the end or until `sink` breaks, and counts the others.
///
/// An error comes after all the frames that could be read.
pub(crate) fn read_frames(
    source: impl Read + Send,
    sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    skipped: &mut Skipped,
) -> Result<(), CaptureError> {
    let mut section = Section::default();
    let read = read_blocks(source, &mut section, sink);
    *skipped = section.skipped;
    match (read, section.undescribed.take()) {
        (Err(trouble), _) => Err(section.error(trouble)),
        (Ok(()), Some(error)) => Err(error),
        (Ok(()), None) => Ok(()),
    }
}

fn read_blocks(
    source: impl Read + Send,
    section: &mut Section,
    sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
) -> Result<(), Trouble> {
    let mut blocks = Blocks::open(source)?;
    loop {
        match blocks.next() {
            Ok((length, block)) => {
                let flow = section.block(&block, sink);
                section.offset = section.offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
                blocks.consume(length);
                if flow.is_break() {
                    return Ok(());
                }
            }
            Err(Trouble::End) => return Ok(()),
            Err(trouble) => blocks.overcome(trouble)?,
        }
    }
}

/// State of the section being read: interfaces, byte order, and how far the file has been read.
#[derive(Default)]
struct Section {
    interfaces: Vec<Interface>,
    /// Interfaces described so far, remembered or not.
    described: u64,
    big_endian: bool,
    /// Frames so far, in all sections.
    frames: u64,
    /// Octets of whole blocks so far.
    offset: u64,
    /// Frames not given to anybody so far, in all sections.
    skipped: Skipped,
    /// The first frame without an interface.
    undescribed: Option<CaptureError>,
}

impl Section {
    /// The error of a capture that can't be read further.
    fn error(&self, trouble: Trouble) -> CaptureError {
        let (after, offset) = (self.frames, self.offset);
        let damaged = |reason| CaptureError::Damaged { after, offset, reason };
        match trouble {
            Trouble::NotACapture => CaptureError::NotACapture,
            Trouble::Unreadable(source) if offset == 0 => CaptureError::Unreadable(source),
            Trouble::Unreadable(source) => CaptureError::UnreadableFrom { after, offset, source },
            Trouble::TooLarge | Trouble::Larger => {
                damaged("the length of the next block is larger than any tool writes")
            }
            Trouble::Truncated | Trouble::End | Trouble::MoreNeeded => {
                CaptureError::Truncated { after, offset }
            }
            Trouble::Damaged => damaged("the next block makes no sense"),
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
                self.described = 0;
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => self.interface(interface),
            PcapBlockOwned::NG(Block::EnhancedPacket(block)) => return self.enhanced_frame(block, sink),
            PcapBlockOwned::NG(Block::SimplePacket(block)) => return self.simple_frame(block, sink),
            PcapBlockOwned::NG(Block::SystemdJournalExport(_)) => self.count_frame(),
            PcapBlockOwned::NG(Block::Unknown(block)) if block.block_type == OBSOLETE_PACKET_BLOCK => {
                self.count_frame();
                increment(&mut self.skipped.obsolete);
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
        let resolution = Resolution::Decimal(exponent);
        self.interfaces = vec![Interface { link, resolution, offset: 0, snap: header.snaplen }];
    }

    fn interface(&mut self, block: &InterfaceDescriptionBlock<'_>) {
        // The library reads this option as little-endian in every section.
        let offset = if self.big_endian { block.if_tsoffset.swap_bytes() } else { block.if_tsoffset };
        let resolution = Resolution::from_option(block.if_tsresol);
        increment(&mut self.described);
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(Interface {
                link: block.linktype.0,
                resolution,
                offset,
                snap: block.snaplen,
            });
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
        let data = block.data.get(..captured).unwrap_or_default();
        let is_cut = block.caplen < block.origlen;
        self.frame(Frame { number: 0, time: Some(time), link: interface.link, data, is_cut }, sink)
    }

    fn enhanced_frame(
        &mut self,
        block: &EnhancedPacketBlock<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(interface) = self.described_interface(block.if_id) else {
            return ControlFlow::Continue(());
        };
        let units = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
        let time = Some(Time::new(interface.offset, interface.resolution.nanos(units)));
        let is_cut = block.caplen < block.origlen;
        self.frame(Frame { number: 0, time, link: interface.link, data: block.packet_data(), is_cut }, sink)
    }

    /// A simple block belongs to the first interface, has no time, and leaves the captured length to be worked out.
    fn simple_frame(
        &mut self,
        block: &SimplePacketBlock<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(interface) = self.described_interface(0) else {
            return ControlFlow::Continue(());
        };
        let limit = if interface.snap == 0 { block.origlen } else { interface.snap.min(block.origlen) };
        let captured = usize::try_from(limit).unwrap_or(usize::MAX).min(block.data.len());
        let data = block.data.get(..captured).unwrap_or_default();
        let is_cut = captured < usize::try_from(block.origlen).unwrap_or(usize::MAX);
        self.frame(Frame { number: 0, time: None, link: interface.link, data, is_cut }, sink)
    }

    /// The interface of a frame; without one the frame is skipped.
    fn described_interface(&mut self, number: u32) -> Option<Interface> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let interface = self.interfaces.get(index).copied();
        if interface.is_none() {
            self.count_frame();
            self.skip_without_interface(number);
        }
        interface
    }

    fn skip_without_interface(&mut self, number: u32) {
        if u64::from(number) < self.described {
            return increment(&mut self.skipped.beyond);
        }
        increment(&mut self.skipped.undescribed);
        let frame = self.frames;
        self.undescribed.get_or_insert(CaptureError::UndescribedInterface { frame, interface: number });
    }

    /// Numbers a frame and passes it on.
    fn frame(
        &mut self,
        frame: Frame<'_>,
        sink: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.count_frame();
        sink(Frame { number: self.frames, ..frame })
    }

    fn count_frame(&mut self) {
        increment(&mut self.frames);
    }
}
