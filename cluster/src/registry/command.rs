//! The octets of a list of commands: `CLUSTER_REG_BATCH_UPDATE` (MS-CMRP 2.2.3.17).

use std::borrow::Cow;

use super::error::RegistryError;

/// What a command does (`CLUSTER_REG_COMMAND`, MS-CMRP 2.2.2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommandType(pub u32);

impl CommandType {
    /// `CLUSREG_SET_VALUE`.
    pub const SET_VALUE: Self = Self(1);
    /// `CLUSREG_CREATE_KEY`.
    pub const CREATE_KEY: Self = Self(2);
    /// `CLUSREG_DELETE_KEY`.
    pub const DELETE_KEY: Self = Self(3);
    /// `CLUSREG_DELETE_VALUE`.
    pub const DELETE_VALUE: Self = Self(4);
    /// `CLUSREG_VALUE_DELETED`: in notifications only, the data that a value had before.
    pub const VALUE_DELETED: Self = Self(6);
    /// `CLUSREG_READ_KEY`.
    pub const READ_KEY: Self = Self(7);
    /// `CLUSREG_READ_VALUE`.
    pub const READ_VALUE: Self = Self(8);
    /// `CLUSREG_READ_ERROR`: in answers only, `value_type` is the code.
    pub const READ_ERROR: Self = Self(9);
}

/// `BATCH_UPDATE_COMMAND` (MS-CMRP 2.2.3.17.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// What it does.
    pub kind: CommandType,
    /// The type of the value, or a code.
    pub value_type: u32,
    /// The name of the value, or the path of the key.
    pub name: String,
    /// The data of the value.
    pub data: Cow<'a, [u8]>,
}

impl Command<'_> {
    /// The command with data of its own.
    #[must_use]
    pub fn to_owned_data(&self) -> Command<'static> {
        Command {
            kind: self.kind,
            value_type: self.value_type,
            name: self.name.clone(),
            data: self.data.to_vec().into(),
        }
    }
}

/// The version of the structure; its first member.
const VERSION: u32 = 1;

/// Commands, at most: a list of empty ones takes 20 octets each, so a call could bring a great many.
pub const MAX_COMMANDS: usize = 65_536;

/// Reads a list.
///
/// # Errors
/// [`RegistryError::BadParameter`] if the version is not 1, a length goes beyond the octets, a name is not UTF-16 with
/// its terminator at its end, or there are more than [`MAX_COMMANDS`].
pub fn decode(octets: &[u8]) -> Result<Vec<Command<'_>>, RegistryError> {
    let mut left = Left(octets);
    read(&mut left).ok_or(RegistryError::BadParameter)
}

fn read<'a>(left: &mut Left<'a>) -> Option<Vec<Command<'a>>> {
    if left.number()? != VERSION {
        return None;
    }
    let mut commands = Vec::new();
    while !left.0.is_empty() {
        commands.push(read_one(left)?);
        if commands.len() > MAX_COMMANDS {
            return None;
        }
    }
    Some(commands)
}

fn read_one<'a>(left: &mut Left<'a>) -> Option<Command<'a>> {
    let kind = CommandType(left.number()?);
    let value_type = left.number()?;
    let name = text(left.counted()?)?;
    let data = left.counted()?;
    // The end of each command is at a multiple of 2; a list may leave out the last padding.
    if data.len() % 2 != 0 && !left.0.is_empty() {
        left.take(1)?;
    }
    Some(Command { kind, value_type, name, data: data.into() })
}

/// UTF-16 with a terminator at its end and nowhere else.
fn text(octets: &[u8]) -> Option<String> {
    let (text, [0, 0]) = octets.split_last_chunk()? else { return None };
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.filter_map(|pair| pair.try_into().ok().map(u16::from_le_bytes)).collect();
    String::from_utf16(&units).ok().filter(|text| !text.contains('\0'))
}

/// Writes a list.
pub fn encode<'a>(commands: impl IntoIterator<Item = &'a Command<'a>>) -> Vec<u8> {
    let mut octets = VERSION.to_le_bytes().to_vec();
    commands.into_iter().for_each(|command| append(command, &mut octets));
    octets
}

/// Writes one more command behind a list.
pub fn append(command: &Command<'_>, octets: &mut Vec<u8>) {
    octets.extend(command.kind.0.to_le_bytes());
    octets.extend(command.value_type.to_le_bytes());
    let name: Vec<u8> = command.name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    counted(&name, octets);
    counted(&command.data, octets);
    octets.resize(octets.len().next_multiple_of(2), 0);
}

fn counted(part: &[u8], octets: &mut Vec<u8>) {
    octets.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
    octets.extend(part);
}

/// What is left to read.
struct Left<'a>(&'a [u8]);

impl<'a> Left<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.number()?).ok()?;
        self.take(count)
    }
}
