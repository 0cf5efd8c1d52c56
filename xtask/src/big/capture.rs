//! A large capture: the connections of the samples again and again, each time between other hosts and at a later time.
//!
//! The connections of one round run side by side, in the order of their times. Whoever reads the capture meets new
//! connections all the time, as in the capture of a server.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use etherparse::{Ethernet2Header, Ipv4Header, TcpHeader};
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader};

use super::Big;

/// Where the samples are.
const SAMPLES: &str = "samples";

/// Magic number of a pcap file whose times are in nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;

/// When the first round begins: 2026-01-01 00:00 UTC, in nanoseconds.
const START: u64 = 1_767_225_600_000_000_000;

/// Between the rounds, in nanoseconds.
const PAUSE: u64 = 1_000_000;

/// Octets before the source address of an Ethernet frame with IPv4, and before its header checksum.
const ADDRESSES: usize = 26;
const IP_CHECKSUM: usize = 24;

impl Big {
    /// Writes rounds until the size is reached.
    pub(crate) fn capture(&self) -> Result<()> {
        let round = round()?;
        let length = round.last().context("the samples are empty")?.time.saturating_add(PAUSE);
        self.write(|file, size| {
            file.write_all(&header())?;
            let mut number = 0_u32;
            while file.octets < size {
                let start = START.saturating_add(length.saturating_mul(number.into()));
                for template in &round {
                    template.write(file, start, number)?;
                }
                number = number.checked_add(1).context("too many rounds")?;
            }
            Ok(())
        })
    }
}

/// The header of a pcap file with Ethernet frames.
fn header() -> Vec<u8> {
    let words = [NANOSECONDS, 0x0004_0002, 0, 0, 262_144, 1];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A frame of the samples, with addresses of zero.
struct Template {
    /// Nanoseconds since its sample began.
    time: u64,
    /// Number of its sample, from 0.
    sample: u8,
    frame: Vec<u8>,
    from_client: bool,
    tcp_checksum: usize,
}

/// The frames of all samples in the order of their times.
fn round() -> Result<Vec<Template>> {
    let mut round = Vec::new();
    for (number, path) in (0..).zip(samples()?) {
        sample(&path, number, &mut round).with_context(|| format!("reading {}", path.display()))?;
    }
    round.sort_by_key(|template| template.time);
    Ok(round)
}

fn samples() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(SAMPLES).context("reading samples/")?;
    let paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let mut captures: Vec<PathBuf> = paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "pcapng"))
        .collect();
    captures.sort();
    Ok(captures)
}

fn sample(path: &Path, sample: u8, round: &mut Vec<Template>) -> Result<()> {
    let mut servers = Vec::new();
    let mut start = None;
    for (time, frame) in frames(path)? {
        let start = *start.get_or_insert(time);
        let (ethernet, rest) = Ethernet2Header::from_slice(&frame)?;
        let (mut ip, rest) = Ipv4Header::from_slice(rest)?;
        let (mut tcp, payload) = TcpHeader::from_slice(rest)?;
        if tcp.syn && !tcp.ack {
            servers.push(tcp.destination_port);
        }
        (ip.source, ip.destination) = ([0; 4], [0; 4]);
        ip.header_checksum = ip.calc_header_checksum();
        tcp.checksum = tcp.calc_checksum_ipv4(&ip, payload)?;
        let mut frame = Vec::new();
        ethernet.write(&mut frame)?;
        ip.write_raw(&mut frame)?;
        let tcp_checksum = frame.len().saturating_add(16);
        tcp.write(&mut frame)?;
        frame.extend_from_slice(payload);
        let from_client = servers.contains(&tcp.destination_port);
        let time = time.checked_sub(start).context("the sample is not in the order of its times")?;
        round.push(Template { time, sample, frame, from_client, tcp_checksum });
    }
    Ok(())
}

/// Times and frames of a pcapng file whose times are in nanoseconds.
fn frames(path: &Path) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut reader =
        PcapNGReader::new(65_536, File::open(path)?).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut frames = Vec::new();
    loop {
        match reader.next() {
            Ok((length, block)) => {
                if let PcapBlockOwned::NG(Block::InterfaceDescription(interface)) = &block {
                    ensure!(interface.if_tsresol == 9, "its times are not in nanoseconds");
                }
                if let PcapBlockOwned::NG(Block::EnhancedPacket(packet)) = &block {
                    let time = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                    frames.push((time, packet.packet_data().to_vec()));
                }
                reader.consume(length);
            }
            Err(PcapError::Eof) => return Ok(frames),
            Err(PcapError::Incomplete(_)) => reader.refill().map_err(|error| anyhow::anyhow!("{error:?}"))?,
            Err(error) => bail!("{error:?}"),
        }
    }
}

impl Template {
    /// Writes the frame as one of a round: between the server of its sample and a client of its own.
    fn write(&self, file: &mut impl Write, start: u64, round: u32) -> Result<()> {
        let [first, second, third, fourth] = round.to_be_bytes();
        ensure!(first == 0, "too many rounds");
        let (client, server) = ([10, second, third, fourth], [172, 16, self.sample, 1]);
        let addresses = if self.from_client { [client, server] } else { [server, client] }.concat();
        let mut frame = self.frame.clone();
        put(&mut frame, ADDRESSES, &addresses);
        for checksum in [IP_CHECKSUM, self.tcp_checksum] {
            add(&mut frame, checksum, &addresses);
        }
        let time = start.saturating_add(self.time);
        let length = u32::try_from(frame.len())?;
        let time = [u32::try_from(time / 1_000_000_000)?, u32::try_from(time % 1_000_000_000)?];
        for word in time.into_iter().chain([length, length]) {
            file.write_all(&word.to_le_bytes())?;
        }
        Ok(file.write_all(&frame)?)
    }
}

fn put(frame: &mut [u8], at: usize, octets: &[u8]) {
    let place = frame.iter_mut().skip(at);
    place.zip(octets).for_each(|(place, octet)| *place = *octet);
}

/// Adds octets to a checksum that was made with zeros in their place (RFC 1624).
fn add(frame: &mut [u8], at: usize, octets: &[u8]) {
    let Some(&[high, low]) = frame.get(at..).and_then(<[u8]>::first_chunk) else { return };
    let pairs = octets.chunks_exact(2).filter_map(<[u8]>::first_chunk);
    let words = pairs.map(|pair| u64::from(u16::from_be_bytes(*pair)));
    let mut sum = words.fold(u64::from(!u16::from_be_bytes([high, low])), u64::saturating_add);
    while sum > 0xffff {
        sum = (sum & 0xffff).saturating_add(sum >> 16);
    }
    put(frame, at, &(!u16::try_from(sum).unwrap_or(0)).to_be_bytes());
}
