//! How the allocator keeps memory: the one file with `unsafe` in it.
//!
//! glibc gives each thread an arena of its own and keeps what they once needed; for a program that stays resident
//! for weeks and has five threads, that is more than all its data. One arena, shared, is enough: no thread here
//! allocates so much that waiting for another could be measured (docs/decisions/0015).

/// Makes all threads share one arena. To be called before any other thread is started.
pub(crate) fn share_one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: mallopt takes two integers and changes only the allocator's own settings; it is safe to call at any
        // time, and takes full effect here because no second thread has allocated yet.
        #[allow(unsafe_code)]
        let set = unsafe { nix::libc::mallopt(nix::libc::M_ARENA_MAX, 1) };
        if set == 0 {
            tracing::debug!("the allocator keeps its own number of arenas");
        }
    }
}
