//! Changes of one thing in a value that is there already.

use alloc::vec::Vec;

use super::super::{FileTime, SizedPtr, Uuid, Varying, VaryingPtr, WStr};
use super::number::{Number, number};
use super::{Arbitrary, Result, Unstructured, octets};

/// A value of which one thing can be changed, so that it stays one of its type.
pub trait Vary<'a>: Arbitrary<'a> {
    /// Changes one thing. Which, and into what, the choices say.
    ///
    /// # Errors
    /// None today: where choices end, they are zeros.
    fn vary(&mut self, choices: &mut Unstructured<'a>) -> Result<()>;
}

/// A value in which something may be changed without a change of its counts.
pub trait Inside<'a> {
    /// Changes one thing; `false` if there is nothing to change.
    ///
    /// # Errors
    /// As [`Vary::vary`].
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool>;
}

/// Makes a field anew or changes what is inside.
///
/// # Errors
/// Those of `make`.
pub fn vary_field<'a, T: Inside<'a>>(
    field: &mut T,
    choices: &mut Unstructured<'a>,
    make: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<()> {
    if choices.ratio(1_u8, 4)? || !field.vary_inside(choices)? {
        *field = make(choices)?;
    }
    Ok(())
}

/// Changes what is inside a field, if there is something.
///
/// # Errors
/// As [`Vary::vary`].
pub fn vary_inside<'a, T: Inside<'a>>(field: &mut T, choices: &mut Unstructured<'a>) -> Result<()> {
    field.vary_inside(choices).map(drop)
}

/// Moves a number a little, changes a bit of it, or makes another.
fn vary_number<T: Number>(value: &mut T, choices: &mut Unstructured<'_>) -> Result<()> {
    *value = match choices.int_in_range(0_u8..=2)? {
        0 => value.plus(choices.int_in_range(-4..=4)?),
        1 => value.flipped(choices.int_in_range(0..=63)?),
        _ => number(choices)?,
    };
    Ok(())
}

macro_rules! vary_numbers {
    ($($type:ident)+) => {$(
        impl<'a> Vary<'a> for $type {
            fn vary(&mut self, choices: &mut Unstructured<'a>) -> Result<()> {
                vary_number(self, choices)
            }
        }
    )+};
}

vary_numbers!(u8 i8 u16 i16 u32 i32 u64 i64);

impl<'a> Vary<'a> for WStr<'a> {
    fn vary(&mut self, choices: &mut Unstructured<'a>) -> Result<()> {
        *self = Self::arbitrary(choices)?;
        Ok(())
    }
}

impl<'a> Vary<'a> for Uuid {
    fn vary(&mut self, choices: &mut Unstructured<'a>) -> Result<()> {
        *self = Self::arbitrary(choices)?;
        Ok(())
    }
}

impl<'a> Vary<'a> for FileTime {
    fn vary(&mut self, choices: &mut Unstructured<'a>) -> Result<()> {
        self.0.vary(choices)
    }
}

impl<'a, T: Vary<'a>> Inside<'a> for T {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        self.vary(choices).map(|()| true)
    }
}

impl<'a> Inside<'a> for &'a [u8] {
    /// Other octets, as many as before.
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        if self.is_empty() || self.len() > choices.len() {
            return Ok(false);
        }
        *self = octets(choices, self.len(), self.len())?;
        Ok(true)
    }
}

impl<'a, T: Inside<'a>> Inside<'a> for Vec<T> {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        if self.is_empty() {
            return Ok(false);
        }
        let index = choices.choose_index(self.len())?;
        self.get_mut(index).map_or(Ok(false), |element| element.vary_inside(choices))
    }
}

impl<'a, T: Inside<'a>, const N: usize> Inside<'a> for [T; N] {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        let index = choices.int_in_range(0..=N.saturating_sub(1))?;
        self.get_mut(index).map_or(Ok(false), |element| element.vary_inside(choices))
    }
}

impl<'a, T: Inside<'a>> Inside<'a> for Option<T> {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        self.as_mut().map_or(Ok(false), |target| target.vary_inside(choices))
    }
}

impl<'a, T: Inside<'a>> Inside<'a> for Varying<T> {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        self.data.vary_inside(choices)
    }
}

impl<'a, T: Inside<'a>> Inside<'a> for SizedPtr<T> {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        match self {
            Self::Null { .. } => Ok(false),
            Self::Array(array) => array.vary_inside(choices),
        }
    }
}

impl<'a, T: Inside<'a>> Inside<'a> for VaryingPtr<T> {
    fn vary_inside(&mut self, choices: &mut Unstructured<'a>) -> Result<bool> {
        match self {
            Self::Null { .. } => Ok(false),
            Self::Array(array) => array.vary_inside(choices),
        }
    }
}
