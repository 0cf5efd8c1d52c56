//! The state numbers of objects.

use crate::object::Object;

/// Where a server looks up the state number of an object (MS-CMRP 3.1.1.1.1).
pub trait StateNumbers {
    /// The current state number; 0 for an object that is not known.
    fn state_sequence(&self, object: &Object) -> u32;
}
