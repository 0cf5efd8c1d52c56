//! A new file, whole or not at all.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::Database;

use super::error::StoreError;
use super::rows::{ABOUT, DEFINITION_ROW, FORMAT, FORMAT_ROW, MAKER_ROW};
use super::write::write_all;
use crate::definition::Definition;
use crate::embedded::model::State;

/// Creates the file in this state.
pub(super) fn create(path: &Path, definition: &Definition, state: &State) -> Result<(), StoreError> {
    let unfinished = unfinished(path);
    remove(&unfinished)?;
    let database = redb::Builder::new().create_with_file_format_v3(true).create(&unfinished)?;
    fill(&database, definition, state)?;
    // Closing it first would let another server remove it under way.
    fs::rename(&unfinished, path)?;
    drop(database);
    make_durable(path)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Removes what a crash has left behind, unless a server is at work on it.
fn remove(unfinished: &Path) -> Result<(), StoreError> {
    if !unfinished.try_exists()? {
        return Ok(());
    }
    if let Err(redb::DatabaseError::DatabaseAlreadyOpen) = Database::open(unfinished) {
        return Err(StoreError::InUse);
    }
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn fill(database: &Database, definition: &Definition, state: &State) -> Result<(), StoreError> {
    let text = serde_json::to_string(definition).map_err(|error| StoreError::row(DEFINITION_ROW, &error))?;
    let transaction = database.begin_write()?;
    {
        let mut about = transaction.open_table(ABOUT)?;
        about.insert(FORMAT_ROW, FORMAT.to_string().as_str())?;
        about.insert(DEFINITION_ROW, text.as_str())?;
        about.insert(MAKER_ROW, concat!("cmrp-cluster ", env!("CARGO_PKG_VERSION")))?;
    }
    write_all(&transaction, state)?;
    transaction.commit()?;
    Ok(())
}

/// Makes sure that the directory knows the file after a power cut.
fn make_durable(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}
