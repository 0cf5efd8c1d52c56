//! What a handle to a key may be used for.

use cmrp_port::access::Access;

use super::error::RegistryError;

/// Rights to a key: `REGSAM` of MS-RRP 2.2.3, after the generic rights have been replaced by what they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights(u32);

/// The bits that nobody can be granted, or that say nothing about rights: the two views of a 64-bit registry, of
/// which a cluster has one.
const VIEWS: u32 = 0x0000_0300;

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// `KEY_QUERY_VALUE`.
    pub const QUERY_VALUE: Self = Self(0x0001);
    /// `KEY_SET_VALUE`.
    pub const SET_VALUE: Self = Self(0x0002);
    /// `KEY_CREATE_SUB_KEY`.
    pub const CREATE_SUB_KEY: Self = Self(0x0004);
    /// `KEY_ENUMERATE_SUB_KEYS`.
    pub const ENUMERATE_SUB_KEYS: Self = Self(0x0008);
    /// `DELETE`.
    pub const DELETE: Self = Self(0x0001_0000);
    /// `READ_CONTROL`.
    pub const READ_CONTROL: Self = Self(0x0002_0000);
    /// `WRITE_DAC`.
    pub const WRITE_DAC: Self = Self(0x0004_0000);
    /// `WRITE_OWNER`.
    pub const WRITE_OWNER: Self = Self(0x0008_0000);
    /// `ACCESS_SYSTEM_SECURITY`.
    pub const SYSTEM_SECURITY: Self = Self(0x0100_0000);
    /// `KEY_READ`: values, subkeys, notifications, the security descriptor.
    pub const READ: Self = Self(0x0002_0019);
    /// `KEY_WRITE`.
    pub const WRITE: Self = Self(0x0002_0006);
    /// `KEY_ALL_ACCESS`, and the right to the audit list.
    pub const ALL: Self = Self(0x010F_003F);

    const MAXIMUM_ALLOWED: u32 = 0x0200_0000;

    /// What a client of this level gets at most.
    ///
    /// Clients are known by their level, not by their security identifiers; so a key's own security descriptor is
    /// kept and told, and the level decides: "Read" gives [`READ`](Self::READ), "All" gives [`ALL`](Self::ALL).
    pub const fn of(level: Access) -> Self {
        match level {
            Access::Read | Access::ReadBackup => Self::READ,
            Access::All => Self::ALL,
        }
    }

    /// The rights that a handle gets for `samDesired` (MS-CMRP 3.1.4.2.29-31).
    ///
    /// # Errors
    /// [`RegistryError::Denied`] if the client asks for more than its level gives.
    pub const fn grant(desired: u32, level: Access) -> Result<Self, RegistryError> {
        let most = Self::of(level);
        let asked = Self(mapped(desired));
        if !most.contains(asked) {
            return Err(RegistryError::Denied);
        }
        Ok(if desired & Self::MAXIMUM_ALLOWED == 0 { asked } else { most })
    }

    /// Whether all of these are among them.
    pub const fn contains(self, rights: Self) -> bool {
        self.0 & rights.0 == rights.0
    }

    /// Makes sure that all of these are among them.
    ///
    /// # Errors
    /// [`RegistryError::Denied`] if one is missing.
    pub const fn require(self, rights: Self) -> Result<(), RegistryError> {
        if self.contains(rights) { Ok(()) } else { Err(RegistryError::Denied) }
    }

    /// Both.
    #[must_use]
    pub const fn with(self, rights: Self) -> Self {
        Self(self.0 | rights.0)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The rights in 11 bits: the six of keys, the four of all objects, the one to the audit list.
    pub(crate) const fn packed(self) -> u16 {
        let [keys, _, objects, system] = self.0.to_le_bytes();
        u16::from_le_bytes([keys & 0x3F, (objects & 0xF) | (system & 1) << 4])
    }

    /// What [`packed`](Self::packed) packed.
    pub(crate) const fn unpacked(bits: u16) -> Self {
        let [keys, others] = bits.to_le_bytes();
        Self(u32::from_le_bytes([keys & 0x3F, 0, others & 0xF, others >> 4 & 1]))
    }
}

/// The mask without generic rights: what each stands for is in their places (MS-RRP 2.2.3).
const fn mapped(desired: u32) -> u32 {
    const GENERIC: [(u32, u32); 4] = [
        (0x8000_0000, Rights::READ.0),
        (0x4000_0000, Rights::WRITE.0),
        (0x2000_0000, Rights::READ.0),
        (0x1000_0000, 0x000F_003F),
    ];
    let mut rights = desired & !(0xF000_0000 | Rights::MAXIMUM_ALLOWED | VIEWS);
    let [read, write, execute, all] = GENERIC;
    if desired & read.0 != 0 {
        rights |= read.1;
    }
    if desired & write.0 != 0 {
        rights |= write.1;
    }
    if desired & execute.0 != 0 {
        rights |= execute.1;
    }
    if desired & all.0 != 0 {
        rights |= all.1;
    }
    rights
}
