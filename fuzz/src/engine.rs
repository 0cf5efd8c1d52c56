//! The macro that makes a fuzz target, for the engine that a feature names.
//!
//! A target is a program of its own, since that is what the engines take. If several features are on, as in a build
//! with all of them, libFuzzer is preferred, then honggfuzz.

/// Makes a fuzz target of the oracle with this name.
///
/// libFuzzer brings its own `main`, so that a target begins with `#![cfg_attr(feature = "libfuzzer", no_main)]`.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
            $crate::bound::hold($name, octets.len(), || $crate::oracle($name, octets));
        });
        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate($name, data, size, max_size, seed)
                .unwrap_or_else(|| $crate::libfuzzer_sys::fuzzer_mutate(data, size, max_size))
        });
    };
}

/// Makes a fuzz target of the oracle with this name.
#[cfg(all(feature = "honggfuzz", not(feature = "libfuzzer")))]
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        fn main() {
            loop {
                $crate::honggfuzz::fuzz!(|octets: &[u8]| {
                    $crate::bound::hold($name, octets.len(), || $crate::oracle($name, octets));
                });
            }
        }
    };
}

/// Makes a fuzz target of the oracle with this name.
#[cfg(all(feature = "afl", not(any(feature = "libfuzzer", feature = "honggfuzz"))))]
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        fn main() {
            $crate::afl::fuzz!(|octets: &[u8]| {
                $crate::bound::hold($name, octets.len(), || $crate::oracle($name, octets));
            });
        }
    };
}

/// Makes a program that runs the oracle with this name over the files on its command line.
#[cfg(not(any(feature = "libfuzzer", feature = "honggfuzz", feature = "afl")))]
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        fn main() -> std::process::ExitCode {
            $crate::replay::main($name, std::env::args_os().skip(1).map(std::path::PathBuf::from))
        }
    };
}

/// Mutates `data[..size]` in place with the target's own mutator; gives the new size, which is `max_size` at most.
/// `None` leaves it to the fuzzer.
#[cfg(feature = "libfuzzer")]
#[doc(hidden)]
pub fn mutate(target: &str, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> Option<usize> {
    let mutated = cmrp_testsuite::mutate::mutate(target, data.get(..size)?, max_size, seed)?;
    let size = mutated.len().min(max_size);
    data.get_mut(..size)?.copy_from_slice(mutated.get(..size)?);
    Some(size)
}
