//! Samba's NDR library, loaded while the program runs: what it exports, as far as it is needed here, behind types
//! that free what they own.
//!
//! The layouts are those of libndr.so.3 (Samba 4.16 to 4.18), whose presence is checked first. No structure of the
//! interface is declared: its table of operations has the size of each and the functions that fill and read it.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};
use libloading::Library;

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

/// Marks integers as big-endian.
pub(crate) const BIG_ENDIAN: u32 = 1 << 0;
/// Makes room for what `ref` pointers point to.
const ALLOCATE_REFS: u32 = 1 << 20;
/// Selects NDR64.
pub(crate) const NDR64: u32 = 1 << 29;

/// Which parameters of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Those of the request.
    In = 0x10,
    /// Those of the response.
    Out = 0x20,
}

/// `DATA_BLOB`.
#[repr(C)]
struct Blob {
    data: *const u8,
    length: usize,
}

/// The first members of `struct ndr_pull`.
#[repr(C)]
struct Pull {
    flags: u32,
}

/// The first members of `struct ndr_push`.
#[repr(C)]
struct Push {
    flags: u32,
    data: *const u8,
    allocated: u32,
    offset: u32,
}

/// `struct ndr_interface_call_pipes`.
#[repr(C)]
struct Pipes {
    count: u32,
    pipes: *const c_void,
}

/// `struct ndr_interface_call`.
#[repr(C)]
struct Call {
    name: *const c_char,
    size: usize,
    push: unsafe extern "C" fn(*mut Push, c_int, *const c_void) -> c_int,
    pull: unsafe extern "C" fn(*mut Pull, c_int, *mut c_void) -> c_int,
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
struct Api {
    table: &'static Table,
    init_pull: unsafe extern "C" fn(*const Blob, *const c_void) -> *mut Pull,
    init_push: unsafe extern "C" fn(*const c_void) -> *mut Push,
    zeroed: unsafe extern "C" fn(*const c_void, usize, *const c_char) -> *mut c_void,
    copy: unsafe extern "C" fn(*const c_void, *const c_void, usize, *const c_char) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    blocks: unsafe extern "C" fn(*const c_void) -> usize,
}

// SAFETY: the table is constant data of the library, and what it points to is too.
unsafe impl Send for Api {}
// SAFETY: as above; functions can be called from any thread.
unsafe impl Sync for Api {}

static API: LazyLock<Result<Api, String>> =
    LazyLock::new(|| Api::load().map_err(|error| format!("libndr is left out: {error:#}")));

/// Why the library can't be used, if it can't.
pub(crate) fn absence() -> Option<String> {
    API.as_ref().err().cloned()
}

impl Api {
    fn load() -> Result<Self> {
        open(RUNTIME)?;
        let path = FOLDERS.map(|folder| Path::new(folder).join(INTERFACES));
        let path = path.iter().find(|path| path.exists()).context("libndr-samba4 is not installed")?;
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
            free: unsafe { symbol(library, c"_talloc_free") }?,
            // SAFETY: the declaration is that of the public header.
            blocks: unsafe { symbol(library, c"talloc_total_blocks") }?,
        };
        ensure!(api.name() == c"clusapi", "the table is another interface's");
        Ok(api)
    }

    fn name(&self) -> &CStr {
        // SAFETY: the name is a constant string of the library.
        unsafe { CStr::from_ptr(self.table.name) }
    }

    fn call(&self, opnum: u16) -> Result<&'static Call> {
        ensure!(u32::from(opnum) < self.table.count, "libndr does not know opnum {opnum}");
        // SAFETY: the table has that many elements.
        let call = unsafe { self.table.calls.add(opnum.into()) };
        // SAFETY: the elements are constant data of a library that stays.
        Ok(unsafe { &*call })
    }

    /// Frees a talloc chunk with all that hangs on it.
    fn free<T>(&self, chunk: NonNull<T>) {
        // SAFETY: whoever owns the chunk calls this once, when it goes. The location serves messages only.
        unsafe { (self.free)(chunk.as_ptr().cast(), c"cmrp-bench".as_ptr()) };
    }

    fn blocks<T>(&self, chunk: NonNull<T>) -> usize {
        // SAFETY: the chunk was not freed yet.
        unsafe { (self.blocks)(chunk.as_ptr().cast()) }
    }
}

/// Opens a library, for good.
fn open(name: impl AsRef<std::ffi::OsStr>) -> Result<&'static Library> {
    // SAFETY: initialisers of Samba's libraries have no conditions.
    let library = unsafe { Library::new(name) }?;
    Ok(Box::leak(Box::new(library)))
}

/// Looks a symbol up.
///
/// # Safety
/// The symbol has that type.
unsafe fn symbol<T: Copy>(library: &'static Library, name: &CStr) -> Result<T> {
    // SAFETY: the caller knows the type.
    let symbol = unsafe { library.get::<T>(name.to_bytes_with_nul()) }?;
    Ok(*symbol)
}

/// The parameters of one call, in the structure that libndr has for them, with what they point to.
pub(crate) struct Parameters {
    api: &'static Api,
    call: &'static Call,
    /// `LIBNDR_FLAG_…`
    format: u32,
    structure: NonNull<c_void>,
    /// What the members point to.
    held: Vec<Pulled>,
}

