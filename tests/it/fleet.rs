//! Thousands of clusters: the first row before the last page, and no more memory than hundreds need.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::time::timeout;

use crate::support::{PATIENCE, Person, still};

/// A fleet in namespaces of ten clusters, three servers each.
async fn fleet(clusters: usize) -> Person {
    let person = still(Play::Jan).await;
    for i in 0..clusters {
        let (namespace, name) = (format!("team-{:04}", i / 10), format!("prod-{}", i % 10));
        person.range.load([json!({
            "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster",
            "metadata": {"name": name, "namespace": namespace, "annotations": {"note": "x".repeat(1500)}},
            "spec": {"version": "2.5.5", "replicas": 3},
            "status": {"phase": "Running", "readyReplicas": 3, "currentVersion": "2.5.5"},
        })]);
        let pods = (0..3).map(|ordinal| {
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("{name}-{ordinal}"), "namespace": namespace, "labels": {"openbao.org/cluster": name,
                    "openbao-active": (ordinal == 0).to_string(), "openbao-sealed": "false"}},
                "spec": {"containers": []},
            })
        });
        person.range.load(pods);
        person.range.load([json!({
            "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore",
            "metadata": {"name": format!("{name}-r"), "namespace": namespace},
            "spec": {"cluster": name, "source": {"key": "k"}}, "status": {"phase": "Completed"},
        })]);
    }
    person
}

/// The peak of the process's resident memory in kB, and how many lines it wrote.
async fn peak(person: &Person) -> (u64, usize) {
    let mut child = person.plugin().start(&["status", "-A", "--deadline", "60s"]);
    let mut out = child.stdout.take().expect("stdout is piped");
    let status = format!("/proc/{}/status", child.id().expect("it runs"));
    let reading = tokio::spawn(async move {
        let mut text = String::new();
        out.read_to_string(&mut text).await.map(|_| text.lines().count())
    });
    let mut highest = 0;
    // The high-water mark only rises, so the last look before the end is the peak.
    let watching = async {
        while child.try_wait().expect("it can be asked").is_none() {
            highest = high_water(&status).unwrap_or(highest);
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, watching).await.expect("it ends");
    let lines = reading.await.expect("it reads").expect("readable");
    (highest, lines)
}

fn high_water(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_clusters_need_no_more_memory_than_a_thousand() {
    // One page only would not do: the next one is on its way while a page is taken apart.
    let (few, lines) = peak(&fleet(1_000).await).await;
    assert_eq!(lines, 1_001);
    let (many, lines) = peak(&fleet(5_000).await).await;
    assert_eq!(lines, 5_001);
    println!("peak memory: {few} kB for 1,000 clusters, {many} kB for 5,000");
    assert!(many * 4 <= few * 5, "{many} kB for 5,000 clusters, {few} kB for 1,000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_row_is_out_before_the_last_page_is_asked_for() {
    let person = fleet(2_000).await;
    // The third page never comes, so the fourth is never asked for.
    let third = Fault::new(Act::Stall).method("GET").path("/openbaoclusters").query("continue=").after(1);
    person.range.server().faults().add(third);
    let mut child = person.plugin().start(&["status", "-A", "--deadline", "60s"]);
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let line = timeout(PATIENCE, lines.next_line()).await.expect("a line in time").expect("readable");
        seen.push(line.expect("it goes on"));
    }
    assert!(seen[0].starts_with("NAMESPACE ") && seen[1].starts_with("team-0000 "), "{seen:?}");
    child.kill().await.expect("it can be killed");
}
