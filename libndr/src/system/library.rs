//! The library, and what it exports as far as it is needed here.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::{LazyLock, Once};

use libloading::Library;

use super::parameters::warm_up;
use crate::Error;

/// Folders and names under which Linux distributions install the library that has the interfaces.
const FOLDERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/samba",
    "/usr/lib/aarch64-linux-gnu/samba",
    "/usr/lib64/samba",
    "/usr/lib/samba",
];
const INTERFACES: &str = "libndr-samba4.so.0";
/// The library whose layouts are known here.
const RUNTIME: &str = "libndr.so.3";

/// `DBGC_ALL`.
const ALL_MESSAGES: usize = 0;
/// Below the level of errors, which is 0.
const NO_MESSAGES: c_int = -1;

type SetLevel = unsafe extern "C" fn(usize, c_int);

/// `DATA_BLOB`.
#[repr(C)]
pub(super) struct Blob {
    pub(super) data: *const u8,
    pub(super) length: usize,
}

/// The first members of `struct ndr_pull`.
#[repr(C)]
pub(super) struct Pull {
    pub(super) flags: u32,
    data: *const u8,
    data_size: u32,
    pub(super) offset: u32,
}

/// The first members of `struct ndr_push`.
#[repr(C)]
pub(super) struct Push {
    pub(super) flags: u32,
    pub(super) data: *const u8,
    allocated: u32,
    pub(super) offset: u32,
}

/// `struct ndr_interface_call_pipes`.
#[repr(C)]
struct Pipes {
    count: u32,
    pipes: *const c_void,
}

/// `struct ndr_interface_call`.
#[repr(C)]
pub(super) struct Call {
    name: *const c_char,
    pub(super) size: usize,
    pub(super) push: unsafe extern "C" fn(*mut Push, c_int, *const c_void) -> c_int,
    pub(super) pull: unsafe extern "C" fn(*mut Pull, c_int, *mut c_void) -> c_int,
    print: *const c_void,
    pipes: [Pipes; 2],
}

/// The first members of `struct ndr_interface_table`.
#[repr(C)]
struct Table {
    name: *const c_char,
    /// UUID and version.
    syntax: [u32; 5],
    help: *const c_char,
    count: u32,
    calls: *const Call,
}

/// The functions that are used. They stay valid since the library is never unloaded.
pub(super) struct Api {
    table: &'static Table,
    pub(super) init_pull: unsafe extern "C" fn(*const Blob, *const c_void) -> *mut Pull,
    pub(super) init_push: unsafe extern "C" fn(*const c_void) -> *mut Push,
    pub(super) zeroed: unsafe extern "C" fn(*const c_void, usize, *const c_char) -> *mut c_void,
    pub(super) copy: unsafe extern "C" fn(*const c_void, *const c_void, usize, *const c_char) -> *mut c_void,
    pub(super) limit: unsafe extern "C" fn(*const c_void, usize) -> c_int,
    free: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    blocks: unsafe extern "C" fn(*const c_void) -> usize,
}

// SAFETY: the table is constant data of the library, and what it points to is too.
unsafe impl Send for Api {}
// SAFETY: as above; functions can be called from any thread.
unsafe impl Sync for Api {}

/// Done when the library has made what its threads share.
static WARM: Once = Once::new();

static API: LazyLock<Result<Api, String>> =
    LazyLock::new(|| Api::load().map_err(|reason| format!("libndr is left out: {reason}")));

/// Why the library can't be used, if it can't.
pub fn absence() -> Option<String> {
    API.as_ref().err().cloned()
}

impl Api {
    /// The one library.
    pub(super) fn get() -> Result<&'static Self, Error> {
        let api = API.as_ref().map_err(|reason| Error::Absent(reason.clone()))?;
        WARM.call_once(|| warm_up(api));
        Ok(api)
    }

    fn load() -> Result<Self, String> {
        open(RUNTIME)?;
        let path = FOLDERS.map(|folder| Path::new(folder).join(INTERFACES));
        let path = path.iter().find(|path| path.exists()).ok_or("libndr-samba4 is not installed")?;
        // Symbols of what it depends on are found through it.
        let library = open(path)?;
        let api = Self {
            // SAFETY: the symbol is a `struct ndr_interface_table`, whose layout is checked above by library version.
            table: unsafe { symbol::<&'static Table>(library, c"ndr_table_clusapi") }?,
            // SAFETY: the declaration is that of the public header.
            init_pull: unsafe { symbol(library, c"ndr_pull_init_blob") }?,
            // SAFETY: the declaration is that of the public header.
            init_push: unsafe { symbol(library, c"ndr_push_init_ctx") }?,
            // SAFETY: the declaration is that of the public header.
            zeroed: unsafe { symbol(library, c"_talloc_zero") }?,
            // SAFETY: the declaration is that of the public header.
            copy: unsafe { symbol(library, c"_talloc_memdup") }?,
            // SAFETY: the declaration is that of the public header.
            limit: unsafe { symbol(library, c"talloc_set_memlimit") }?,
            // SAFETY: the declaration is that of the public header.
            free: unsafe { symbol(library, c"_talloc_free") }?,
            // SAFETY: the declaration is that of the public header.
            blocks: unsafe { symbol(library, c"talloc_total_blocks") }?,
        };
        // SAFETY: the declaration is that of the private header of the same version.
        let level: SetLevel = unsafe { symbol(library, c"debuglevel_set_class") }?;
        // SAFETY: the class of all messages always exists. What goes wrong is told by codes, and the buffer of messages
        // is not meant for threads.
        unsafe { level(ALL_MESSAGES, NO_MESSAGES) };
        if api.name() != c"clusapi" {
            return Err("the table is another interface's".to_owned());
        }
        Ok(api)
    }

    fn name(&self) -> &CStr {
        // SAFETY: the name is a constant string of the library.
        unsafe { CStr::from_ptr(self.table.name) }
    }

    pub(super) fn call(&self, opnum: u16) -> Result<&'static Call, Error> {
        if u32::from(opnum) >= self.table.count {
            return Err(Error::UnknownOperation(opnum));
        }
        // SAFETY: the table has that many elements.
        let call = unsafe { self.table.calls.add(opnum.into()) };
        // SAFETY: the elements are constant data of a library that stays.
        Ok(unsafe { &*call })
    }

    /// Frees a talloc chunk with all that hangs on it.
    pub(super) fn free<T>(&self, chunk: NonNull<T>) {
        // SAFETY: whoever owns the chunk calls this once, when it goes. The location serves messages only.
        unsafe { (self.free)(chunk.as_ptr().cast(), c"cmrp-libndr".as_ptr()) };
    }

    /// Chunks that hang on a talloc chunk, with itself.
    pub(super) fn blocks<T>(&self, chunk: NonNull<T>) -> usize {
        // SAFETY: the chunk was not freed yet.
        unsafe { (self.blocks)(chunk.as_ptr().cast()) }
    }
}

/// Opens a library, for good.
fn open(name: impl AsRef<OsStr>) -> Result<&'static Library, String> {
    // SAFETY: initialisers of Samba's libraries have no conditions.
    let library = unsafe { Library::new(name) }.map_err(|error| error.to_string())?;
    Ok(Box::leak(Box::new(library)))
}

/// Looks a symbol up.
///
/// # Safety
/// The symbol has that type.
unsafe fn symbol<T: Copy>(library: &'static Library, name: &CStr) -> Result<T, String> {
    // SAFETY: the caller knows the type.
    let symbol = unsafe { library.get::<T>(name.to_bytes_with_nul()) };
    symbol.map(|symbol| *symbol).map_err(|error| error.to_string())
}
