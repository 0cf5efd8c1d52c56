//! Security descriptors of keys: self-relative octets, their parts, and the one that a cluster begins with.

use super::error::RegistryError;
use super::limits::MAX_SECURITY;

/// Parts of a security descriptor: `SECURITY_INFORMATION` (MS-DTYP 2.4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts(u32);

impl Parts {
    /// `OWNER_SECURITY_INFORMATION`.
    pub const OWNER: Self = Self(1);
    /// `GROUP_SECURITY_INFORMATION`.
    pub const GROUP: Self = Self(2);
    /// `DACL_SECURITY_INFORMATION`.
    pub const DACL: Self = Self(4);
    /// `SACL_SECURITY_INFORMATION`.
    pub const SACL: Self = Self(8);
    /// All four.
    pub const ALL: Self = Self(0xF);

    /// Those that a client names. Of the other bits, those that only say how lists are inherited are ignored.
    ///
    /// # Errors
    /// [`RegistryError::BadParameter`] if none is named.
    pub const fn asked(bits: u32) -> Result<Self, RegistryError> {
        let parts = Self(bits & Self::ALL.0);
        if parts.0 == 0 { Err(RegistryError::BadParameter) } else { Ok(parts) }
    }

    /// Both.
    #[must_use]
    pub const fn or(self, parts: Self) -> Self {
        Self(self.0 | parts.0)
    }

    /// Whether any of `parts` is among them.
    pub const fn intersects(self, parts: Self) -> bool {
        self.0 & parts.0 != 0
    }
}

/// Bits of `Control` (MS-DTYP 2.4.6).
mod control {
    pub(super) const DACL_PRESENT: u16 = 0x0004;
    pub(super) const SACL_PRESENT: u16 = 0x0010;
    /// How the access control list came about, and whether it inherits.
    pub(super) const DACL: u16 = 0x1508 | DACL_PRESENT;
    pub(super) const SACL: u16 = 0x2A20 | SACL_PRESENT;
    pub(super) const SELF_RELATIVE: u16 = 0x8000;
}

const HEADER: usize = 20;

/// A security descriptor in parts, each as the octets that it has on the wire (MS-DTYP 2.4.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityDescriptor {
    /// The bits about the two lists.
    control: u16,
    owner: Option<Vec<u8>>,
    group: Option<Vec<u8>>,
    sacl: Option<Vec<u8>>,
    dacl: Option<Vec<u8>>,
}

impl SecurityDescriptor {
    /// That of the root key of a new cluster: owned by `BUILTIN\Administrators`, full control for them and
    /// `SYSTEM`, reading for `NETWORK SERVICE`, inherited by subkeys.
    pub fn of_a_new_cluster() -> Self {
        let administrators = sid(&[32, 544]);
        let entries =
            [(&administrators, 0x000F_003F), (&sid(&[18]), 0x000F_003F), (&sid(&[20]), 0x0002_0019)];
        Self {
            control: control::DACL_PRESENT,
            owner: Some(administrators.clone()),
            group: Some(administrators.clone()),
            sacl: None,
            dacl: Some(acl(&entries)),
        }
    }

    /// Reads a self-relative security descriptor.
    ///
    /// # Errors
    /// [`RegistryError::BadSecurity`] if it isn't one, if an identifier or list in it is not well-formed or goes
    /// beyond the octets, or if there are more than [`MAX_SECURITY`] octets.
    pub fn parse(octets: &[u8]) -> Result<Self, RegistryError> {
        read(octets).filter(|_| octets.len() <= MAX_SECURITY).ok_or(RegistryError::BadSecurity)
    }

    /// The self-relative octets of these parts.
    pub fn octets(&self, parts: Parts) -> Vec<u8> {
        let chosen = |part, octets: &Option<Vec<u8>>| octets.clone().filter(|_| parts.intersects(part));
        let mut bits = control::SELF_RELATIVE;
        bits |= if parts.intersects(Parts::DACL) { self.control & control::DACL } else { 0 };
        bits |= if parts.intersects(Parts::SACL) { self.control & control::SACL } else { 0 };
        let fields = [
            chosen(Parts::OWNER, &self.owner),
            chosen(Parts::GROUP, &self.group),
            chosen(Parts::SACL, &self.sacl),
            chosen(Parts::DACL, &self.dacl),
        ];
        write(bits, &fields)
    }

