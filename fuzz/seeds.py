#!/usr/bin/env python3
"""Writes what the fuzzers begin with, from the recorded reality in tests/: `fuzz/seeds.py FOLDER`.

Each target gets a folder of small inputs in the form that its check in tests/fuzz/oracles takes. Needs PyYAML. Kept are not
these but what is left of them and of all that was found when it is minimised: fuzz/corpus.
"""

import datetime
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAPTURED = ROOT / "tests/data/captured"
SITUATIONS = sorted((ROOT / "tests/evidence/situations").glob("*.yaml"))


def plain(value):
    """As JSON would say it: times are text."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def objects(pattern):
    for path in sorted((CAPTURED / "objects").glob(pattern)):
        yield plain(yaml.safe_load(path.read_text()))


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def situations():
    for path in SITUATIONS:
        yield path, plain(yaml.safe_load(path.read_text()))


def slim(item):
    """Without what nobody reads."""
    metadata = item.get("metadata", {})
    metadata.pop("managedFields", None)
    return item


def archive():
    genuine = (ROOT / "tests/data/snapshots/openbao-2.5.5-shamir.snap").read_bytes()
    unpacked = gzip.decompress(genuine)
    files = {m.name: tarfile.open(fileobj=io.BytesIO(unpacked)).extractfile(m).read()
             for m in tarfile.open(fileobj=io.BytesIO(unpacked)).getmembers()}
    state = small_state()
    meta = b'{"Version":1,"ID":"bolt","Index":9,"Term":2,"Configuration":{"Servers":[{"Suffrage":0,"ID":"a","Address":"b"}]},"Size":%d}'
    tar = archive_of({"meta.json": meta % len(state), "state.bin": state, "SHA256SUMS": sums(meta % len(state), state),
                      "SHA256SUMS.sealed": b"\x2a\x00"})
    yield b"\0" + gzip.compress(tar, mtime=0)
    yield b"\0" + genuine[:2000]
    yield b"\0"
    yield b"\0<html><body>403</body></html>"
    yield b"\1" + tar
    yield b"\1" + archive_of({"./meta.json": b"{}", "long/" * 30 + "name": b"x"}, tarfile.PAX_FORMAT)
    yield b"\2" + state
    yield b"\2" + files["state.bin"][:1500]
    yield b"\3" + files["meta.json"]
    yield b"\3" + meta % 181
    yield b"\3" + b'{"VERSION":1,"size":null,"Size":181}'
    yield b"\4" + sums(meta % len(state), state)
    yield b"\4" + files["SHA256SUMS"]
    yield b"\5" + gzip.compress(tar, mtime=0)[10:-8]
    yield b"\5" + gzip.compress(tar, 0, mtime=0)[10:-8]


def small_state():
    state = b""
    for key in [b"core/hsm/barrier-unseal-keys", b"core/keyring", b"core/mounts", b"core/seal-config"]:
        record = b"\x0a" + bytes([len(key)]) + key + b"\x12\x01v"
        state += bytes([len(record)]) + record
    return state


def sums(meta, state):
    of = lambda bytes_: hashlib.sha256(bytes_).hexdigest().encode()
    return of(meta) + b"  meta.json\n" + of(state) + b"  state.bin\n"


def archive_of(files, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1795223357
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()[: (len(out.getvalue()) // 512) * 512].rstrip(b"\0").ljust(0) + bytes(1536)


def log_lines():
    for path in sorted(CAPTURED.glob("*.txt")):
        for line in path.read_text(errors="replace").splitlines():
            if "error" in line or "\t" in line or "[WARN]" in line or "Restor" in line or "Backup" in line:
                yield line


def classify():
    seen, batch = set(), []
    for line in log_lines():
        form = "".join(c for c in line if not c.isdigit())[:70]
        if form in seen:
            continue
        seen.add(form)
        batch.append(line[:400])
        if len(batch) == 4:
            yield "\n".join(batch).encode()
            batch = []
    table = (ROOT / "src/domain/job_log/table").glob("*.rs")
    for path in sorted(table):
        for part in path.read_text().split('"')[1::2]:
            if 12 <= len(part) < 120 and " " in part:
                for prefix in ["bao-restore error: ", "upgrade-executor error: ", "2026-11-21T00:46:09Z\tERROR\t", ""]:
                    batch.append(prefix + part)
        for at in range(0, len(batch), 40):
            yield "\n".join(batch[at : at + 40]).encode()
        batch = []


def cluster():
    for at, item in enumerate(objects("cluster-*.yaml")):
        yield bytes([at * 7 % 256]) + compact(slim(item))
    for at, (_, document) in enumerate(situations()):
        if isinstance(document.get("openbaocluster"), dict):
            yield bytes([at * 5 % 256]) + compact(document["openbaocluster"])


def restore():
    every = [slim(item) for item in objects("restore-*.yaml")]
    for at, item in enumerate(every):
        yield bytes([at * 7 % 256]) + compact(item)
    yield b"\x05" + compact(every[:2] + every[:2])
    for at, (_, document) in enumerate(situations()):
        restores = document.get("restores")
        if isinstance(restores, list) and restores:
            yield bytes([at * 3 % 256]) + compact(restores if at % 2 else restores[0])


def workloads():
    lists = ["jobs", "pods", "jobPods", "events", "statefulSets", "claims", "logs"]
    for at, (_, document) in enumerate(situations()):
        given = {name: document[name] for name in lists if name in document}
        if given:
            yield bytes([at * 11 % 256]) + compact(given)
    events = next(objects("events-all.yaml"))["items"][:6]
    yield b"\x10" + compact({"events": events})


def keys():
    header = b"1795300000 1000 prod\n"
    made = ["x/bao/prod/%s2026-11-%02dT%02d-41-19Z-b397e37b.snap" % ("pre-upgrade-" * (i % 2), i % 28 + 1, i % 24) for i in range(24)]
    yield header + "\n".join(made).encode()
    yield b"1795300000 2 a-b\n" + "\n".join(made).encode()
    yield header + b"x/bao/prod/README\nx/bao/prod/Tables/T\nx/bao/prod/2026-11-99T\nx/bao/prod/zzz-T-1.snap\nx/bao/prod/2026\ny"
    yield b"1600000000 1000 prod\nx/bao/prod/2019-02-28T23-59-60Z-00000000.snap\nx/bao/prod/2020-02-29T00-00-00Z-ABCDEF01.snap"
    yield header + b"a/2026-11-21T00-41-19Z-b397e37b.snap\n/b/2026-11-21T00-41-19Z-b397e37b.snap\n2026-11-21T00-41-19Z-b397e37b.snap"


def merge():
    yield bytes([0]) + bytes(range(0, 120, 3))
    yield bytes([0]) + bytes([20] + [0] * 20 + [5, 10, 30, 3, 5, 40, 63])
    yield bytes([1]) + bytes([30] + [1, 0, 2, 3] * 8 + [4, 10, 3, 30, 63, 20, 2, 40, 63, 9, 9, 9, 63])
    yield bytes([1]) + bytes([40] + [7, 0, 0, 56] * 10 + [5, 12, 7, 90, 40, 12, 7, 90, 40, 12, 7])
    for path in ["02-restore-completed.txt", "11-bluegreen-job-logs.txt"]:
        text = (CAPTURED / path).read_text().splitlines()
        stamped = [line for line in text if line[:4] == "2026" and "Z " in line[:40]][:8]
        yield bytes([2]) + "\n".join(stamped).encode()
        yield bytes([5]) + ("\n".join(stamped + stamped[-2:]) + "\n").encode()
    yield bytes([8]) + b"unable to retrieve container logs for containerd://0a"


def kubeconfig():
    yield (b"current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u, namespace: n}}]\n"
           b"clusters: [{name: c, cluster: {server: 'https://h:6443', proxy-url: 'http://p:1', insecure-skip-tls-verify: true}}]\n"
           b"users: [{name: u, user: {token: t}}]\n")
    for user in ["{username: a, password: b}", "{token: a, username: b}", "{token: [a]}", "{client-certificate-data: YQ==, client-key-data: YQ==}",
                 "{exec: {apiVersion: client.authentication.k8s.io/v1, command: h, env: [{name: A, value: b}], interactiveMode: Never}}",
                 "{exec: {command: h, apiVersion: v0}}", "{auth-provider: {name: oidc, config: {id-token: a, idp-issuer-url: b}}}",
                 "{auth-provider: {name: gcp, config: {access-token: a}}}", "{tokenFile: t, token: a}", "{as: a, as-groups: [g]}",
                 "{client-certificate: a, client-key: b}"]:
        yield ("current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
               "clusters: [{name: c, cluster: {server: 'https://h'}}]\nusers: [{name: u, user: %s}]\n" % user).encode()
    for cluster in ["{server: 'ftp://h'}", "{server: 'h/p'}", "{server: 'https://a:b:c'}", "{server: 'http://h', proxy-url: 'socks5://h'}",
                    "{server: 'https://h', proxy-url: 'gopher://h'}", "{server: 'https://h', proxy-url: 'http://h h'}",
                    "{server: 'https://h', certificate-authority-data: YQ==}", "{server: 'https://h', tls-server-name: a}"]:
        yield ("current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
               "clusters: [{name: c, cluster: %s}]\nusers: [{name: u, user: {token: t}}]\n" % cluster).encode()
    yield b'{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":null}]}'
    yield b"clusters:\n  - name: a\n   cluster: {}\n"
    yield b"users: &a [{name: a, user: {token: x}}]\nothers: *a\n"


def from_file():
    for item in objects("restore-*.yaml"):
        item = {k: item[k] for k in ["apiVersion", "kind", "metadata", "spec"]}
        item["metadata"] = {"name": item["metadata"]["name"]}
        yield yaml.safe_dump(item).encode()
    head = "apiVersion: openbao.org/v1alpha1\nkind: OpenBaoRestore\nmetadata: {name: r, namespace: bao}\nspec:\n"
    for spec in [
        "  {cluster: prod, source: {key: k, target: {type: s3, s3: {bucket: b, region: eu, credentialsSecretRef: {name: s, namespace: o}}}}}",
        "  {cluster: prod, force: true, overrideOperationLock: true, tokenSecretRef: {name: t}, source: {key: k, expectedSize: 3, expectedDigest: 'sha256:00'}}",
        "  {cluster: prod, source: {key: k, target: {provider: azure, bucket: b, azure: {storageAccount: a, container: c}}}}",
        "  {cluster: prod, source: {key: k, target: {provider: gcs, bucket: b, gcs: {project: p}, workloadIdentity: {a: {b: 1}}}}}",
        "  {cluster: 7}",
        "  {cluster: p, sauce: 1}",
    ]:
        yield (head + spec + "\n").encode()
    yield b"---\n---\nkind: Secret\napiVersion: v1\n"


def report():
    for at, (path, document) in enumerate(situations()):
        if at % 2:
            yield bytes([at * 4 % 256 | 1]) + compact(document)
        else:
            yield bytes([at * 4 % 256 & 0xFE]) + path.read_bytes()


def main():
    out = pathlib.Path(sys.argv[1])
    for target in [archive, classify, cluster, from_file, keys, kubeconfig, merge, report, restore, workloads]:
        folder = out / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for seed in target():
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
        print(f"{target.__name__}: {len(list(folder.iterdir()))}")


main()
