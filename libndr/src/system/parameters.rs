//! The parameters of one call as libndr holds them.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use cmrp::ndr::Format;

use super::library::{Api, Blob, Call, Push};
use crate::{Error, Refusal};

/// Marks integers as big-endian (`LIBNDR_FLAG_BIGENDIAN`).
const BIG_ENDIAN: u32 = 1 << 0;
/// Makes room for what `ref` pointers point to (`LIBNDR_FLAG_REF_ALLOC`).
const ALLOCATE_REFS: u32 = 1 << 20;
/// Selects NDR64 (`LIBNDR_FLAG_NDR64`).
const NDR64: u32 = 1 << 29;

/// The opnum of `ApiOpenResource`.
const OPEN_RESOURCE: u16 = 8;

const fn flags(format: Format) -> u32 {
    match format {
        Format::NDR20_LE => 0,
        Format::NDR20_BE => BIG_ENDIAN,
        Format::Ndr64 => NDR64,
    }
}

/// Which parameters of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Those of the request.
    In = 0x10,
    /// Those of the response.
    Out = 0x20,
}

/// The parameters of one call, in the structure that libndr has for them, with what they point to.
///
/// A structure that could not be read to its end is not written: it may point anywhere.
pub struct Parameters<'a> {
    api: &'static Api,
    call: &'static Call,
    format: u32,
    /// What is read hangs on it. libndr hangs some of it on nothing where there is nothing to hang it on.
    structure: Chunk<c_void>,
    /// Directions that were read, as bits of [`Direction`].
    filled: c_int,
    /// The stub that can be read again, and what the members of its direction point to since then.
    kept: Option<Kept>,
    /// What the members of a copy point to belongs to its original.
    original: PhantomData<&'a ()>,
}

struct Kept {
    direction: Direction,
    stub: &'static [u8],
    again: Option<Chunk<c_void>>,
}

/// A writer, which owns what it wrote.
pub struct Pushed(Chunk<Push>);

/// Memory of libndr with all that hangs on it.
struct Chunk<T> {
    api: &'static Api,
    memory: NonNull<T>,
}

impl<T> Chunk<T> {
    fn new(api: &'static Api, memory: *mut T) -> Result<Self, Error> {
        Ok(Self { api, memory: NonNull::new(memory).ok_or(Error::Memory)? })
    }

    fn zeroed(api: &'static Api, size: usize) -> Result<Self, Error> {
        // SAFETY: a null context makes a chunk of its own.
        let memory = unsafe { (api.zeroed)(ptr::null(), size, c"parameters".as_ptr()) };
        Self::new(api, memory.cast())
    }
}

impl<T> Drop for Chunk<T> {
    fn drop(&mut self) {
        self.api.free(self.memory);
    }
}

impl Parameters<'static> {
    /// All zero.
    ///
    /// # Errors
    /// There is no libndr, or it does not know the operation.
    pub fn new(opnum: u16, format: Format) -> Result<Self, Error> {
        Self::of(Api::get()?, opnum, format)
    }

    fn of(api: &'static Api, opnum: u16, format: Format) -> Result<Self, Error> {
        let call = api.call(opnum)?;
        let structure = Chunk::zeroed(api, call.size)?;
        Ok(Self { api, call, format: flags(format), structure, filled: 0, kept: None, original: PhantomData })
    }

    /// Bounds what libndr may allocate for these parameters, in octets. Left out, a few octets of a stub can make it ask
    /// for 256 MiB: it believes counts before it has seen the elements, and makes room for what a request asks for.
    ///
    /// # Errors
    /// There is no memory left.
    pub fn with_memory(self, octets: usize) -> Result<Self, Error> {
        // SAFETY: the chunk is alive; the limit holds for all that will hang on it.
        let error = unsafe { (self.api.limit)(self.structure.memory.as_ptr(), octets) };
        if error == 0 { Ok(self) } else { Err(Error::Memory) }
    }
}

