//! What is to be looked at, and when: one entry per object, as a controller's work queue keeps it.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// A work queue.
pub struct Queue<K> {
    due: HashMap<K, Instant>,
}

impl<K: Hash + Eq + Ord + Clone> Queue<K> {
    /// An empty queue.
    pub fn new() -> Self {
        Queue { due: HashMap::new() }
    }

    /// Asks for a look at once.
    pub fn now(&mut self, key: K) {
        self.due.insert(key, Instant::now());
    }

    /// Asks for a look after a while, unless an earlier one is due.
    pub fn after(&mut self, key: K, delay: Duration) {
        let at = Instant::now() + delay;
        self.due.entry(key).and_modify(|due| *due = (*due).min(at)).or_insert(at);
    }

    /// When the next look is due.
    pub fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Takes everything that is due at an instant, in a stable order.
    pub fn take_due(&mut self, now: Instant) -> Vec<K> {
        let mut due: Vec<K> = self.due.iter().filter(|(_, at)| **at <= now).map(|(key, _)| key.clone()).collect();
        due.sort();
        for key in &due {
            self.due.remove(key);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_before_a_timer_and_a_timer_never_delays() {
        let start = Instant::now();
        let mut queue = Queue::new();
        queue.after("a", Duration::from_secs(15));
        queue.after("a", Duration::from_secs(60));
        queue.now("b");
        assert_eq!(queue.take_due(start + Duration::from_secs(14)), ["b"]);
        assert!(queue.next().is_some_and(|at| at < start + Duration::from_secs(30)));
        assert_eq!(queue.take_due(start + Duration::from_secs(30)), ["a"]);
        assert_eq!(queue.next(), None);
    }
}
