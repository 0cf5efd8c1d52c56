//! Cluster shared volumes (MS-CMRP 2.2.2.21, 2.2.3.29, 2.2.3.32).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeSharedVolumeV2 as Flag;

use super::EventV2;
use super::content::{Content, sized, write_u32};
use super::error::{PayloadError, PayloadErrorKind};
use super::octets::Octets;
use super::payload::Payload;
use super::property::{Property, PropertyList, PropertyValue, syntax, write_name};
use super::state::SharedVolumeState;
use super::text::Text;

/// The resource of a shared volume: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeResource<'a> {
    /// The identifier of the resource.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_SHARED_VOLUME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedVolumeEvent<'a> {
    /// The volumes are in these states now. Each is a property with one value; the specification doesn't tell the
    /// names of the properties.
    State(&'a [(&'a str, SharedVolume<'a>)]),
}

impl<'a> SharedVolumeEvent<'a> {
    /// The event, about the volumes of a resource.
    pub fn of(&self, resource: VolumeResource<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let Self::State(volumes) = *self;
        EventV2 {
            filter: ObjectFilter::SharedVolume(Flag::STATE),
            target: "",
            buffer: Content::Volumes(volumes).write(buffer),
            object_id: resource.id,
            parent_id: None,
            name: resource.name,
            type_name: None,
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    (flag == Flag::STATE).then(|| read_volumes(octets).map(Payload::SharedVolumes))
}

/// The state of a shared volume: `CLUSTER_SHARED_VOLUME_STATE_INFO_EX`, or without
/// [`redirection`](Self::redirection) `CLUSTER_SHARED_VOLUME_STATE_INFO`, which Windows Server 2012 sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedVolume<'a> {
    /// `szVolumeName`: the volume's GUID path or, of the older structure, its friendly name. 259 units of UTF-16 at
    /// most; what is behind them isn't sent.
    pub name: Text<'a>,
    /// `szNodeName`: the node that generated the notification. As long as `name` at most.
    pub node: Text<'a>,
    /// `VolumeState`.
    pub state: SharedVolumeState,
    /// What the older structure lacks.
    pub redirection: Option<Redirection<'a>>,
}

/// What `CLUSTER_SHARED_VOLUME_STATE_INFO_EX` adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirection<'a> {
    /// `szVolumeFriendlyName`. 259 units of UTF-16 at most.
    pub friendly_name: Text<'a>,
    /// `RedirectedIOReason`: why the file system redirects, as bits.
    pub file_system: u64,
    /// `BlockRedirectedIOReason`: why the volume redirects, as bits.
    pub block: u64,
}

/// The octets of a name; unused ones are zero.
const NAME: usize = 520;
/// The octets of `CLUSTER_SHARED_VOLUME_STATE_INFO`.
const PLAIN: usize = 1044;
/// The octets of `CLUSTER_SHARED_VOLUME_STATE_INFO_EX`.
const EXTENDED: usize = 1580;
/// The octets of that structure as a C compiler lays it out, with 4 octets before its 64-bit members.
const ALIGNED: usize = 1584;

impl<'a> SharedVolume<'a> {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_fixed(self.name, buffer);
        write_fixed(self.node, buffer);
        buffer.extend(self.state.0.to_le_bytes());
        if let Some(redirection) = self.redirection {
            write_fixed(redirection.friendly_name, buffer);
            buffer.extend(redirection.file_system.to_le_bytes());
            buffer.extend(redirection.block.to_le_bytes());
        }
    }

    /// Reads one that takes all octets. Both layouts of the newer structure are understood, since their sizes differ.
    ///
    /// # Errors
    /// The octets are as many as none of the structures has.
    pub fn decode(octets: &'a [u8]) -> Result<Self, PayloadError> {
        let size = octets.len();
        let mut octets = Octets::new(octets);
        if ![PLAIN, EXTENDED, ALIGNED].contains(&size) {
            return Err(octets.error(PayloadErrorKind::WrongSize { expected: EXTENDED, found: size }));
        }
        Ok(Self {
            name: read_fixed(&mut octets)?,
            node: read_fixed(&mut octets)?,
            state: SharedVolumeState(octets.u32()?),
            redirection: if size == PLAIN { None } else { Some(Redirection::read(&mut octets, size)?) },
        })
    }
}

impl<'a> Redirection<'a> {
    fn read(octets: &mut Octets<'a>, size: usize) -> Result<Self, PayloadError> {
        let friendly_name = read_fixed(octets)?;
        octets.take(size.saturating_sub(EXTENDED))?;
        let file_system = octets.array().map(u64::from_le_bytes)?;
        let block = octets.array().map(u64::from_le_bytes)?;
        Ok(Self { friendly_name, file_system, block })
    }
}

fn write_fixed(text: Text<'_>, buffer: &mut Vec<u8>) {
    let end = buffer.len().saturating_add(NAME);
    // The last unit stays the terminator.
    buffer.extend(text.units().take(NAME / 2 - 1).flat_map(u16::to_le_bytes));
    buffer.resize(end, 0);
}

/// A name up to its terminator. What is behind it must be ignored.
fn read_fixed<'a>(octets: &mut Octets<'a>) -> Result<Text<'a>, PayloadError> {
    let name = octets.take(NAME)?;
    let end =
        name.chunks_exact(2).position(|unit| unit == [0, 0]).map_or(NAME, |units| units.saturating_mul(2));
    Ok(Text::received(name.get(..end).unwrap_or(name)))
}

/// Writes the property list of such an event.
pub(super) fn write_volumes(volumes: &[(&str, SharedVolume<'_>)], buffer: &mut Vec<u8>) {
    write_u32(volumes.len(), buffer);
    for (name, volume) in volumes {
        write_name((*name).into(), buffer);
        sized(syntax::BINARY, buffer, |buffer| volume.write(buffer));
        buffer.extend(syntax::END.to_le_bytes());
    }
}

fn read_volumes<'a>(octets: &mut Octets<'a>) -> Result<Vec<(Text<'a>, SharedVolume<'a>)>, PayloadError> {
    let start = *octets;
    let list = PropertyList::read(octets)?;
    let volumes = list.properties().iter().flat_map(named_values).map(|(name, value)| match value {
        PropertyValue::Binary(octets) => Ok((name, SharedVolume::decode(octets)?)),
        _ => Err(start.error(PayloadErrorKind::NotAVolume)),
    });
    volumes.collect()
}

fn named_values<'l, 'a>(
    property: &'l Property<'a>,
) -> impl Iterator<Item = (Text<'a>, &'l PropertyValue<'a>)> + use<'l, 'a> {
    property.values().iter().map(|value| (property.name(), value))
}
