//! The verification trailer behind the parameters of a request (MS-RPCE 2.2.2.13).
//!
//! Clients append it so that a server can check, under the protection of the stub, what the unprotected PDU header
//! and bind said. Some do so without any protection. It is always little-endian.

use alloc::vec::Vec;

use cmrp::ndr::Endian;

use crate::error::{PduError, Reason};
use crate::header::{Header, PacketType};
use crate::label::FormatLabel;
use crate::octets::{Reader, Writer};
use crate::syntax::SyntaxId;

/// What begins a verification trailer.
pub const SIGNATURE: [u8; 8] = [0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71];

/// How far from the end of a stub the trailer is searched, in octets. The three known commands take 88 with the
/// signature. Stops a stub made of signatures from costing time quadratic in its length.
pub const SEARCH_WINDOW: usize = 512;

/// Bit of a command that ends the trailer.
const END: u16 = 0x4000;
/// Bit of a command that the server must understand.
const MUST_PROCESS: u16 = 0x8000;
/// The bits of a command that name it.
const CODE: u16 = 0x3fff;

/// The commands of a verification trailer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationTrailer<'a> {
    /// At least one; the last is marked on the wire.
    pub commands: Vec<Command<'a>>,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// The server must understand the command or refuse the request with status 5.
    pub must_process: bool,
    /// What it says.
    pub content: Content<'a>,
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// `SEC_VT_COMMAND_BITMASK_1`; bit 0: the client can sign headers.
    Bitmask1(u32),
    /// `SEC_VT_COMMAND_PCONTEXT`: what the client believes to be bound.
    Context {
        /// The interface.
        abstract_syntax: SyntaxId,
        /// The transfer syntax.
        transfer_syntax: SyntaxId,
    },
    /// `SEC_VT_COMMAND_HEADER2`: a copy of header fields.
    Header2 {
        /// Number of the PDU's kind; [`PacketType::Request`] in a correct trailer.
        packet_type: u8,
        /// The label.
        label: FormatLabel,
        /// The number of the call.
        call_id: u32,
        /// The presentation context.
        context_id: u16,
        /// The operation.
        opnum: u16,
    },
    /// A command that this crate does not know, or one of unexpected length.
    Other {
        /// Its number, 14 bits.
        code: u16,
        /// Its data.
        data: &'a [u8],
    },
}

/// Parts a whole, readable request stub into its parameters and its verification trailer, if there is one.
///
/// The trailer is aligned to 4 octets, so up to three octets of padding may remain behind the parameters. Octets that
/// look like a trailer but do not end where the stub ends are taken for parameters.
pub fn split(stub: &[u8]) -> (&[u8], Option<VerificationTrailer<'_>>) {
    let first = stub.len().saturating_sub(SEARCH_WINDOW);
    let window = stub.get(first..).unwrap_or_default();
    let starts = window.windows(SIGNATURE.len()).enumerate().rev().filter(|(_, octets)| *octets == SIGNATURE);
    let found = starts.map(|(start, _)| first.saturating_add(start)).find_map(|start| split_at(stub, start));
    found.map_or((stub, None), |(parameters, trailer)| (parameters, Some(trailer)))
}

fn split_at(stub: &[u8], start: usize) -> Option<(&[u8], VerificationTrailer<'_>)> {
    let (parameters, candidate) = stub.split_at_checked(start)?;
    let trailer = VerificationTrailer::decode(candidate).ok()?;
    Some((parameters, trailer))
}

impl<'a> VerificationTrailer<'a> {
    /// Reads a trailer that takes all of `octets`. Offsets of errors count from its signature.
    ///
    /// # Errors
    /// If the signature is missing, a command is cut off, none is marked as the last, or octets follow that one.
    pub fn decode(octets: &'a [u8]) -> Result<Self, PduError> {
        let mut reader = Reader::new(octets, 0, Endian::Little);
        if reader.array("signature")? != SIGNATURE {
            return Err(PduError::new(0, "signature", Reason::Signature));
        }
        let mut commands = Vec::new();
        loop {
            let (command, is_last) = Command::read(&mut reader)?;
            commands.push(command);
            if is_last {
                return finish(&mut reader).map(|()| Self { commands });
            }
        }
    }

    /// Writes the trailer, to be put on a multiple of 4 octets behind the parameters.
    ///
    /// # Errors
    /// If the data of a command is longer than its length field can say, or if there is no command.
    pub fn encode(&self) -> Result<Vec<u8>, PduError> {
        let mut writer = Writer::new(Endian::Little);
        writer.raw(&SIGNATURE);
        let (last, others) = self.commands.split_last().ok_or(PduError::new(
            8,
            "command",
            Reason::Length { declared: 0, expected: 1 },
        ))?;
        others.iter().try_for_each(|command| command.write(&mut writer, 0))?;
        last.write(&mut writer, END)?;
        Ok(writer.finish())
    }
}

