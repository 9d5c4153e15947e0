//! What the kernel says of a process (proc(5)).

/// A line of `/proc/PID/status` that is in kibibytes, such as `VmRSS` or `VmHWM`, in MiB.
pub(crate) fn mebibytes(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with(name)).expect("proc has it");
    let kibibytes: u64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
    kibibytes / 1024
}
