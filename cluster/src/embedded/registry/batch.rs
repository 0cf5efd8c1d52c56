//! Lists of commands that take effect together (MS-CMRP 3.1.4.2.112), and lists of reads (3.1.4.2.141).

use std::sync::Arc;

use super::{Tree, canonical, find};
use crate::embedded::model::{Key, KeyValue, Name};
use crate::registry::command::{Command, CommandType, decode, encode};
use crate::registry::{KeyPath, RegistryError};

/// Octets of data in the answer to a list of reads, at most: many small commands could ask for one large value.
const MAX_ANSWER: usize = 4 << 20;

/// Why a list failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// The place of the command that failed, from 0; `None` if the list itself is not well-formed.
    pub(crate) command: Option<usize>,
    /// Why.
    pub(crate) error: RegistryError,
}

/// A command that was carried out, and the key that it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(super) key: KeyPath,
    pub(super) command: Command<'static>,
}

/// A list at work.
struct Run<'a> {
    tree: &'a mut Tree,
    base: &'a KeyPath,
    /// `None` behind a command that deleted a key.
    current: Option<KeyPath>,
    done: Vec<Done>,
}

/// Runs a list on the tree, relative to the key `base`, and returns what was done: the commands, with the former data
/// in front of each that replaced or deleted some (MS-CMRP 3.1.4.2.114).
///
/// After a failure the tree has to be dropped: what came before the command that failed has been done in it.
pub(crate) fn execute(tree: &mut Tree, base: &KeyPath, list: &[u8]) -> Result<Vec<Done>, Failed> {
    let commands = decode(list).map_err(|error| Failed { command: None, error })?;
    let mut run = Run { tree, base, current: Some(base.clone()), done: Vec::new() };
    for (index, command) in commands.iter().enumerate() {
        run.execute(command).map_err(|error| Failed { command: Some(index), error })?;
    }
    Ok(run.done)
}

impl Run<'_> {
    fn execute(&mut self, command: &Command<'_>) -> Result<(), RegistryError> {
        match command.kind {
            CommandType::SET_VALUE => self.set(command)?,
            CommandType::DELETE_VALUE => self.unset(command)?,
            CommandType::CREATE_KEY => self.create(command)?,
            CommandType::DELETE_KEY => self.delete(command)?,
            _ => return Err(RegistryError::BadParameter),
        }
        Ok(())
    }

    fn done(&mut self, key: KeyPath, command: &Command<'_>) {
        self.done.push(Done { key, command: command.to_owned_data() });
    }

    fn path(&self, command: &Command<'_>) -> Result<KeyPath, RegistryError> {
        self.base.join(&KeyPath::parse(&command.name)?)
    }

    fn current(&self) -> Result<KeyPath, RegistryError> {
        self.current.clone().ok_or(RegistryError::BadParameter)
    }

    fn create(&mut self, command: &Command<'_>) -> Result<(), RegistryError> {
        let path = self.path(command)?;
        let path = self.tree.create(&path, None)?.path;
        self.current = Some(path.clone());
        self.done(path, command);
        Ok(())
    }

    fn delete(&mut self, command: &Command<'_>) -> Result<(), RegistryError> {
        let path = self.path(command)?;
        self.current = None;
        let path = self.tree.canonical(&path).unwrap_or(path);
        absent(self.tree.delete_tree(&path))?;
        self.done(path, command);
        Ok(())
    }

    fn set(&mut self, command: &Command<'_>) -> Result<(), RegistryError> {
        let key = self.current()?;
        let value = KeyValue { kind: command.value_type, data: Arc::new(command.data.to_vec()) };
        let former = self.tree.set(&key, &command.name, value)?;
        self.replaced(&key, command, former);
        self.done(key, command);
        Ok(())
    }

    fn unset(&mut self, command: &Command<'_>) -> Result<(), RegistryError> {
        let key = self.current()?;
        let former = absent(self.tree.unset(&key, &command.name))?;
        self.replaced(&key, command, former);
        self.done(key, command);
        Ok(())
    }

    fn replaced(&mut self, key: &KeyPath, command: &Command<'_>, former: Option<KeyValue>) {
        let command = former.map(|value| Command {
            kind: CommandType::VALUE_DELETED,
            value_type: value.kind,
            name: command.name.clone(),
            data: value.data.to_vec().into(),
        });
        self.done.extend(command.map(|command| Done { key: key.clone(), command }));
    }
}

/// What is deleted need not exist (MS-CMRP 3.1.4.2.112).
fn absent<T>(result: Result<T, RegistryError>) -> Result<Option<T>, RegistryError> {
    match result {
        Err(RegistryError::NotFound) => Ok(None),
        result => result.map(Some),
    }
}

/// Reads what a list asks for, relative to the key `base`. Each command is answered in its place: by the data of a
/// value, by the key that is read from now on, or by the code that says why not (MS-CMRP 3.1.4.2.141).
pub(crate) fn read(root: &Key, base: &KeyPath, list: &[u8]) -> Result<Vec<u8>, RegistryError> {
    let mut current = Some(base.clone());
    let (mut answers, mut octets) = (Vec::new(), 0_usize);
    for command in decode(list)? {
        let answer = match command.kind {
            CommandType::READ_KEY => {
                let key = read_key(root, base, &command);
                current = key.clone().ok();
                key.map(|_| Command { data: Vec::new().into(), ..command.to_owned_data() })
            }
            CommandType::READ_VALUE => read_value(root, current.as_ref(), &command),
            _ => Err(RegistryError::BadParameter),
        };
        let answer = answer.unwrap_or_else(|error| failed(error, command.name));
        octets = octets.saturating_add(answer.data.len());
        if octets > MAX_ANSWER {
            return Err(RegistryError::Full);
        }
        answers.push(answer);
    }
    Ok(encode(&answers))
}

/// MS-CMRP 3.1.4.2.141 has the path once relative to the designated key, once to the current one. The former is what
/// lists of a client that reads several keys one after the other need, and how the commands that write name keys.
fn read_key(root: &Key, base: &KeyPath, command: &Command<'_>) -> Result<KeyPath, RegistryError> {
    let path = base.join(&KeyPath::parse(&command.name)?)?;
    canonical(root, &path).ok_or(RegistryError::NotFound)
}

fn read_value(
    root: &Key,
    current: Option<&KeyPath>,
    command: &Command<'_>,
) -> Result<Command<'static>, RegistryError> {
    let key = current.and_then(|path| find(root, path)).ok_or(RegistryError::NotFound)?;
    let value = key.values.get(&Name::from(command.name.as_str())).ok_or(RegistryError::NotFound)?;
    Ok(Command {
        kind: CommandType::READ_VALUE,
        value_type: value.kind,
        name: command.name.clone(),
        data: value.data.to_vec().into(),
    })
}

fn failed(error: RegistryError, name: String) -> Command<'static> {
    Command { kind: CommandType::READ_ERROR, value_type: error.code(), name, data: Vec::new().into() }
}
