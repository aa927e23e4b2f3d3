//! Byte streams into the cluster: to a port of a pod, through the API server.
//!
//! What `kubectl port-forward` does, without a local port: the stream is handed to whoever needs it.

pub mod dial;
pub mod proxy;
pub mod tls;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use k8s_openapi::api::core::v1::{Pod, Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt as _};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::api::text::clean_cut;

/// A port of a pod: where a tunnel ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodPort {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The port inside the pod.
    pub port: u16,
}

impl fmt::Display for PodPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {} of pod {}/{}", self.port, self.namespace, self.pod)
    }
}

/// A WebSocket is opened by a GET; newer API servers also want the right to create one.
const FORWARD: &str = "get and create pods/portforward";

/// Why no tunnel came about. Each text says what was wanted; server text in it is already clean.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TunnelError {
    /// The API server answered 401 or 403.
    #[error("not permitted to {verb} in namespace {namespace}: {text}")]
    Forbidden {
        /// Verb and resource, as a Role names them: `list pods`.
        verb: &'static str,
        /// The namespace asked about.
        namespace: String,
        /// The API server's own words.
        text: String,
    },
    /// The Service or pod does not exist.
    #[error("{0} not found")]
    NotFound(String),
    /// The Service exists, and nothing behind it can be reached.
    #[error("service {service} has no usable backend: {reason}")]
    NoBackend {
        /// `namespace/name`.
        service: String,
        /// What is missing.
        reason: String,
    },
    /// The pod does not take connections on that port, or broke this one off.
    #[error("{at} refused the connection: {text}")]
    Refused {
        /// The port that was wanted.
        at: PodPort,
        /// The kubelet's own words.
        text: String,
    },
    /// The API server or the kubelet did not answer in time.
    #[error("no answer within {:.1} s while {doing}", after.as_secs_f32())]
    TimedOut {
        /// What was being done.
        doing: String,
        /// The time limit.
        after: Duration,
    },
    /// Anything else the API server or the way to it had to say.
    #[error("{doing}: {text}")]
    Api {
        /// What was being done.
        doing: String,
        /// The cause.
        text: String,
    },
}

impl TunnelError {
    fn from_kube(error: &kube::Error, verb: &'static str, namespace: &str, subject: &str) -> Self {
        match error {
            kube::Error::Api(status) if matches!(status.code, 401 | 403) => {
                TunnelError::Forbidden { verb, namespace: namespace.to_owned(), text: clean_cut(&status.message, 300) }
            }
            kube::Error::Api(status) if status.code == 404 => TunnelError::NotFound(subject.to_owned()),
            kube::Error::Api(status) => TunnelError::Api {
                doing: format!("asking for {subject}"),
                text: format!("HTTP {}: {}", status.code, clean_cut(&status.message, 300)),
            },
            other => TunnelError::Api { doing: format!("asking for {subject}"), text: clean_cut(&other.to_string(), 300) },
        }
    }
}

/// The pod port behind a port of a Service: a ready pod of its selector, named target ports resolved.
///
/// # Errors
/// When the Service or its pods cannot be read, or none of the pods is ready.
pub async fn service_backend(client: &Client, namespace: &str, service: &str, port: u16) -> Result<PodPort, TunnelError> {
    backend(client, namespace, service, port, None).await
}

/// As [`service_backend`]; a pod of this name is taken when it is among the ready ones.
async fn backend(
    client: &Client,
    namespace: &str,
    name: &str,
    port: u16,
    preferred: Option<&str>,
) -> Result<PodPort, TunnelError> {
    let subject = format!("service {namespace}/{name}");
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let few = ListParams::default().limit(FEW_PODS);
    // Side by side: a round trip less where the namespace is small, and it is.
    let (service, some) = tokio::join!(services.get(name), pods.list(&few));
    let service = service.map_err(|error| TunnelError::from_kube(&error, "get services", namespace, &subject))?;
    let target = Target::of(&service, port).map_err(|reason| no_backend(namespace, name, reason))?;
    let listed = match some {
        Ok(list) if list.metadata.continue_.as_deref().unwrap_or_default().is_empty() => Ok(target.selected(list.items)),
        Ok(_) => pods.list(&ListParams::default().labels(&selector(&target.selector))).await.map(|list| list.items),
        Err(error) => Err(error),
    };
    let mut pods =
        listed.map_err(|error| TunnelError::from_kube(&error, "list pods", namespace, &format!("the pods of {subject}")))?;
    // Sorted, so that the same pod is taken each time; the preferred one first.
    pods.sort_by_key(|pod| (Some(pod.name_any().as_str()) != preferred, pod.name_any()));
    target.choose(&pods).map_err(|reason| no_backend(namespace, name, reason))
}

/// Pods of a namespace that are read whole, before it is known which of them are wanted.
const FEW_PODS: u32 = 100;

fn no_backend(namespace: &str, name: &str, reason: String) -> TunnelError {
    TunnelError::NoBackend { service: format!("{namespace}/{name}"), reason }
}

fn selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

/// What a Service port leads to.
#[derive(Debug, PartialEq)]
struct Target {
    selector: BTreeMap<String, String>,
    port: IntOrString,
    not_ready_too: bool,
}

