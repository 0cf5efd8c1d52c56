//! The security trailer at the end of a protected PDU (MS-RPCE 2.2.2.11).

use core::fmt;

use crate::error::{PduError, Reason};
use crate::header::Header;
use crate::octets::{Reader, Writer, fit};

/// Which security provider made the token, `auth_type` (MS-RPCE 2.2.1.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthType(pub u8);

impl AuthType {
    /// No authentication.
    pub const NONE: Self = Self(0x00);
    /// SPNEGO: NTLM or Kerberos by negotiation.
    pub const SPNEGO: Self = Self(0x09);
    /// NTLM.
    pub const NTLM: Self = Self(0x0a);
    /// TLS.
    pub const TLS: Self = Self(0x0e);
    /// Kerberos.
    pub const KERBEROS: Self = Self(0x10);
    /// Netlogon.
    pub const NETLOGON: Self = Self(0x44);

    /// Name of a known provider.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::NONE => Some("none"),
            Self::SPNEGO => Some("SPNEGO"),
            Self::NTLM => Some("NTLM"),
            Self::TLS => Some("TLS"),
            Self::KERBEROS => Some("Kerberos"),
            Self::NETLOGON => Some("Netlogon"),
            _ => None,
        }
    }
}

impl fmt::Display for AuthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "provider {:#04x}", self.0),
        }
    }
}

/// How much of each PDU is protected, `auth_level` (MS-RPCE 2.2.1.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthLevel(pub u8);

impl AuthLevel {
    /// Nothing.
    pub const NONE: Self = Self(1);
    /// The client is known when the connection is made; trailers on calls are optional.
    pub const CONNECT: Self = Self(2);
    /// Handled as [`AuthLevel::PKT`].
    pub const CALL: Self = Self(3);
    /// The sender of each PDU is known.
    pub const PKT: Self = Self(4);
    /// Each PDU is signed.
    pub const PKT_INTEGRITY: Self = Self(5);
    /// Each PDU is signed and its body is encrypted.
    pub const PKT_PRIVACY: Self = Self(6);

    /// Whether the bodies of requests and responses are encrypted.
    pub const fn is_sealing(self) -> bool {
        self.0 == Self::PKT_PRIVACY.0
    }

    /// Name of a known level.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::NONE => Some("none"),
            Self::CONNECT => Some("connect"),
            Self::CALL => Some("call"),
            Self::PKT => Some("packet"),
            Self::PKT_INTEGRITY => Some("integrity"),
            Self::PKT_PRIVACY => Some("privacy"),
            _ => None,
        }
    }
}

impl fmt::Display for AuthLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "level {}", self.0),
        }
    }
}

/// Provider, level and security context of a PDU: what all fragments of a call share (MS-RPCE 2.2.2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Protection {
    /// The provider.
    pub auth_type: AuthType,
    /// What it protects.
    pub level: AuthLevel,
    /// `auth_context_id`: the client's number for the security context, unique on the connection.
    pub context_id: u32,
}

/// The `sec_trailer` of a PDU with its padding and token (MS-RPCE 2.2.2.11).
///
/// The trailer itself is always in the clear. At [`AuthLevel::PKT_PRIVACY`] the body and `padding` of a request or
/// response are one ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityTrailer<'a> {
    /// Provider, level and security context.
    pub protection: Protection,
    /// Up to 255 octets between the body and the trailer; `auth_pad_length` is their number.
    pub padding: &'a [u8],
    /// The token or signature, not empty.
    pub token: &'a [u8],
}

impl<'a> SecurityTrailer<'a> {
    /// Octets of the trailer without padding and token.
    pub const SIZE: usize = 8;

    /// Parts the octets after the header of a PDU into its body and its trailer. `after_header` has the length that
    /// `header.frag_length` asks for.
    pub(crate) fn split(
        header: &Header,
        after_header: &'a [u8],
    ) -> Result<(&'a [u8], Option<Self>), PduError> {
        if header.auth_length == 0 {
            return Ok((after_header, None));
        }
        let trailer_start = after_header.len().saturating_sub(header.trailer_size());
        let mut reader = Reader::new(after_header, Header::SIZE, header.label.endian());
        let padded_body = reader.take(trailer_start, "sec_trailer")?;
        let (trailer, pad_length) = Self::read(&mut reader)?;
        let (body, padding) = split_padding(padded_body, pad_length)?;
        Ok((body, Some(Self { padding, ..trailer })))
    }

    fn read(reader: &mut Reader<'a>) -> Result<(Self, usize), PduError> {
        let auth_type = AuthType(reader.u8("auth_type")?);
        let level = AuthLevel(reader.u8("auth_level")?);
        let pad_length = usize::from(reader.u8("auth_pad_length")?);
        reader.u8("auth_reserved")?;
        let context_id = reader.u32("auth_context_id")?;
        let protection = Protection { auth_type, level, context_id };
        Ok((Self { protection, padding: &[], token: reader.rest() }, pad_length))
    }

    /// Writes padding, trailer and token, and returns `auth_length`.
    pub(crate) fn write(&self, writer: &mut Writer) -> Result<u16, PduError> {
        writer.raw(self.padding);
        writer.u8(self.protection.auth_type.0);
        writer.u8(self.protection.level.0);
        writer.count(self.padding.len(), "auth_pad_length")?;
        writer.u8(0);
        writer.u32(self.protection.context_id);
        writer.raw(self.token);
        match self.token.len() {
            0 => Err(PduError::new(10, "auth_length", Reason::Length { declared: 0, expected: 1 })),
            length => fit(length, usize::from(u16::MAX), 10, "auth_length"),
        }
    }
}

fn split_padding(padded_body: &[u8], pad_length: usize) -> Result<(&[u8], &[u8]), PduError> {
    padded_body.len().checked_sub(pad_length).and_then(|end| padded_body.split_at_checked(end)).ok_or_else(
        || {
            let offset = padded_body.len().saturating_add(Header::SIZE).saturating_add(2);
            let reason = Reason::Length { declared: pad_length, expected: padded_body.len() };
            PduError::new(offset, "auth_pad_length", reason)
        },
    )
}
