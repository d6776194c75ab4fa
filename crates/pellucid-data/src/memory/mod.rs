//! The memory that a process may still use, and whether a training fits into it.

mod limit;

#[cfg(not(target_family = "wasm"))]
pub(crate) use limit::leaving_memory;
pub use limit::{data_in_files, limit_memory};

use crate::error::{DataError, Result};
use pellucid::allocation::tried;
use pellucid::session::MemoryNeeds;
use pellucid::{Recipe, Scalar};
use std::fs;
use std::path::{Path, PathBuf};

/// Checks that a training by `recipe`, whose layers all have their sizes, fits into the memory that there is; nothing where the
/// system does not say. Some of its rows are held out, or none.
///
/// # Errors
/// [`TooMuchMemory`](pellucid::Error::TooMuchMemory), or a network that cannot be built.
pub fn check_memory(recipe: &Recipe, rows: usize, has_held_out: bool) -> Result<()> {
    let needs = MemoryNeeds::new(recipe, &recipe.architecture()?, rows, has_held_out);
    match available_for(needs.total()) {
        Some(available) => Ok(needs.check(available)?),
        None => Ok(()),
    }
}

/// An array of so many zeros; `what` says what it holds, in the plural.
///
/// # Errors
/// [`DataError::Memory`] where there is less memory, or the system refuses it.
pub(crate) fn zeros<T: Scalar>(count: usize, what: impl FnOnce() -> String) -> Result<Vec<T>> {
    let bytes = (count as u64).saturating_mul(size_of::<T>() as u64);
    let mut zeros = Vec::new();
    let is_there = room_for_data(bytes).is_none_or(|available| bytes <= available);
    if !is_there || tried(|| zeros.try_reserve_exact(count)).is_err() {
        return Err(DataError::Memory {
            what: what(),
            gigabytes: bytes as f64 / 1e9,
        });
    }
    zeros.resize(count, T::ZERO);
    Ok(zeros)
}

/// The room for data, in memory and on the disk where what does not fit into memory goes; as [`available_for`].
pub(crate) fn room_for_data(bytes: u64) -> Option<u64> {
    let in_memory = available_for(bytes)?;
    let with_disk = in_memory.saturating_add(limit::free_in_folder().unwrap_or(0));
    // Files take addresses, as memory does.
    Some(of_address_space().map_or(with_disk, |addresses| with_disk.min(addresses)))
}

/// The memory that there is, where so many bytes are worth asking the system; `None` where they are few or it does not say.
pub(crate) fn available_for(bytes: u64) -> Option<u64> {
    // Reading what the system says takes longer than a step of a small network.
    const SMALL: u64 = 64 << 20;
    (bytes > SMALL).then(available_memory).flatten()
}

/// The bytes that this process may still use, by the system's free memory, the limits of the containers that it runs in, and the
/// limit of its address space. `None` where the system does not say: other systems than Linux.
fn available_memory() -> Option<u64> {
    let of_system = fs::read_to_string("/proc/meminfo").ok();
    let of_system = of_system.and_then(|text| kibibytes(&text, "MemAvailable:"));
    let of_containers = fs::read_to_string("/proc/self/cgroup").ok();
    let of_containers = of_containers.and_then(|text| of_cgroups(Path::new("/sys/fs/cgroup"), &text));
    [of_system, of_containers, of_address_space()]
        .into_iter()
        .flatten()
        .min()
}

/// The value of a line `name: number kB`, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

/// What the control groups of a process leave: a group may have a limit, and so may each above it. Caches of files count as free,
/// because the system drops them first.
fn of_cgroups(root: &Path, groups: &str) -> Option<u64> {
    let number = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let mut least = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (root, limit, used) = match controllers {
            "" => (root.to_path_buf(), "memory.max", "memory.current"),
            "memory" => (
                root.join("memory"),
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
            ),
            _ => continue,
        };
        for group in Path::new(group.trim_start_matches('/')).ancestors() {
            let folder = root.join(group);
            let (Some(limit), Some(used)) = (number(folder.join(limit)), number(folder.join(used))) else {
                continue;
            };
            let statistics = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            let cached: u64 = statistics
                .lines()
                .filter_map(|line| line.split_once(' '))
                .filter(|(name, _)| matches!(*name, "active_file" | "inactive_file"))
                .filter_map(|(_, bytes)| bytes.parse::<u64>().ok())
                .sum();
            let free = limit.saturating_sub(used.saturating_sub(cached));
            least = Some(least.map_or(free, |least: u64| least.min(free)));
        }
    }
    least
}

/// What `ulimit -v` leaves.
fn of_address_space() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    let used = kibibytes(&fs::read_to_string("/proc/self/status").ok()?, "VmSize:")?;
    Some(limit.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_there_is_is_an_error_with_its_size() {
        assert_eq!(zeros::<f32>(3, || "numbers".into()).unwrap(), [0.0; 3]);
        for count in [1 << 44, usize::MAX] {
            let refused = zeros::<f32>(count, || "the features of 5 rows".into()).unwrap_err();
            let message = refused.to_string();
            assert!(message.starts_with("the features of 5 rows take "), "{message}");
            assert!(
                message.contains("GB") && message.contains("fewer rows"),
                "{message}"
            );
        }
    }

    #[test]
    fn the_smallest_limit_of_all_groups_counts_and_caches_are_free() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("outer/inner");
        fs::create_dir_all(&inner).unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
        write("outer/memory.max", "1000\n");
        write("outer/memory.current", "700\n");
        write(
            "outer/memory.stat",
            "anon 300\nactive_file 150\ninactive_file 250\n",
        );
        write("outer/inner/memory.max", "max\n");
        write("outer/inner/memory.current", "700\n");
        assert_eq!(of_cgroups(root.path(), "0::/outer/inner\n"), Some(700));
        write("outer/inner/memory.max", "800\n");
        assert_eq!(of_cgroups(root.path(), "0::/outer/inner\n"), Some(100));
        assert_eq!(of_cgroups(root.path(), "0::/elsewhere\n"), None);
        assert_eq!(of_cgroups(root.path(), "nonsense\n\n1:cpu:/\n"), None);
    }

    #[test]
    fn lines_of_the_system_are_read() {
        assert_eq!(
            kibibytes("MemTotal: 8 kB\nMemAvailable:   3 kB\n", "MemAvailable:"),
            Some(3072)
        );
        assert_eq!(kibibytes("MemAvailable: many kB\n", "MemAvailable:"), None);
    }
}
