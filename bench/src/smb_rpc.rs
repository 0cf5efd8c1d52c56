//! x
use anyhow::Result;
use crate::contestant::{Job,Task};
pub(crate) fn job(_: Task) -> Result<Option<Job>> { Ok(None) }