impl Target {
    fn of(service: &Service, port: u16) -> Result<Target, String> {
        let spec = service.spec.clone().unwrap_or_default();
        if let Some(other) = spec.external_name {
            return Err(format!("it only stands for the name {}", clean_cut(&other, 100)));
        }
        let selector = spec.selector.filter(|labels| !labels.is_empty()).ok_or("it selects no pods")?;
        let not_ready_too = spec.publish_not_ready_addresses.unwrap_or(false);
        let ports = spec.ports.unwrap_or_default();
        let listed = ports.iter().find(|listed| listed.port == i32::from(port));
        let port = match listed {
            // Without a cluster IP nothing translates ports: the client talks to the pod itself.
            _ if spec.cluster_ip.as_deref() == Some("None") => IntOrString::Int(port.into()),
            Some(listed) => listed.target_port.clone().unwrap_or(IntOrString::Int(port.into())),
            None => return Err(format!("it has no port {port}, only {}", offered(&ports))),
        };
        Ok(Target { selector, port, not_ready_too })
    }

    fn selected(&self, pods: Vec<Pod>) -> Vec<Pod> {
        let wears = |pod: &Pod, label: &str, value: &String| pod.labels().get(label) == Some(value);
        pods.into_iter().filter(|pod| self.selector.iter().all(|(label, value)| wears(pod, label, value))).collect()
    }

    fn choose(&self, pods: &[Pod]) -> Result<PodPort, String> {
        let mut usable = pods.iter().filter(|pod| runs(pod) && (self.not_ready_too || ready(pod))).peekable();
        if usable.peek().is_none() {
            return Err(format!("none of its {} pods is ready", pods.len()));
        }
        usable
            .find_map(|pod| {
                let port = self.port_of(pod)?;
                Some(PodPort { namespace: pod.namespace().unwrap_or_default(), pod: pod.name_any(), port })
            })
            .ok_or_else(|| format!("none of its ready pods has the port {}", shown(&self.port)))
    }

    fn port_of(&self, pod: &Pod) -> Option<u16> {
        let name = match &self.port {
            IntOrString::Int(number) => return u16::try_from(*number).ok(),
            IntOrString::String(name) => name,
        };
        let containers = &pod.spec.as_ref()?.containers;
        let mut ports = containers.iter().flat_map(|container| container.ports.iter().flatten());
        let port = ports.find(|port| port.name.as_ref() == Some(name))?;
        u16::try_from(port.container_port).ok()
    }
}

fn offered(ports: &[ServicePort]) -> String {
    ports.iter().map(|port| port.port.to_string()).collect::<Vec<_>>().join(", ")
}

fn shown(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => clean_cut(name, 63),
    }
}

fn runs(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    pod.metadata.deletion_timestamp.is_none() && phase == Some("Running")
}

fn ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Opens a stream to a pod's port.
///
/// That the pod itself refuses comes later, as an error of the first read: the API server says so on a channel of
/// its own, and the data stream alone would stay silent for ever.
///
/// # Errors
/// When the API server refuses, or nothing answers before the deadline.
pub async fn open(client: &Client, at: &PodPort, deadline: Duration) -> Result<PodStream, TunnelError> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), &at.namespace);
    let opening = tokio::time::timeout(deadline, pods.portforward(&at.pod, std::slice::from_ref(&at.port))).await;
    let mut forwarder = opening
        .map_err(|_| TunnelError::TimedOut { doing: format!("opening a port-forward to {at}"), after: deadline })?
        .map_err(|error| {
            let subject = format!("pod {}/{}", at.namespace, at.pod);
            TunnelError::from_kube(&error, FORWARD, &at.namespace, &subject)
        })?;
    let data = forwarder.take_stream(at.port).expect("the only port asked for has a stream");
    let refusal = forwarder.take_error(at.port).map(|error| error.boxed());
    Ok(PodStream { at: at.clone(), data, refusal, forwarder })
}

/// A byte stream to a pod's port. Dropping it closes the port-forward.
pub struct PodStream {
    at: PodPort,
    data: DuplexStream,
    /// Resolves when the kubelet reports that the port cannot be used (any more).
    refusal: Option<BoxFuture<'static, Option<String>>>,
    forwarder: kube::api::Portforwarder,
}

impl PodStream {
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Option<io::Error> {
        let Poll::Ready(text) = self.refusal.as_mut()?.poll_unpin(cx) else { return None };
        self.refusal = None;
        let text = clean_cut(text?.trim(), 300);
        Some(io::Error::new(io::ErrorKind::ConnectionRefused, TunnelError::Refused { at: self.at.clone(), text }))
    }
}

impl AsyncRead for PodStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.data).poll_read(cx, buf);
        let silent = match &read {
            Poll::Pending => true,
            Poll::Ready(result) => result.is_ok() && buf.filled().len() == before,
        };
        match silent.then(|| this.poll_refusal(cx)).flatten() {
            Some(error) => Poll::Ready(Err(error)),
            None => read,
        }
    }
}

impl AsyncWrite for PodStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().data).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().data).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().data).poll_shutdown(cx)
    }
}

impl Drop for PodStream {
    fn drop(&mut self) {
        // Its task would otherwise wait for the server's goodbye, which a hanging server never says.
        self.forwarder.abort();
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod forward_tests;

#[cfg(test)]
mod range_tests;
