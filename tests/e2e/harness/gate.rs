//! A gate in front of the true API server: at the first real write it stops, lets a test change the world, and goes on.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use super::kubectl::Serving;
use super::{ControlPlane, Kubectl};

/// What a test does when the gate stops.
type Surprise = Box<dyn FnOnce() + Send>;

/// The gate; it stands until dropped.
pub struct Gate {
    // The person's own credentials are in this proxy, so the API server sees the person.
    _proxy: Serving,
    kubeconfig: PathBuf,
}

impl Gate {
    /// Stands between this person and the API server. `surprise` happens when the first request of `method` that is no
    /// dry run has been sent and before it reaches the API server.
    pub fn start(plane: &ControlPlane, user: &str, namespace: &str, method: &'static str, surprise: Surprise) -> Gate {
        let proxy = plane.kubectl_as(user, namespace).serve(&["proxy", "--port=0", "--reject-paths=^$"]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let kubeconfig = plane.dir.path().join(format!("kubeconfig_gate_{user}_{namespace}"));
        let document = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "gate",
            "clusters": [{"name": "gate", "cluster": {"server": server}}],
            "contexts": [{"name": "gate", "context": {"cluster": "gate", "user": "", "namespace": namespace}}],
        });
        fs::write(&kubeconfig, document.to_string()).unwrap();
        let (upstream, surprise) = (proxy.address.clone(), Arc::new(Mutex::new(Some(surprise))));
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let server = TcpStream::connect(&upstream).unwrap();
                let (back, front) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let surprise = Arc::clone(&surprise);
                thread::spawn(move || forward(client, server, |bytes| stop_at(bytes, method, &surprise)));
                thread::spawn(move || forward(back, front, |_| ()));
            }
        });
        Gate { _proxy: proxy, kubeconfig }
    }

    /// The person's `kubectl`, through the gate.
    pub fn kubectl(&self, plane: &ControlPlane, user: &str, namespace: &str) -> Kubectl {
        plane.kubectl_as(user, namespace).kubeconfig(&self.kubeconfig)
    }
}

/// A request begins a packet of its own: the plugin's HTTP/1 connections carry one at a time.
fn stop_at(bytes: &[u8], method: &str, surprise: &Mutex<Option<Surprise>>) {
    let line = bytes.split(|b| *b == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    if line.starts_with(method)
        && !line.contains("dryRun=All")
        && let Some(surprise) = surprise.lock().unwrap().take()
    {
        surprise();
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, before: impl Fn(&[u8])) {
    let mut bytes = [0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        before(&bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
