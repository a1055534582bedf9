//! What the kernel counts for a process: time on a processor, memory, and how often it was woken. Read from `/proc`,
//! over all threads.

use std::collections::BTreeMap;
use std::fs;

/// A figure of each thread, by its id.
pub(crate) type Threads = BTreeMap<u32, u64>;

/// Memory, in megabytes of a million bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident, shared pages counted whole.
    pub(crate) resident: f64,
    /// Its share of what it uses; where the kernel tells it to us.
    pub(crate) share: Option<f64>,
}

/// Nanoseconds on a processor since each thread's beginning.
pub(crate) fn on_processor(pid: u32) -> Threads {
    threads(pid, "schedstat", |text| text.split(' ').next()?.parse().ok())
}

/// How often each thread was put off the processor, by itself or not: as often it was woken.
pub(crate) fn switches(pid: u32) -> Threads {
    threads(pid, "status", |text| {
        let count = |line: &str| line.split_once(':')?.1.trim().parse::<u64>().ok();
        Some(text.lines().filter(|line| line.contains("ctxt_switches")).filter_map(count).sum())
    })
}

/// What came between two looks, over all threads that are there at the second one.
pub(crate) fn between(before: &Threads, after: &Threads) -> u64 {
    after.iter().map(|(id, now)| now.saturating_sub(before.get(id).copied().unwrap_or(0))).sum()
}

/// The memory of a process right now.
pub(crate) fn memory(pid: u32) -> Memory {
    let megabytes = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        let line =
            text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.to_owned();
        line.parse::<f64>().ok().map(|kib| kib * 1024.0 / 1e6)
    };
    let resident = megabytes("status", "VmRSS:").unwrap_or(f64::NAN);
    Memory { resident, share: megabytes("smaps_rollup", "Pss:") }
}

/// A process and all that descend from it.
pub(crate) fn below(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        found.extend(
            children.flat_map(|text| {
                text.split_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<u32>>()
            }),
        );
        next += 1;
    }
    found
}

fn threads(pid: u32, file: &str, read: impl Fn(&str) -> Option<u64>) -> Threads {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let one = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        // a thread may end between the two looks
        Some((id, read(&fs::read_to_string(entry.path().join(file)).ok()?)?))
    };
    entries.filter_map(one).collect()
}
