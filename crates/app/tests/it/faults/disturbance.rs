//! What goes wrong, and when: the order and the moments follow from the seed.

use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::fleet::Member;
use super::proxy::{Proxy, Way};

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// `kill -9` of this member.
    Kill(usize),
    /// PostgreSQL ends as in a power cut, and starts again.
    Database,
    /// The store fails like this for a while.
    Store(Way),
}

/// Each of them once.
const DECK: [Fault; 9] = [
    Fault::Kill(0),
    Fault::Kill(1),
    Fault::Kill(2),
    Fault::Kill(3),
    Fault::Database,
    Fault::Store(Way::Refuse),
    Fault::Store(Way::Deny),
    Fault::Store(Way::Hang),
    Fault::Store(Way::Cut),
];

/// How often, and for how long at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Until so much time is over; each fault comes at least once.
    pub(super) lasts: Duration,
    /// Longest time between two faults, in milliseconds.
    pub(super) pause_ms_max: u64,
    /// Longest time in which the store fails, in milliseconds.
    pub(super) outage_ms_max: u64,
}

/// Lets everything fail in turn, in a new order each time. Returns what was done.
pub(super) async fn disturb(
    members: &[Member],
    cluster: &mut Cluster,
    proxy: &Proxy,
    random: &mut fastrand::Rng,
    pace: Pace,
) -> Vec<String> {
    let began = Instant::now();
    let mut done = Vec::new();
    while done.is_empty() || began.elapsed() < pace.lasts {
        let mut deck = DECK;
        random.shuffle(&mut deck);
        for fault in deck {
            let pause = Duration::from_millis(random.u64(pace.pause_ms_max / 5..pace.pause_ms_max));
            let outage = Duration::from_millis(random.u64(pace.outage_ms_max / 5..pace.outage_ms_max));
            tokio::time::sleep(pause).await;
            done.push(format!("{:.1} s: {fault:?}", began.elapsed().as_secs_f64()));
            match fault {
                Fault::Kill(member) => members[member].kill(),
                Fault::Database => tokio::task::block_in_place(|| cluster.crash_and_restart()),
                Fault::Store(way) => {
                    proxy.turn(way);
                    tokio::time::sleep(outage).await;
                    proxy.turn(Way::Through);
                }
            }
        }
    }
    done
}
