//! What is told of disks (MS-CMRP 3.1.4.3.1.35-37).
//!
//! A disk is a resource whose type is of the storage class. Its data come from private properties of the names that
//! Windows gives them, with plausible ones where none were set; nothing is asked of a real disk.

use crate::control::Function;
use crate::embedded::model::{Name, Property, Resource, State};
use crate::embedded::property::{Subject, list};
use crate::status::ERROR_INVALID_FUNCTION;

use super::read::value;

/// The private property that says whether a disk is in maintenance.
pub(super) const MAINTENANCE: &str = "MaintenanceMode";

/// `CLUS_RESCLASS_STORAGE`.
const STORAGE: u32 = 1;

/// Values of `CLUSTER_PROPERTY_SYNTAX` (MS-CMRP 2.2.2.3).
mod syntax {
    pub(super) const SIGNATURE: u32 = 0x0005_0002;
    pub(super) const SCSI_ADDRESS: u32 = 0x0006_0002;
    pub(super) const NUMBER: u32 = 0x0007_0002;
    pub(super) const PARTITION: u32 = 0x0008_0001;
    pub(super) const GUID: u32 = 0x000B_0003;
    pub(super) const SIZE: u32 = 0x000C_0006;
    pub(super) const PARTITION_EX: u32 = 0x000D_0001;
}

/// `Some` if the resource is a disk.
pub(super) fn is_disk(state: &State, resource: &Resource) -> Option<()> {
    let class = state.resource_types.get(&resource.type_name)?.class;
    (class == STORAGE).then_some(())
}

/// What a code gives of a disk.
pub(super) fn read(
    resource: &Resource,
    subject: &Subject,
    state: &State,
    function: Function,
) -> Result<Vec<u8>, u32> {
    is_disk(state, resource).ok_or(ERROR_INVALID_FUNCTION)?;
    let disk = Disk { resource, id: subject.id(state) };
    Ok(match function {
        Function::GetDiskInfo => disk.info(false),
        Function::GetDiskInfoEx => disk.info(true),
        Function::GetDiskNumberInfo => [disk.number().to_le_bytes(), [0; 4]].concat(),
        // A count, the size of the paths, and no paths: disks have drive letters or none here.
        _ => vec![0; 8],
    })
}

struct Disk<'s> {
    resource: &'s Resource,
    id: String,
}

impl Disk<'_> {
    fn property(&self, name: &str) -> Option<&Property> {
        self.resource.private.get(&Name::from(name))
    }

    fn dword(&self, name: &str) -> Option<u32> {
        match self.property(name) {
            Some(Property::Dword(number)) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.property(name) {
            Some(Property::Sz(text)) => Some(text),
            _ => None,
        }
    }

    fn size(&self) -> u64 {
        match self.property("DiskSize") {
            Some(Property::UlargeInteger(size)) => *size,
            _ => 1 << 30,
        }
    }

    /// `DiskSignature`, or the first part of the identifier.
    fn signature(&self) -> u32 {
        let first = self.id.split('-').next().and_then(|part| u32::from_str_radix(part, 16).ok());
        self.dword("DiskSignature").or(first).unwrap_or(0)
    }

    fn number(&self) -> u32 {
        self.dword("DiskNumber").unwrap_or(1)
    }

    /// The value list: signature, address, number, identifier, size, and one partition.
    fn info(&self, extended: bool) -> Vec<u8> {
        let mut values = Vec::new();
        value(syntax::SIGNATURE, &self.signature().to_le_bytes(), &mut values);
        value(syntax::SCSI_ADDRESS, &[0; 4], &mut values);
        value(syntax::NUMBER, &[self.number().to_le_bytes(), [0; 4]].concat(), &mut values);
        if extended {
            let guid = self.text("DiskIdGuid").map_or_else(|| format!("{{{}}}", self.id), str::to_owned);
            value(syntax::GUID, &list::text(&guid), &mut values);
            value(syntax::SIZE, &self.size().to_le_bytes(), &mut values);
            value(syntax::PARTITION_EX, &[self.partition(), self.extension()].concat(), &mut values);
        } else {
            value(syntax::PARTITION, &self.partition(), &mut values);
        }
        values.extend([0; 4]);
        values
    }

    /// `CLUS_PARTITION_INFO` of clusapi.h: 1,120 octets.
    fn partition(&self) -> Vec<u8> {
        /// The file system can be used, and is compressed or not.
        const USABLE: u32 = 0x8;
        const PATH: usize = 520;
        const FILE_SYSTEM: usize = 64;
        let mut octets = USABLE.to_le_bytes().to_vec();
        octets.extend(padded(self.text("DriveLetter").unwrap_or(""), PATH));
        octets.extend(padded(self.text("VolumeLabel").unwrap_or(&self.resource.name), PATH));
        octets.extend(self.signature().to_le_bytes());
        octets.extend(255_u32.to_le_bytes());
        octets.extend(0_u32.to_le_bytes());
        octets.extend(padded("NTFS", FILE_SYSTEM));
        octets
    }

    /// What `CLUS_PARTITION_INFO_EX` has behind it: sizes, numbers, and the identifier of the volume, which is zero.
    fn extension(&self) -> Vec<u8> {
        let mut octets = self.size().to_le_bytes().to_vec();
        octets.extend((self.size() / 2).to_le_bytes());
        octets.extend(self.number().to_le_bytes());
        octets.extend(1_u32.to_le_bytes());
        octets.extend([0; 16]);
        octets
    }
}

/// UTF-16 in so many octets, with at least one terminator.
fn padded(text: &str, size: usize) -> Vec<u8> {
    let mut octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    octets.truncate(size.saturating_sub(2));
    octets.resize(size, 0);
    octets
}