/// What a server knows about a request that its verification trailer must agree with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The interface of the presentation context, as the client proposed it.
    pub abstract_syntax: SyntaxId,
    /// The transfer syntax of the presentation context.
    pub transfer_syntax: SyntaxId,
    /// The label of the request.
    pub label: FormatLabel,
    /// The number of the call.
    pub call_id: u32,
    /// The presentation context.
    pub context_id: u16,
    /// The operation.
    pub opnum: u16,
}

impl Expected {
    /// Whether a request with this trailer may run: what the trailer says about context and header is true, and it
    /// has no command that must be processed and cannot be (MS-RPCE 2.2.2.13).
    pub fn permits(&self, trailer: &VerificationTrailer<'_>) -> bool {
        trailer.commands.iter().all(|command| self.permits_command(command))
    }

    fn permits_command(&self, command: &Command<'_>) -> bool {
        match command.content {
            Content::Bitmask1(_) => true,
            Content::Context { .. } => command.content == self.context(),
            Content::Header2 { .. } => command.content == self.header2(),
            Content::Other { .. } => !command.must_process,
        }
    }

    /// The command that names this context.
    pub const fn context<'a>(&self) -> Content<'a> {
        let Self { abstract_syntax, transfer_syntax, .. } = *self;
        Content::Context { abstract_syntax, transfer_syntax }
    }

    /// The command that copies this header.
    pub const fn header2<'a>(&self) -> Content<'a> {
        Content::header2(self.label, self.call_id, self.context_id, self.opnum)
    }
}

fn finish(reader: &mut Reader<'_>) -> Result<(), PduError> {
    let offset = reader.offset();
    match reader.rest().len() {
        0 => Ok(()),
        surplus => Err(PduError::new(offset, "command", Reason::Surplus(surplus))),
    }
}

impl<'a> Command<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<(Self, bool), PduError> {
        let word = reader.u16("command")?;
        let length = usize::from(reader.u16("length")?);
        let offset = reader.offset();
        let data = reader.take(length, "data")?;
        let content = Content::read(word & CODE, data, offset)?;
        Ok((Self { must_process: word & MUST_PROCESS != 0, content }, word & END != 0))
    }

    fn write(&self, writer: &mut Writer, end: u16) -> Result<(), PduError> {
        let must_process = if self.must_process { MUST_PROCESS } else { 0 };
        let mut data = Writer::new(Endian::Little);
        self.content.write(&mut data);
        let data = data.finish();
        writer.u16(self.content.code() | must_process | end);
        writer.length(data.len(), "length")?;
        writer.raw(&data);
        Ok(())
    }
}

impl<'a> Content<'a> {
    const fn code(&self) -> u16 {
        match self {
            Self::Bitmask1(_) => 1,
            Self::Context { .. } => 2,
            Self::Header2 { .. } => 3,
            Self::Other { code, .. } => *code & CODE,
        }
    }

    fn read(code: u16, data: &'a [u8], offset: usize) -> Result<Self, PduError> {
        let mut reader = Reader::new(data, offset, Endian::Little);
        match (code, data.len()) {
            (1, 4) => Ok(Self::Bitmask1(reader.u32("bits")?)),
            (2, 40) => Ok(Self::Context {
                abstract_syntax: SyntaxId::read(&mut reader, "InterfaceId")?,
                transfer_syntax: SyntaxId::read(&mut reader, "TransferSyntax")?,
            }),
            (3, Header::SIZE) => Self::read_header2(&mut reader),
            _ => Ok(Self::Other { code, data }),
        }
    }

    fn read_header2(reader: &mut Reader<'a>) -> Result<Self, PduError> {
        let packet_type = reader.u8("PTYPE")?;
        reader.array::<3>("reserved")?;
        Ok(Self::Header2 {
            packet_type,
            label: FormatLabel::from_wire(reader.array("drep")?)?,
            call_id: reader.u32("call_id")?,
            context_id: reader.u16("p_cont_id")?,
            opnum: reader.u16("opnum")?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Bitmask1(bits) => writer.u32(*bits),
            Self::Context { abstract_syntax, transfer_syntax } => {
                abstract_syntax.write(writer);
                transfer_syntax.write(writer);
            }
            Self::Header2 { packet_type, label, call_id, context_id, opnum } => {
                writer.raw(&[*packet_type, 0, 0, 0]);
                writer.raw(&label.to_wire());
                writer.u32(*call_id);
                writer.u16(*context_id);
                writer.u16(*opnum);
            }
            Self::Other { data, .. } => writer.raw(data),
        }
    }

    /// The copy of header fields that a request must carry to be accepted.
    pub const fn header2(label: FormatLabel, call_id: u32, context_id: u16, opnum: u16) -> Self {
        Self::Header2 { packet_type: PacketType::Request.code(), label, call_id, context_id, opnum }
    }
}