impl Parameters<'_> {
    /// The same values in a structure of its own. What they point to stays with the original.
    ///
    /// # Errors
    /// There is no memory left.
    pub fn copy(&self) -> Result<Parameters<'_>, Error> {
        // SAFETY: a null context makes a chunk of its own; the structure has the size of the operation.
        let structure = unsafe {
            (self.api.copy)(
                ptr::null(),
                self.structure.memory.as_ptr(),
                self.call.size,
                c"parameters".as_ptr(),
            )
        };
        let structure = Chunk::new(self.api, structure)?;
        Ok(Parameters { structure, kept: None, original: PhantomData, ..*self })
    }

    /// Reads parameters, makes room for those that the caller of C code would have provided, and keeps them. What is
    /// read is copied, so that the stub may go. Gives the number of octets that were read.
    ///
    /// # Errors
    /// libndr refuses the stub.
    pub fn fill(&mut self, direction: Direction, stub: &[u8]) -> Result<usize, Error> {
        self.kept = None;
        // Reading a request clears the response.
        self.filled &= if direction == Direction::In { 0 } else { !(direction as c_int) };
        let end = self.read(direction, stub, self.structure.memory, ALLOCATE_REFS)?;
        self.filled |= direction as c_int;
        Ok(end)
    }

    /// As [`fill`](Self::fill), with a stub that can be read again.
    ///
    /// # Errors
    /// libndr refuses the stub.
    pub fn keep(&mut self, direction: Direction, stub: &'static [u8]) -> Result<usize, Error> {
        let end = self.fill(direction, stub)?;
        self.kept = Some(Kept { direction, stub, again: None });
        Ok(end)
    }

    /// Reads the stub of [`keep`](Self::keep) into the room that was made for it, as a client does. It can't be another
    /// stub: libndr would write a larger array into the same room. Gives the chunks of memory that were needed besides.
    ///
    /// # Errors
    /// There is no such stub, or no memory left.
    pub fn refill(&mut self) -> Result<usize, Error> {
        // What the members point to now lives until they point elsewhere.
        let Kept { direction, stub, again: _before } = self.kept.take().ok_or(Error::Nothing)?;
        self.filled &= !(direction as c_int);
        let again = Chunk::zeroed(self.api, 1)?;
        self.read(direction, stub, again.memory, 0)?;
        let blocks = self.api.blocks(again.memory);
        self.filled |= direction as c_int;
        self.kept = Some(Kept { direction, stub, again: Some(again) });
        Ok(blocks)
    }

    /// Reads a stub. The reader, and what it makes room for, hang on the owner.
    fn read(
        &mut self,
        direction: Direction,
        stub: &[u8],
        owner: NonNull<c_void>,
        flags: u32,
    ) -> Result<usize, Error> {
        let blob = Blob { data: stub.as_ptr(), length: stub.len() };
        // SAFETY: the blob is copied; the stub outlives this function, and nobody has the reader after it.
        let pull = unsafe { (self.api.init_pull)(&raw const blob, owner.as_ptr()) };
        let mut pull = NonNull::new(pull).ok_or(Error::Memory)?;
        // SAFETY: it was just made, and nobody else has it.
        unsafe { pull.as_mut() }.flags |= self.format | flags;
        let structure = self.structure.memory.as_ptr();
        // SAFETY: the structure is the one that this operation reads into. Pointers in it that are followed, because
        // no room is to be made, were set by `fill` for the same octets.
        let error = unsafe { (self.call.pull)(pull.as_ptr(), direction as c_int, structure) };
        if error != 0 {
            return Err(Error::Read(Refusal(error)));
        }
        // SAFETY: the reader hangs on the owner, which lives.
        Ok(unsafe { pull.as_ref() }.offset as usize)
    }

    /// Chunks of memory that the parameters take, except for those of [`refill`](Self::refill).
    pub fn blocks(&self) -> usize {
        self.api.blocks(self.structure.memory)
    }

    /// Starts an empty writer.
    ///
    /// # Errors
    /// There is no memory left.
    pub fn writer(&self) -> Result<Pushed, Error> {
        // SAFETY: a null context makes a chunk of its own.
        let push = unsafe { (self.api.init_push)(ptr::null()) };
        let mut chunk = Chunk::new(self.api, push)?;
        // SAFETY: it was just made, and nobody else has it.
        unsafe { chunk.memory.as_mut() }.flags |= self.format;
        Ok(Pushed(chunk))
    }

    /// Writes parameters behind what the writer has.
    ///
    /// # Errors
    /// They were not read, or libndr can't write them.
    pub fn write(&self, direction: Direction, writer: &mut Pushed) -> Result<(), Error> {
        if self.filled & direction as c_int == 0 {
            return Err(Error::Nothing);
        }
        // SAFETY: the structure is the one that this operation writes from; it was read to its end, and what it points
        // to is held here or by the original.
        let error = unsafe {
            (self.call.push)(writer.0.memory.as_ptr(), direction as c_int, self.structure.memory.as_ptr())
        };
        if error == 0 { Ok(()) } else { Err(Error::Write(Refusal(error))) }
    }
}

/// Has libndr make its tables of characters, which it does at the first string, and not with other threads in mind.
pub(super) fn warm_up(api: &'static Api) {
    for (format, stub) in [
        // The request of `ApiOpenResource` with an empty string.
        (Format::NDR20_LE, [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]),
        (Format::NDR20_BE, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        // What is wrong here will be found where it matters.
        let _ = Parameters::of(api, OPEN_RESOURCE, format).and_then(|mut parameters| {
            parameters.fill(Direction::In, &stub)?;
            parameters.write(Direction::In, &mut parameters.writer()?)
        });
    }
}

impl Pushed {
    /// What was written.
    pub fn octets(&self) -> &[u8] {
        // SAFETY: this value owns the writer, so that nobody changes it meanwhile.
        let push = unsafe { self.0.memory.as_ref() };
        if push.data.is_null() {
            return &[];
        }
        // SAFETY: so many octets were written there.
        unsafe { std::slice::from_raw_parts(push.data, push.offset as usize) }
    }

    /// Starts again at the beginning of the buffer. libndr has no function for this; the position is public.
    pub fn restart(&mut self) {
        // SAFETY: this value owns the writer, and any position within the buffer is valid.
        unsafe { self.0.memory.as_mut() }.offset = 0;
    }

    /// Chunks of memory that were needed.
    pub fn blocks(&self) -> usize {
        self.0.api.blocks(self.0.memory)
    }
}
