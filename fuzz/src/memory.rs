//! A limit of memory that also counts without a sanitizer, and down to the byte.
//!
//! libFuzzer looks once a second how much memory there is, and its own limit of one allocation
//! needs a sanitizer. What C libraries take (xz, Zstandard) is not seen here, but by libFuzzer.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size);
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(place, layout) }
    }
}

fn take(size: usize) {
    let live = LIVE.fetch_add(size, Relaxed).saturating_add(size);
    let limit = LIMIT.load(Relaxed);
    // The memory of a panic's message is not a finding of its own.
    if live > limit && !std::thread::panicking() {
        LIMIT.store(usize::MAX, Relaxed);
        eprintln!("{size} more bytes make {live}, and {limit} is the limit");
        eprintln!("{}", std::backtrace::Backtrace::force_capture());
        // An allocator must not unwind; libFuzzer takes an abort for a finding, too.
        std::process::abort();
    }
}

/// Runs a test that may take 24 MiB of memory more than there are in use, and 64 bytes for each
/// of its input. More ends the process.
pub fn bounded<T>(input: &[u8], test: impl FnOnce() -> T) -> T {
    let limit = (24 << 20) + 64 * input.len();
    LIMIT.store(LIVE.load(Relaxed).saturating_add(limit), Relaxed);
    let result = test();
    LIMIT.store(usize::MAX, Relaxed);
    result
}
