//! Memory that lies in files without names: the system writes it to the disk where it needs the memory for something else.

use super::Reading;
use std::ffi::{CStr, CString, c_int};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The folder of the files.
static FOLDER: OnceLock<CString> = OnceLock::new();

/// How many bytes lie in files.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The number of the last error of a file that could not be made or grown; 0 before.
static LAST_ERROR: AtomicI32 = AtomicI32::new(0);

/// Memory in a file: where it begins, its bytes, and the descriptor of the file.
#[derive(Clone, Copy)]
struct Mapping {
    address: usize,
    bytes: usize,
    file: c_int,
}

/// The memory in files so far. It is a static array, because an allocator cannot allocate.
struct Mappings {
    list: [Mapping; Mappings::MOST],
    count: usize,
}

impl Mappings {
    const MOST: usize = 16 * 1024;

    fn position(&self, address: usize) -> Option<usize> {
        self.list[..self.count]
            .iter()
            .position(|mapping| mapping.address == address)
    }
}

static MAPPINGS: Mutex<Mappings> = Mutex::new(Mappings {
    list: [Mapping {
        address: 0,
        bytes: 0,
        file: 0,
    }; Mappings::MOST],
    count: 0,
});

fn mappings() -> MutexGuard<'static, Mappings> {
    MAPPINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Chooses the folder, once. Each allocation has a file, so that the process may open as many as the system allows.
///
/// # Errors
/// No file can be made in the folder, or another one is chosen already.
pub(super) fn choose_folder(folder: &Path) -> io::Result<()> {
    let name = CString::new(folder.as_os_str().as_bytes())?;
    close(new_file(&name)?);
    let chosen = FOLDER.get_or_init(|| name.clone());
    if *chosen != name {
        return Err(io::Error::other("another folder is in use already"));
    }
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a limit of this function, and the call writes nothing else.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0 {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: the pointer is to a limit of this function, from which the call reads. Where it fails, fewer files can be open.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    }
    Ok(())
}

/// The bytes that lie in files.
pub(super) fn bytes() -> usize {
    BYTES.load(Ordering::Relaxed)
}

/// Why the last file could not be made or grown.
pub(super) fn last_error() -> Option<io::Error> {
    match LAST_ERROR.load(Ordering::Relaxed) {
        0 => None,
        number => Some(io::Error::from_raw_os_error(number)),
    }
}

/// The last allocation that failed was not in a file.
pub(super) fn forget_error() {
    LAST_ERROR.store(0, Ordering::Relaxed);
}

/// Whether this is the address of memory in a file.
pub(super) fn holds(pointer: *mut u8) -> bool {
    bytes() > 0 && mappings().position(pointer.addr()).is_some()
}

/// New memory of zeros; null where there is no folder, or the disk has no room.
pub(super) fn allocate(bytes: usize) -> *mut u8 {
    let Some(folder) = FOLDER.get() else {
        return ptr::null_mut();
    };
    let mut mappings = mappings();
    if mappings.count == Mappings::MOST {
        LAST_ERROR.store(libc::EMFILE, Ordering::Relaxed);
        return ptr::null_mut();
    }
    let Ok(file) = new_file(folder).inspect_err(remember) else {
        return ptr::null_mut();
    };
    let Ok(pointer) = reserve(file, bytes)
        .and_then(|()| map(file, bytes))
        .inspect_err(remember)
    else {
        close(file);
        return ptr::null_mut();
    };
    let at = mappings.count;
    mappings.list[at] = Mapping {
        address: pointer.addr().get(),
        bytes,
        file,
    };
    mappings.count += 1;
    BYTES.fetch_add(bytes, Ordering::Relaxed);
    pointer.as_ptr()
}

/// The same memory with another number of bytes, elsewhere if need be; null where the disk has no room, and the memory is as it was.
///
/// # Safety
/// The pointer is of [`allocate`] or of this function, and neither it nor a copy is used after a call that succeeds.
pub(super) unsafe fn resize(pointer: *mut u8, bytes: usize) -> *mut u8 {
    let mut mappings = mappings();
    let Some(at) = mappings.position(pointer.addr()) else {
        return ptr::null_mut();
    };
    let Mapping {
        bytes: before, file, ..
    } = mappings.list[at];
    if bytes > before && reserve(file, bytes).inspect_err(remember).is_err() {
        return ptr::null_mut();
    }
    // SAFETY: the pages are those of a mapping of `before` bytes of this file, which reaches to `bytes` at least; the caller gives
    // up the old address.
    let moved = unsafe { libc::mremap(pointer.cast(), before, bytes, libc::MREMAP_MAYMOVE) };
    if moved == libc::MAP_FAILED {
        remember(&io::Error::last_os_error());
        return ptr::null_mut();
    }
    if bytes < before {
        // SAFETY: the descriptor is of a file of this module, of which no page beyond `bytes` is mapped any more.
        unsafe { libc::ftruncate(file, bytes as libc::off_t) };
    }
    mappings.list[at] = Mapping {
        address: moved.addr(),
        bytes,
        file,
    };
    BYTES.fetch_add(bytes, Ordering::Relaxed);
    BYTES.fetch_sub(before, Ordering::Relaxed);
    moved.cast()
}

