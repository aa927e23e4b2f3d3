//! What the process does to itself before anything else: nothing of its memory is to be found on a disk afterwards.

/// Sees to it that no core file is written, whatever the limits around the process say, and on Linux that no other process of
/// the same user reads its memory. Where the system refuses, things stay as they are: that is no reason not to work.
pub fn keep_memory_private() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Programs that are started from here, such as credential helpers, inherit it: their memory is no less secret.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A core_pattern that pipes to a program does not care for the limit, but for this.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
