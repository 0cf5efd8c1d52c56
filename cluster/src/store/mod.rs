//! A file that keeps the state of a cluster over restarts, crashes and power cuts.
//!
//! Each change is one transaction: it is on the disk as a whole when [`Journal::commit`] returns, before the answer
//! leaves that tells of it, or it is not there at all. Only the objects, keys and values that differ are written. The
//! file is a [redb](https://docs.rs/redb) database; nobody else can open it while a server has it.
//!
//! # The definition and the file
//! The first start writes the state that the definition describes. From then on the file alone counts, since clients
//! have changed what the definition once said: a later start with another definition keeps the state and says so
//! ([`Origin::Continued`]). To begin anew, remove the file.
//!
//! # Errors of the disk
//! A change that cannot be written is refused, and the file is closed, opened and read again: a disk that was full and
//! has room again, say, is used without a restart. The next change writes whatever is missing then, also where the one
//! that was refused has come to the disk nevertheless.
//!
//! # State numbers
//! MS-CMRP 3.1.1.1.1 calls state numbers no part of the stored state, and wants them to be alike on all active nodes.
//! Of this cluster all active nodes may end with one process, and clients come back with the numbers of its former
//! life. Were they to begin anew, a resource that went offline and online again after the restart could have the very
//! number that a client remembers from before another change, and the client would never learn of that change. So each
//! number is kept with the state that it marks, in the same transaction: equal numbers mean that nothing happened,
//! whatever was restarted in between. Where there is no file, see [`Definition::state`].
//!
//! ```
//! use cmrp_cluster::definition::{DEFAULT, Definition};
//! use cmrp_cluster::embedded::Journal;
//! use cmrp_cluster::store::{Origin, Store};
//!
//! let directory = tempfile::tempdir().unwrap();
//! let path = directory.path().join("cluster.redb");
//! let definition = Definition::from_text(DEFAULT).unwrap();
//!
//! let mut opened = Store::open(&path, &definition, 0).unwrap();
//! let mut changed = opened.state.clone();
//! changed.cluster.name = "CLUSTER2".into();
//! opened.store.commit(&opened.state, &changed).unwrap();
//! drop(opened);
//!
//! let again = Store::open(&path, &definition, 0).unwrap();
//! assert_eq!(again.state.cluster.name, "CLUSTER2");
//! assert_eq!(again.origin, Origin::Continued { definition_differs: false });
//! ```

mod create;
mod error;
mod integrity;
mod read;
mod rows;
mod write;

use std::path::{Path, PathBuf};

use redb::Database;

pub use self::error::StoreError;
pub use self::integrity::faults;
use crate::definition::Definition;
use crate::embedded::model::State;
use crate::embedded::{Journal, JournalError};

/// The file that keeps a cluster.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// `None` after an error, until the file can be opened again.
    database: Option<Database>,
    /// What is in the file, if an error left there something else than what was kept last.
    found: Option<Box<State>>,
}

/// A store, and what is in it.
#[derive(Debug)]
pub struct Opened {
    /// The store: a journal for an [`Embedded`](crate::embedded::Embedded) cluster.
    pub store: Store,
    /// The state that it holds.
    pub state: State,
    /// Where the state comes from.
    pub origin: Origin,
}

/// Where the state in a store comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the definition: the file is new.
    Created,
    /// From a former run.
    Continued {
        /// Whether the definition is another one than that which the file began with. It was not looked at any
        /// further; people should be told.
        definition_differs: bool,
    },
}

impl Store {
    /// Opens the file, or creates it in the state that the definition describes.
    ///
    /// A new file is made beside its place, as `NAME.new`, and moved there when it is complete, so that a crash leaves
    /// either no file or a whole one. `number` is the state number of all objects of a new cluster, see
    /// [`Definition::state`].
    ///
    /// # Errors
    /// The file is in use, not a store, of a format that this version does not know, or damaged, or the disk refuses.
    pub fn open(path: &Path, definition: &Definition, number: u32) -> Result<Opened, StoreError> {
        if path.try_exists()? {
            return Self::continued(path, definition);
        }
        let state = definition.state(number);
        create::create(path, definition, &state)?;
        let store = Self::over(path, Database::open(path)?);
        Ok(Opened { store, state, origin: Origin::Created })
    }

    fn continued(path: &Path, definition: &Definition) -> Result<Opened, StoreError> {
        let (database, content) = load(path)?;
        let faults = integrity::faults(&content.state);
        if !faults.is_empty() {
            return Err(StoreError::Inconsistent { faults });
        }
        let origin =
            Origin::Continued { definition_differs: content.definition.as_ref() != Some(definition) };
        Ok(Opened { store: Self::over(path, database), state: content.state, origin })
    }
}

impl Store {
    fn over(path: &Path, database: Database) -> Self {
        Self { path: path.to_owned(), database: Some(database), found: None }
    }

    fn write(&mut self, before: &State, after: &State) -> Result<(), StoreError> {
        if self.database.is_none() {
            self.open_again(before)?;
        }
        let database = self.database.as_ref().ok_or(StoreError::Foreign)?;
        write::commit(database, self.found.as_deref().unwrap_or(before), after)?;
        self.found = None;
        Ok(())
    }

    /// Opens the file again after an error: the database writes nothing any more until then.
    fn open_again(&mut self, kept: &State) -> Result<(), StoreError> {
        // The file is locked as long as the database is there.
        self.database = None;
        let (database, content) = load(&self.path)?;
        self.database = Some(database);
        self.found = (!is_kept_as(&content.state, kept)).then(|| Box::new(content.state));
        Ok(())
    }
}

/// Opens a file and reads all that is in it.
fn load(path: &Path) -> Result<(Database, read::Content), StoreError> {
    error::caught(|| {
        let mut database = Database::open(path)?;
        // Reading alone does not compare the checksums of pages.
        database.check_integrity()?;
        let content = read::read(&database)?;
        Ok((database, content))
    })
}

/// Whether a state that was read is what a file keeps of another one: times are not kept.
fn is_kept_as(read: &State, state: &State) -> bool {
    let mut timeless = state.clone();
    timeless.resources.values_mut().for_each(|resource| resource.due = None);
    timeless.nodes.values_mut().for_each(|node| node.due = None);
    *read == timeless
}

impl Journal for Store {
    fn commit(&mut self, before: &State, after: &State) -> Result<(), JournalError> {
        let Err(error) = self.write(before, after) else { return Ok(()) };
        // It may be on the disk all the same, if the error came at the very end.
        let found = self.open_again(after);
        if found.is_ok() && self.found.is_none() {
            return Ok(());
        }
        Err(JournalError { source: Box::new(error) })
    }
}
