"""A real API server over a real etcd, for the benches: those of the end-to-end tests (`tests/e2e/controlplane`), with the
operator's CRDs and no controllers, so that nothing moves but what a bench measures. On loopback, in a folder of its own;
both servers end with this process, however it ends."""

import base64
import contextlib
import http.client
import json
import os
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import paired

DATA = paired.ROOT / "tests/data"
GROUP = "/apis/openbao.org/v1alpha1"
# What bulk creation keeps open: more only wait for the same two cores.
CONNECTIONS = 4
AUDIT = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}


class Plane:
    """The running API server: its kubeconfig, its kubectl, and requests to it as the administrator."""

    def __init__(self, folder, assets, port):
        self.folder, self.assets, self.port = Path(folder), Path(assets), port
        self.kubectl = str(self.assets / "kubectl")
        self.url = f"https://127.0.0.1:{port}"
        self.kubeconfig = str(self.folder / "kubeconfig")
        self.audit_log = self.folder / "audit.log"
        self.variables = {}
        self.local = threading.local()

    def environment(self):
        """What a program is given that talks to this API server, and nothing else."""
        return {"KUBECONFIG": self.kubeconfig, "HOME": str(self.folder), "PATH": str(self.assets), **self.variables}

    def run_kubectl(self, *args, stdin=None):
        """Its answer."""
        command = [self.kubectl, *map(str, args)]
        done = subprocess.run(command, env=self.environment(), input=stdin, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stderr}")
        return done.stdout

    def captured(self, name):
        """An object as it was captured, without what a server adds."""
        return self.captured_list(name)[0]

    def captured_list(self, name):
        """The same for a file that may hold several."""
        file = DATA / f"captured/objects/{name}.yaml"
        told = self.run_kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", file)
        # Several are one document after the other.
        found, at, decoder = [], 0, json.JSONDecoder()
        while at < len(told):
            one, at = decoder.raw_decode(told, at)
            at += len(told[at:]) - len(told[at:].lstrip())
            found += one["items"] if one["kind"].endswith("List") else [one]
        for one in found:
            meta = one["metadata"]
            kept = ("name", "namespace", "labels", "annotations")
            one["metadata"] = {field: meta[field] for field in kept if field in meta}
        return found

    def request(self, method, path, body=None):
        """One request; the connection stays open for the next one of the same thread."""
        if not hasattr(self.local, "connection"):
            trust = ssl.create_default_context(cafile=self.folder / "ca.crt")
            trust.load_cert_chain(self.folder / "admin.crt", self.folder / "admin.key")
            self.local.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=trust, timeout=300)
        asked = self.local.connection
        asked.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = asked.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def create(self, path, found):
        """Creates an object, and then its status as the operator does: through the subresource."""
        status = found.pop("status", None)
        made = self.request("POST", path, found)
        if status is not None:
            self.request("PUT", f"{path}/{made['metadata']['name']}/status", {**made, "status": status})

    def create_all(self, wanted):
        """`wanted`: paths and objects, created over a few connections at a time."""
        wanted, lock, failed = iter(wanted), threading.Lock(), []

        def work():
            try:
                while not failed:
                    with lock:
                        one = next(wanted, None)
                    if one is None:
                        return
                    self.create(*one)
            except BaseException as problem:  # told below, by the thread that waits
                failed.append(problem)

        threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            sys.exit(f"objects could not be created: {failed[0]}")

    def requests(self, agent):
        """What the audit log tells of a program's requests: verb, resource and status, in order."""
        told = []
        for line in self.audit_log.read_text().splitlines():
            event = json.loads(line)
            if event["stage"] == "ResponseComplete" and event.get("userAgent", "").startswith(agent):
                told.append(event)
        return told

    def forget_requests(self):
        """What was logged so far is left out from now on."""
        os.truncate(self.audit_log, 0)


@contextlib.contextmanager
def plane(folder):
    """Starts etcd and the API server in a folder and gives it the operator's CRDs."""
    script = paired.ROOT / "tests/e2e/controlplane/build"
    built = subprocess.run([script], stdout=subprocess.PIPE, check=True, text=True)
    peers, clients, port = free_ports(3)
    running = Plane(folder, built.stdout.splitlines()[-1], port)
    credentials(running)
    with server(running, "etcd", etcd_flags(running, clients, peers)) as etcd:
        with server(running, "kube-apiserver", apiserver_flags(running, clients)) as apiserver:
            wait_until_ready(running, etcd, apiserver)
            for kind in ("openbaoclusters", "openbaorestores"):
                file = DATA / f"operator/jan/openbao.org_{kind}.yaml"
                running.run_kubectl("apply", "--server-side", "-f", file)
                crd = f"crd/{kind}.openbao.org"
                running.run_kubectl("wait", "--for=create", "--for=condition=Established", "--timeout=300s", crd)
            wait_until_served(running)
            yield running


