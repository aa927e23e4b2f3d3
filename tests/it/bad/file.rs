//! `--from-file`: what is no manifest of a restore is refused before anything is asked; the documented nested form is not.

use kubectl_openbao::drill::Play;

use crate::support::{Person, Ran, reviewed, scenario, still};

async fn given(person: &Person, name: &str, content: &[u8]) -> Ran {
    let path = person.range.directory().join("restore.yaml");
    std::fs::write(&path, content).expect("the range's directory can be written");
    let ran = person.run(&["restore", "--from-file", "restore.yaml", "--confirm", "prod"]).await;
    person.assert_nothing_written(&ran);
    assert!(person.requests().is_empty(), "asked: {ran}");
    reviewed(&format!("file-{name}"), &ran.failure());
    ran
}

const HEAD: &str = "apiVersion: openbao.org/v1alpha1\nkind: OpenBaoRestore\nmetadata: {name: r, namespace: bao}\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_manifest_of_a_restore() {
    let person = still(Play::Jan).await;
    let spec = "spec: {cluster: prod, source: {key: k}}\n";
    let two = format!("{HEAD}{spec}---\n{HEAD}{spec}");
    let unknown = format!("{HEAD}spec: {{cluster: prod, source: {{key: k}}, forced: true}}\n");
    let deep = format!("{HEAD}spec: {{cluster: prod, source: {{key: k, target: {{buket: b}}}}}}\n");
    let garbage: Vec<u8> = (0..10u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let nested = "[".repeat(100_000);
    let bomb = format!("a: &a [x,x,x,x,x,x,x,x,x]\n{}", ('b'..='j').map(bomb_line).collect::<String>());
    let cases: [(&str, &[u8]); 11] = [
        ("unknown-field", unknown.as_bytes()),
        ("unknown-field-below", deep.as_bytes()),
        ("other-kind", b"apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"),
        ("several-documents", two.as_bytes()),
        ("garbage", &garbage),
        ("binary", &garbage[..4096]),
        ("empty", b""),
        ("text", b"restore the cluster, please"),
        ("nested-deep", nested.as_bytes()),
        ("alias-bomb", bomb.as_bytes()),
        ("control-characters", b"kind: \"\\e[2J\\x07\"\n"),
    ];
    for (name, content) in cases {
        given(&person, name, content).await.assert_exit(2);
    }
}

fn bomb_line(name: char) -> String {
    let before = (name as u8 - 1) as char;
    format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_there() {
    let person = still(Play::Jan).await;
    let ran = person.run(&["restore", "--from-file", "none.yaml"]).await;
    reviewed("file-missing", &ran.failure());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_nested_block_is_translated() {
    let person = scenario("restore", Play::Jan).await;
    let spec = format!(
        "spec:\n  cluster: prod\n  source:\n    key: {}\n    target:\n      type: s3\n      s3: {{bucket: backups, endpoint: \"http://s3.storage.svc:7070\", usePathStyle: true, credentialsSecretRef: {{name: s3-creds}}}}\n",
        person.key()
    );
    let piped = person.plugin().stdin(format!("{HEAD}{spec}"));
    let ran = piped.run(&["restore", "--from-file", "-", "--dry-run=server", "-o", "yaml"]).await;
    ran.assert_exit(0).assert_says(&["dry run accepted by the API server"]);
    person.assert_nothing_written(&ran);
    reviewed("file-nested-block", &ran.out);
}