    /// Takes these parts over from another one.
    ///
    /// # Errors
    /// [`RegistryError::BadSecurity`] if an owner or group is to be taken over that the other lacks.
    pub fn take(&mut self, parts: Parts, from: Self) -> Result<(), RegistryError> {
        let lacks = |part, field: &Option<Vec<u8>>| parts.intersects(part) && field.is_none();
        if lacks(Parts::OWNER, &from.owner) || lacks(Parts::GROUP, &from.group) {
            return Err(RegistryError::BadSecurity);
        }
        if parts.intersects(Parts::OWNER) {
            self.owner = from.owner;
        }
        if parts.intersects(Parts::GROUP) {
            self.group = from.group;
        }
        if parts.intersects(Parts::DACL) {
            self.dacl = from.dacl;
            self.control = self.control & !control::DACL | from.control & control::DACL;
        }
        if parts.intersects(Parts::SACL) {
            self.sacl = from.sacl;
            self.control = self.control & !control::SACL | from.control & control::SACL;
        }
        Ok(())
    }
}

fn read(octets: &[u8]) -> Option<SecurityDescriptor> {
    let (header, _) = octets.split_first_chunk::<HEADER>()?;
    let [1, _, low, high, offsets @ ..] = header else { return None };
    let control = u16::from_le_bytes([*low, *high]);
    let at = |index: usize| {
        let offset = offsets.get(index.checked_mul(4)?..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*offset)).ok()
    };
    let field = |index, measure: fn(&[u8]) -> Option<usize>| match at(index)? {
        0 => Some(None),
        offset if offset < HEADER => None,
        offset => {
            let rest = octets.get(offset..)?;
            Some(Some(rest.get(..measure(rest)?)?.to_vec()))
        }
    };
    // A list whose bit is not set isn't there, whatever its offset says.
    let list = |index, bit| if control & bit == 0 { Some(None) } else { field(index, acl_size) };
    let wanted = control & control::SELF_RELATIVE != 0;
    wanted.then_some(())?;
    Some(SecurityDescriptor {
        control: control & (control::DACL | control::SACL),
        owner: field(0, sid_size)?,
        group: field(1, sid_size)?,
        sacl: list(2, control::SACL_PRESENT)?,
        dacl: list(3, control::DACL_PRESENT)?,
    })
}

fn write(bits: u16, fields: &[Option<Vec<u8>>; 4]) -> Vec<u8> {
    let mut octets = vec![1, 0];
    octets.extend(bits.to_le_bytes());
    let mut offset = HEADER;
    for field in fields {
        let start = if field.is_some() { u32::try_from(offset).unwrap_or_default() } else { 0 };
        octets.extend(start.to_le_bytes());
        offset = offset.saturating_add(field.as_ref().map_or(0, |field| field.len().next_multiple_of(4)));
    }
    for field in fields.iter().flatten() {
        octets.extend(field);
        octets.resize(octets.len().next_multiple_of(4), 0);
    }
    octets
}

/// The octets of a security identifier (MS-DTYP 2.4.2.2).
fn sid_size(octets: &[u8]) -> Option<usize> {
    match octets {
        [1, count @ 0..=15, ..] => Some(usize::from(*count).saturating_mul(4).saturating_add(8)),
        _ => None,
    }
}

/// The octets of an access control list whose entries fit into it (MS-DTYP 2.4.5).
fn acl_size(octets: &[u8]) -> Option<usize> {
    let [2..=4, _, size_low, size_high, count_low, count_high, _, _, ..] = octets else { return None };
    let size = usize::from(u16::from_le_bytes([*size_low, *size_high]));
    let mut left = octets.get(8..size)?;
    for _ in 0..u16::from_le_bytes([*count_low, *count_high]) {
        let [_, _, low, high, ..] = left else { return None };
        let entry = usize::from(u16::from_le_bytes([*low, *high]));
        left = left.get(entry..).filter(|_| entry >= 4)?;
    }
    Some(size)
}

/// `S-1-5-` and these subauthorities.
fn sid(subauthorities: &[u32]) -> Vec<u8> {
    let count = u8::try_from(subauthorities.len()).unwrap_or_default();
    let mut octets = vec![1, count, 0, 0, 0, 0, 0, 5];
    octets.extend(subauthorities.iter().flat_map(|part| part.to_le_bytes()));
    octets
}

/// A list that allows each identifier what its mask says, here and in subkeys.
fn acl(entries: &[(&Vec<u8>, u32)]) -> Vec<u8> {
    const ACCESS_ALLOWED: u8 = 0;
    const CONTAINER_INHERIT: u8 = 2;
    let size =
        |octets: &[u8]| u16::try_from(octets.len().saturating_add(8)).unwrap_or_default().to_le_bytes();
    let mut list = Vec::new();
    for (sid, mask) in entries {
        list.extend([ACCESS_ALLOWED, CONTAINER_INHERIT]);
        list.extend(size(sid));
        list.extend(mask.to_le_bytes());
        list.extend(*sid);
    }
    let count = u16::try_from(entries.len()).unwrap_or_default().to_le_bytes();
    let mut octets = vec![2, 0];
    octets.extend(size(&list));
    octets.extend(count);
    octets.extend([0, 0]);
    octets.extend(list);
    octets
}