def free_ports(count):
    """All are held until all are known."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@contextlib.contextmanager
def server(running, name, flags):
    """One server as a child; it ends when its standard input does, and is killed by its id if it does not."""
    log = (running.folder / f"{name}.log").open("ab")
    flags = [f"--{flag}={value}" for flag, value in flags.items()]
    environment = {"HOME": str(running.folder), "CONTROLPLANE_DIE_WITH_STDIN": "1"}
    child = subprocess.Popen(
        [running.assets / name, *flags], env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=running.folder
    )
    log.close()
    try:
        yield child
    finally:
        child.stdin.close()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until_ready(running, *servers):
    """Until the API server says so; ends with the last words of a server that ended first."""
    command = [running.kubectl, "get", "--raw", "/readyz"]
    while subprocess.run(command, env=running.environment(), capture_output=True, check=False).returncode != 0:
        if any(one.poll() is not None for one in servers):
            logs = [file.read_text(errors="replace")[-2000:] for file in running.folder.glob("*.log")]
            sys.exit("the control plane does not start:\n" + "\n".join(logs))
        time.sleep(0.2)


def wait_until_served(running):
    """A CRD that is established is served a moment later."""
    command = [running.kubectl, "get", "openbaoclusters,openbaorestores", "-A"]
    while subprocess.run(command, env=running.environment(), capture_output=True, check=False).returncode != 0:
        time.sleep(0.2)


def etcd_flags(running, clients, peers):
    return {
        "data-dir": running.folder / "etcd",
        "listen-client-urls": f"http://127.0.0.1:{clients}",
        "advertise-client-urls": f"http://127.0.0.1:{clients}",
        "listen-peer-urls": f"http://127.0.0.1:{peers}",
        "initial-advertise-peer-urls": f"http://127.0.0.1:{peers}",
        "initial-cluster": f"default=http://127.0.0.1:{peers}",
        "log-level": "warn",
        # Nothing here needs to survive a power cut.
        "unsafe-no-fsync": "true",
    }


def apiserver_flags(running, clients):
    policy = running.folder / "audit-policy.json"
    policy.write_text(json.dumps(AUDIT))
    file = running.folder.joinpath
    return {
        "etcd-servers": f"http://127.0.0.1:{clients}",
        "bind-address": "127.0.0.1",
        "secure-port": running.port,
        "tls-cert-file": file("server.crt"),
        "tls-private-key-file": file("server.key"),
        "client-ca-file": file("ca.crt"),
        "authorization-mode": "RBAC",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": file("server.pub"),
        "service-account-signing-key-file": file("server.key"),
        "service-cluster-ip-range": "10.0.0.0/24",
        "endpoint-reconciler-type": "none",
        "kubelet-preferred-address-types": "InternalIP",
        # Without controllers nobody makes ServiceAccounts, and pods are told to wait for them.
        "disable-admission-plugins": "ServiceAccount",
        "audit-policy-file": policy,
        "audit-log-path": running.audit_log,
        "audit-log-mode": "blocking",
    }


def credentials(running):
    """An authority, the server's certificate and the administrator's, by openssl; and the kubeconfig."""
    days = ["-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl(running, "req", "-x509", *days, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=bench")
    signed(running, "server", "/CN=kube-apiserver", "subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost", "serverAuth")
    openssl(running, "pkey", "-in", "server.key", "-pubout", "-out", "server.pub")
    signed(running, "admin", "/O=system:masters/CN=admin", "subjectAltName=DNS:admin", "clientAuth")
    files = ("ca.crt", "admin.crt", "admin.key")
    text = {name: base64.b64encode((running.folder / name).read_bytes()).decode() for name in files}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": running.url, "certificate-authority-data": text["ca.crt"]}}],
        "users": [
            {
                "name": "admin",
                "user": {"client-certificate-data": text["admin.crt"], "client-key-data": text["admin.key"]},
            }
        ],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "admin", "namespace": "bao"}}],
    }
    Path(running.kubeconfig).write_text(json.dumps(document))


def signed(running, name, subject, names, usage):
    key = ["-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", f"{name}.key"]
    openssl(running, "req", *key, "-out", f"{name}.csr", "-subj", subject)
    (running.folder / f"{name}.ext").write_text(f"{names}\nextendedKeyUsage={usage}\n")
    by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext"]
    openssl(running, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *by)


def openssl(running, *args):
    done = subprocess.run(["openssl", *args], cwd=running.folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"openssl {' '.join(args)}: ended with {done.returncode}\n{done.stderr}")


def round_trips(running, command, count, delay, prepare=None, until=lambda run: run.wall):
    """How many round trips a command waits for, one figure for each round: what a slower line adds to its wall, or to
    another time of its run, in times of the delay. `prepare` runs before each."""
    programs = {}
    with slow_line(running.port, delay) as port:
        slow = running.folder / "kubeconfig-slow"
        slow.write_text(Path(running.kubeconfig).read_text().replace(running.url, f"https://127.0.0.1:{port}"))
        for name, kubeconfig in (("near", running.kubeconfig), ("far", str(slow))):
            programs[name] = lambda env={**running.environment(), "KUBECONFIG": kubeconfig}: prepared(command, env, prepare)
        runs = paired.rounds(programs, count)
    return [(until(far) - until(near)) / delay for near, far in zip(runs["near"], runs["far"])]


def prepared(command, env, prepare):
    if prepare:
        prepare()
    return paired.run(command, env)


@contextlib.contextmanager
def slow_line(port, delay):
    """A line to a port of this machine on which each way takes half of `delay`, however much is on it. Gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                near, far = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
                join(near, far, delay / 2)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def join(near, far, delay):
    """Passes on what comes from either side to the other."""
    for one, other in ((near, far), (far, near)):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=forward, args=(one, other, delay), daemon=True).start()


def forward(source, to, delay):
    """Passes on what comes, each piece so much later; one thread reads while this one waits."""
    on_the_way = queue.SimpleQueue()

    def read():
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                on_the_way.put((time.monotonic() + delay, data))
        on_the_way.put((0, b""))

    threading.Thread(target=read, daemon=True).start()
    with contextlib.suppress(OSError):
        while (piece := on_the_way.get())[1]:
            time.sleep(max(0, piece[0] - time.monotonic()))
            to.sendall(piece[1])
        to.shutdown(socket.SHUT_WR)