/// A reader, which owns all that it allocated.
pub(crate) struct Pulled {
    api: &'static Api,
    pull: NonNull<Pull>,
}

/// A writer, which owns what it wrote.
pub(crate) struct Pushed {
    api: &'static Api,
    push: NonNull<Push>,
}

impl Parameters {
    /// All zero.
    pub(crate) fn new(opnum: u16, format: u32) -> Result<Self> {
        let api = match &*API {
            Ok(api) => api,
            Err(error) => bail!("{error}"),
        };
        let call = api.call(opnum)?;
        // SAFETY: a null context makes a chunk of its own; the size is that of the operation.
        let structure = unsafe { (api.zeroed)(ptr::null(), call.size, c"parameters".as_ptr()) };
        let structure = NonNull::new(structure).context("memory")?;
        Ok(Self { api, call, format, structure, held: Vec::new() })
    }

    /// The same values in a structure of its own. What they point to stays with the first one, which must live longer;
    /// only [`fill`](Self::fill)ing it again makes it whole.
    pub(crate) fn copy(&self) -> Result<Self> {
        // SAFETY: a null context makes a chunk of its own; the structure has the size of the operation.
        let structure = unsafe {
            (self.api.copy)(ptr::null(), self.structure.as_ptr(), self.call.size, c"parameters".as_ptr())
        };
        let structure = NonNull::new(structure).context("memory")?;
        Ok(Self { structure, held: Vec::new(), ..*self })
    }

    /// Reads parameters, makes room for those that the caller of C code would have provided, and keeps them.
    pub(crate) fn fill(&mut self, direction: Direction, stub: &'static [u8]) -> Result<&Pulled> {
        let pulled = self.pull(direction, stub, ALLOCATE_REFS)?;
        self.held.push(pulled);
        self.held.last().context("none")
    }

    /// Reads parameters into the room that [`fill`](Self::fill) made, as a client does. What they point to lives as
    /// long as the answer.
    pub(crate) fn refill(&mut self, direction: Direction, stub: &'static [u8]) -> Result<Pulled> {
        self.pull(direction, stub, 0)
    }

    fn pull(&mut self, direction: Direction, stub: &'static [u8], flags: u32) -> Result<Pulled> {
        let blob = Blob { data: stub.as_ptr(), length: stub.len() };
        // SAFETY: the blob is copied, and the stub it points to is never freed; a null context makes an own chunk.
        let pull = unsafe { (self.api.init_pull)(&raw const blob, ptr::null()) };
        let pulled = Pulled { api: self.api, pull: NonNull::new(pull).context("memory")? };
        // SAFETY: it was just made, and nobody else has it.
        unsafe { (*pull).flags |= self.format | flags };
        // SAFETY: the structure is the one that this operation reads into.
        let error = unsafe { (self.call.pull)(pull, direction as c_int, self.structure.as_ptr()) };
        ensure!(error == 0, "libndr can't read it: NDR error {error}");
        Ok(pulled)
    }

    /// Starts an empty writer.
    pub(crate) fn writer(&self) -> Result<Pushed> {
        // SAFETY: a null context makes a chunk of its own.
        let push = unsafe { (self.api.init_push)(ptr::null()) };
        let pushed = Pushed { api: self.api, push: NonNull::new(push).context("memory")? };
        // SAFETY: it was just made, and nobody else has it.
        unsafe { (*push).flags |= self.format };
        Ok(pushed)
    }

    /// Writes parameters behind what the writer has.
    pub(crate) fn write(&self, direction: Direction, writer: &mut Pushed) -> Result<()> {
        // SAFETY: the structure is the one that this operation writes from, and `fill` made what it points to.
        let error =
            unsafe { (self.call.push)(writer.push.as_ptr(), direction as c_int, self.structure.as_ptr()) };
        ensure!(error == 0, "libndr can't write it: NDR error {error}");
        Ok(())
    }
}

impl Pulled {
    /// Chunks of memory that were needed.
    pub(crate) fn blocks(&self) -> usize {
        self.api.blocks(self.pull)
    }
}

impl Pushed {
    /// What was written.
    pub(crate) fn octets(&self) -> &[u8] {
        // SAFETY: this value owns the writer, so that nobody changes it meanwhile.
        let push = unsafe { self.push.as_ref() };
        // SAFETY: so many octets were written there.
        unsafe { std::slice::from_raw_parts(push.data, push.offset as usize) }
    }

    /// Starts again at the beginning of the buffer. libndr has no function for this; the position is public.
    pub(crate) fn restart(&mut self) {
        // SAFETY: this value owns the writer, and any position within the buffer is valid.
        unsafe { self.push.as_mut() }.offset = 0;
    }

    /// Chunks of memory that were needed.
    pub(crate) fn blocks(&self) -> usize {
        self.api.blocks(self.push)
    }
}

impl Drop for Parameters {
    fn drop(&mut self) {
        self.api.free(self.structure);
    }
}

impl Drop for Pulled {
    fn drop(&mut self) {
        self.api.free(self.pull);
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        self.api.free(self.push);
    }
}