/// Gives memory and its file back.
///
/// # Safety
/// The pointer is of [`allocate`] or [`resize`], and neither it nor a copy is used any more.
pub(super) unsafe fn free(pointer: *mut u8) {
    let mut mappings = mappings();
    let Some(at) = mappings.position(pointer.addr()) else {
        return;
    };
    let Mapping { bytes, file, .. } = mappings.list[at];
    mappings.count -= 1;
    mappings.list[at] = mappings.list[mappings.count];
    // SAFETY: the pages are those of a mapping of this module, which the caller gives up.
    unsafe { libc::munmap(pointer.cast(), bytes) };
    close(file);
    BYTES.fetch_sub(bytes, Ordering::Relaxed);
}

/// Tells the system how memory is going to be read, where it is part of a mapping.
pub(super) fn advise(address: usize, bytes: usize, reading: Reading) {
    const PAGE: usize = 4096;
    if BYTES.load(Ordering::Relaxed) == 0 || bytes == 0 {
        return;
    }
    let mappings = mappings();
    let holds = |mapping: &&Mapping| (mapping.address..mapping.address + mapping.bytes).contains(&address);
    let Some(mapping) = mappings.list[..mappings.count].iter().find(holds) else {
        return;
    };
    let start = address - (address - mapping.address) % PAGE;
    let end = (address + bytes).min(mapping.address + mapping.bytes);
    let advice = match reading {
        Reading::Anywhere => libc::MADV_RANDOM,
        Reading::InOrder => libc::MADV_NORMAL,
        Reading::Soon => libc::MADV_WILLNEED,
    };
    // SAFETY: the pages are of a mapping of this module, which cannot end while the list is locked. None of these advices changes
    // what it holds.
    unsafe { libc::madvise(ptr::with_exposed_provenance_mut(start), end - start, advice) };
}

fn remember(error: &io::Error) {
    LAST_ERROR.store(error.raw_os_error().unwrap_or(libc::EIO), Ordering::Relaxed);
}

/// A file without a name in a folder, readable and writable by this process alone. It is gone when the process ends, however it ends.
fn new_file(folder: &CStr) -> io::Result<c_int> {
    const MODE: libc::mode_t = 0o600;
    let flags = libc::O_RDWR | libc::O_CLOEXEC;
    // SAFETY: the name ends with a zero, and the call reads nothing else.
    let file = unsafe { libc::open(folder.as_ptr(), flags | libc::O_TMPFILE, MODE) };
    if file >= 0 {
        return Ok(file);
    }
    let error = io::Error::last_os_error();
    // Some file systems know only files with names: one is made and loses its name at once.
    if !matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EISDIR)) {
        return Err(error);
    }
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut name = [0_u8; libc::PATH_MAX as usize];
    let written = {
        let mut rest = &mut name[..];
        let length = rest.len();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        io::Write::write_all(&mut rest, folder.to_bytes())?;
        io::Write::write_fmt(
            &mut rest,
            format_args!("/.pellucid-{}-{number}.part\0", std::process::id()),
        )?;
        length - rest.len()
    };
    let name = CStr::from_bytes_with_nul(&name[..written]).map_err(io::Error::other)?;
    // SAFETY: the name ends with a zero, and the call reads nothing else.
    let file = unsafe { libc::open(name.as_ptr(), flags | libc::O_CREAT | libc::O_EXCL, MODE) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    unsafe { libc::unlink(name.as_ptr()) };
    Ok(file)
}

/// Makes a file at least so long, with room on the disk for each byte: a page without room would end the process when it is written.
fn reserve(file: c_int, bytes: usize) -> io::Result<()> {
    loop {
        // SAFETY: the descriptor is of an open file of this module; the call touches no memory.
        if unsafe { libc::fallocate(file, 0, 0, bytes as libc::off_t) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::EOPNOTSUPP) => return fill(file, bytes),
            _ => return Err(error),
        }
    }
}

/// [`reserve`] for file systems that cannot: writes a byte into each new block.
fn fill(file: c_int, bytes: usize) -> io::Result<()> {
    const BLOCK: usize = 4096;
    // SAFETY: the descriptor is of an open file of this module; the call touches no memory.
    let length = unsafe { libc::lseek(file, 0, libc::SEEK_END) };
    let first = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    for end in (first..bytes)
        .step_by(BLOCK)
        .map(|start| (start + BLOCK).min(bytes))
    {
        let zero = 0_u8;
        // SAFETY: the pointer is to one byte of this function, and one is written.
        match unsafe { libc::pwrite(file, (&raw const zero).cast(), 1, (end - 1) as libc::off_t) } {
            1 => {}
            _ => return Err(io::Error::last_os_error()),
        }
    }
    Ok(())
}

fn map(file: c_int, bytes: usize) -> io::Result<NonNull<u8>> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the address is chosen by the system, so that no other memory is replaced; the file is as long as the mapping, and has
    // no name by which another process could cut it.
    let pages = unsafe { libc::mmap(ptr::null_mut(), bytes, access, libc::MAP_SHARED, file, 0) };
    match NonNull::new(pages.cast::<u8>()) {
        Some(memory) if pages != libc::MAP_FAILED => Ok(memory),
        _ => Err(io::Error::last_os_error()),
    }
}

fn close(file: c_int) {
    // SAFETY: the descriptor is of this module, which does not use it any more.
    unsafe { libc::close(file) };
}
