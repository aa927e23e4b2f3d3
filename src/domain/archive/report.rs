//! What was found, judged: each check with what it proves, and one verdict.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::{Contents, Fatal, Found};
use super::gzip::{Body, GzipEnd};
use super::meta::{Meta, Seal, key_id};
use super::records::{self, ESSENTIAL, KINDS, Told};
use super::tar;
use crate::domain::hazards::version;
use crate::domain::restore::preflight::Grade;

/// The answer, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is something else.
    NotASnapshot,
    /// It ends before the snapshot does.
    Truncated,
    /// Its contents are damaged.
    Corrupt,
    /// It contradicts itself: a server would take it, and seal itself.
    Inconsistent,
    /// It lacks the sums that the seal encrypted: only a forced restore takes it.
    UnsealedSums,
    /// Its contents are proven, and yet the file is not as it was written.
    Suspect,
    /// Everything that can be checked without a key is right.
    Ok,
}

impl Verdict {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::NotASnapshot => "not-a-snapshot",
            Verdict::Truncated => "truncated",
            Verdict::Corrupt => "corrupt",
            Verdict::Inconsistent => "inconsistent",
            Verdict::UnsealedSums => "unsealed-sums",
            Verdict::Suspect => "suspect",
            Verdict::Ok => "ok",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its stable code.
    pub code: String,
    /// How it ended.
    pub grade: Grade,
    /// What was found.
    pub text: String,
    /// What it proves when it is right.
    pub proves: String,
}

/// A snapshot that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// The answer in one sentence.
    pub summary: String,
    /// Each check.
    pub checks: Vec<Check>,
    /// What it is.
    pub facts: Facts,
}

/// What a snapshot tells of itself without any key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// `deflate` or `stored`.
    pub body: Option<String>,
    /// When the archive was written, by its own clock.
    pub taken_at: Option<Timestamp>,
    /// `meta.json`.
    pub meta: Option<Meta>,
    /// The seal that it was taken under.
    pub seal: Option<Seal>,
    /// The id of the key that encrypted its sums; none for Shamir.
    pub sums_key_id: Option<String>,
    /// The newest OpenBao that was ever active on this data.
    pub openbao_version: Option<String>,
    /// Whether all its versions were read: of the first bytes alone perhaps not.
    pub versions_read: bool,
    /// The highest term of the keys that its values are encrypted with.
    pub key_term: Option<u32>,
    /// Records in all.
    pub records: Option<u64>,
    /// Records by what they are about.
    pub kinds: Vec<(String, u64)>,
}

/// The codes of all checks, in the order shown.
pub const CODES: [&str; 11] = [
    "gzip-header",
    "archive",
    "sums",
    "size",
    "version",
    "records",
    "order",
    "essentials",
    "sealed-sums",
    "gzip-trailer",
    "nothing-after",
];

/// Judges an object that was read to its end, or until nothing more could be learned.
pub fn judge(contents: Contents, gzip: GzipEnd, body: Option<Body>) -> Report {
    let mut found = contents.end();
    let (told, bad) = std::mem::take(&mut found.records).end();
    // How much further the gzip layer was read then is by chance.
    let gzip = if found.fatal.is_some() { GzipEnd::NotReached } else { gzip };
    let judged = Judged { proven: proven(&found), whole: whole(&found), found, told, bad, gzip };
    let checks = judged.checks();
    let (verdict, summary) = judged.verdict(&checks);
    Report { verdict, summary, checks, facts: judged.facts(body) }
}

/// What the beginning of an object tells: facts, and an estimate of how many records the whole has.
pub fn beginning(contents: Contents, body: Option<Body>) -> Facts {
    let mut found = contents.end();
    let read = found.state_read;
    let (told, bad) = std::mem::take(&mut found.records).end();
    let size = found.state_size;
    let judged = Judged { proven: false, whole: false, found, told, bad, gzip: GzipEnd::Cut };
    let mut facts = judged.facts(body);
    let all = |seen: u64| seen.checked_mul(size?)?.checked_div(read);
    facts.records = facts.records.filter(|seen| *seen > 0).and_then(all);
    facts.kinds.clear();
    facts
}

struct Judged {
    found: Found,
    told: Told,
    bad: Option<records::Bad>,
    gzip: GzipEnd,
    /// Whether all files are there.
    whole: bool,
    /// Whether both sums are right.
    proven: bool,
}

/// Whether the three files that the server needs were read to their ends.
fn whole(found: &Found) -> bool {
    found.meta_sum.is_some() && found.state_sum.is_some() && found.sums.is_some()
}

fn proven(found: &Found) -> bool {
    let (Some(meta), Some(state), Some(Ok(sums))) = (&found.meta_sum, &found.state_sum, &found.sums) else { return false };
    let all = |sums: &[String], own: &String| !sums.is_empty() && sums.iter().all(|sum| sum == own);
    all(&sums.meta, meta) && all(&sums.state, state)
}

impl Judged {
    fn checks(&self) -> Vec<Check> {
        let all = [
            ("the file is a gzip file", self.gzip_header()),
            ("it holds the files of a snapshot and nothing else", self.archive()),
            ("no byte of the data changed since the snapshot was taken", self.sums()),
            ("the server reads the data to its end", self.size()),
            ("the server knows the format", self.version()),
            ("the server can apply every record", self.records()),
            ("it was written by OpenBao's own store", self.order()),
            ("it is the backup of a whole OpenBao", self.essentials()),
            ("an unforced restore can check that this seal took it", self.sealed_sums()),
            ("the file's last bytes are there", self.trailer()),
            ("nothing was added to the file", self.nothing_after()),
        ];
        let check = |(code, (proves, (grade, text))): (&&str, (&str, (Grade, String)))| Check {
            code: (*code).to_owned(),
            grade,
            text,
            proves: proves.to_owned(),
        };
        CODES.iter().zip(all).map(check).collect()
    }

    fn gzip_header(&self) -> (Grade, String) {
        match self.gzip {
            GzipEnd::Empty => (Grade::Fail, "the object is empty".into()),
            GzipEnd::NotGzip => (Grade::Fail, "it does not begin like a gzip file".into()),
            _ => (Grade::Pass, "it begins like a gzip file".into()),
        }
    }

    fn archive(&self) -> (Grade, String) {
        if self.nothing_unpacked() {
            return not_read();
        }
        if let Some(fatal) = &self.found.fatal {
            return (Grade::Fail, why(fatal));
        }
        if self.whole {
            let end = if self.found.ended { "" } else { "; the end of the archive is missing" };
            let grade = if self.found.ended { Grade::Pass } else { Grade::Warn };
            return (grade, format!("{}{end}", self.files()));
        }
        let missing = self.missing().join(", ");
        (Grade::Fail, format!("missing: {missing}"))
    }

    fn files(&self) -> &'static str {
        if self.found.sealed.is_some() { "all four files" } else { "three files; SHA256SUMS.sealed is missing" }
    }

    fn missing(&self) -> Vec<&'static str> {
        let found = &self.found;
        let all = [
            ("meta.json", found.meta_sum.is_none()),
            ("state.bin", found.state_sum.is_none()),
            ("SHA256SUMS", found.sums.is_none()),
        ];
        all.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
    }

    fn nothing_unpacked(&self) -> bool {
        self.found.unpacked == 0
    }

    fn sums(&self) -> (Grade, String) {
        let found = &self.found;
        match &found.sums {
            Some(Err(why)) => (Grade::Fail, why.clone()),
            Some(Ok(sums)) if self.whole => {
                let wrong = |name: &'static str, sums: &[String], own: &Option<String>| match own {
                    Some(own) if sums.is_empty() => (!own.is_empty()).then(|| format!("SHA256SUMS does not name {name}")),
                    Some(own) => sums.iter().any(|sum| sum != own).then(|| format!("{name} is not what SHA256SUMS says")),
                    None => None,
                };
                let wrong =
                    wrong("state.bin", &sums.state, &found.state_sum).or_else(|| wrong("meta.json", &sums.meta, &found.meta_sum));
                wrong.map_or_else(|| (Grade::Pass, "both SHA-256 sums match".into()), |text| (Grade::Fail, text))
            }
            _ => not_read(),
        }
    }

    fn size(&self) -> (Grade, String) {
        let (Some(Ok(meta)), Some(_)) = (&self.found.meta, &self.found.state_sum) else {
            return match &self.found.meta {
                Some(Err(why)) => (Grade::Fail, why.clone()),
                _ => not_read(),
            };
        };
        let (said, is) = (meta.size, self.found.state_read);
        if u64::try_from(said) == Ok(is) {
            return (Grade::Pass, format!("state.bin has the {is} bytes that meta.json says"));
        }
        (
            Grade::Fail,
            format!(
                "meta.json says {said} bytes, state.bin has {is}: a server takes it, fails while applying it, and seals itself"
            ),
        )
    }

    fn version(&self) -> (Grade, String) {
        match &self.found.meta {
            Some(Ok(meta)) if meta.version == 1 => (Grade::Pass, "format 1".into()),
            Some(Ok(meta)) => (Grade::Fail, format!("format {}: OpenBao applies format 1 only", meta.version)),
            Some(Err(_)) | None => not_read(),
        }
    }

    fn records(&self) -> (Grade, String) {
        let at = self.told.count;
        match self.bad {
            _ if self.found.state_size.is_none() => not_read(),
            // Where the file was cut, so is its last record: that says nothing of its own.
            Some(records::Bad::Cut) | None if self.found.state_sum.is_none() => {
                (Grade::Unknown, format!("{at} records can be read, as far as the file goes"))
            }
            Some(bad) => (
                Grade::Fail,
                format!("{} after {at} records: a server takes it, fails while applying it, and seals itself", bad.as_str()),
            ),
            None => (Grade::Pass, format!("{at} records, each can be read")),
        }
    }

    fn order(&self) -> (Grade, String) {
        match self.told.disordered {
            _ if self.found.state_sum.is_none() => not_read(),
            0 => (Grade::Pass, "keys ascend, none comes twice".into()),
            count => (Grade::Warn, format!("{count} keys come twice or out of order: it was not written by OpenBao's own store")),
        }
    }

    fn essentials(&self) -> (Grade, String) {
        if self.found.state_sum.is_none() {
            return not_read();
        }
        let missing: Vec<&str> =
            ESSENTIAL.iter().zip(self.told.essential).filter(|(_, there)| !there).map(|(key, _)| *key).collect();
        if missing.is_empty() {
            return (Grade::Pass, "key ring, mounts and seal configuration are there".into());
        }
        (
            Grade::Fail,
            format!("without {}: it is no backup of a whole OpenBao, which would not start from it", missing.join(", ")),
        )
    }

    fn sealed_sums(&self) -> (Grade, String) {
        match &self.found.sealed {
            Some(sealed) if !sealed.is_empty() => {
                (Grade::Pass, "SHA256SUMS.sealed is there; only the cluster's own seal can read it".into())
            }
            Some(_) => (Grade::Fail, "SHA256SUMS.sealed is empty: only a forced restore takes it".into()),
            None if self.whole && self.found.fatal.is_none() => {
                (Grade::Fail, "SHA256SUMS.sealed is missing: only a forced restore takes it".into())
            }
            None => not_read(),
        }
    }

    fn trailer(&self) -> (Grade, String) {
        match &self.gzip {
            GzipEnd::Whole | GzipEnd::More(..) => (Grade::Pass, "checksum and length of the gzip file are right".into()),
            GzipEnd::TrailerWrong => (Grade::Fail, "checksum or length at the end of the gzip file are wrong".into()),
            GzipEnd::TrailerCut(missing) => (Grade::Fail, format!("the last {missing} bytes of the file are missing")),
            GzipEnd::Cut => (Grade::Fail, "the file ends before the compressed data does".into()),
            GzipEnd::Broken(at) => (Grade::Fail, format!("the compressed data cannot be read at byte {at}")),
            GzipEnd::NotReached | GzipEnd::Empty | GzipEnd::NotGzip => not_read(),
        }
    }

    fn nothing_after(&self) -> (Grade, String) {
        match &self.gzip {
            GzipEnd::Whole => (Grade::Pass, "the file ends with the snapshot".into()),
            GzipEnd::More(bytes, true) => (Grade::Fail, format!("another gzip member of {bytes} bytes follows")),
            GzipEnd::More(bytes, false) => (Grade::Fail, format!("{bytes} bytes follow that do not belong to it")),
            _ => not_read(),
        }
    }

    fn verdict(&self, checks: &[Check]) -> (Verdict, String) {
        let text = |code: &str| checks.iter().find(|c| c.code == code).map_or(String::new(), |c| c.text.clone());
        let failed = |code: &str| checks.iter().any(|c| c.code == code && c.grade == Grade::Fail);
        let first = |codes: &[&str]| codes.iter().find(|code| failed(code)).map(|code| text(code));
        // Nothing of a snapshot was seen: it is something else that somebody compressed.
        let foreign = self.found.mtime.is_none() && self.found.fatal.is_some();
        if failed("gzip-header") || foreign {
            let why = if failed("gzip-header") { text("gzip-header") } else { text("archive") };
            return (Verdict::NotASnapshot, why);
        }
        let cut = matches!(self.gzip, GzipEnd::Cut | GzipEnd::TrailerCut(_)) && !self.proven && self.found.fatal.is_none();
        if cut && !failed("sums") {
            return (Verdict::Truncated, self.cut_where());
        }
        if let Some(why) = first(&["sums"]) {
            return (Verdict::Corrupt, why);
        }
        if let GzipEnd::Broken(_) = self.gzip {
            return (Verdict::Corrupt, text("gzip-trailer"));
        }
        if let Some(why) = first(&["archive", "records"]) {
            return (Verdict::Corrupt, why);
        }
        if let Some(why) = first(&["size", "version", "essentials"]) {
            return (Verdict::Inconsistent, why);
        }
        if !matches!(self.gzip, GzipEnd::Whole | GzipEnd::More(..)) && self.found.sealed.is_none() {
            return (Verdict::Truncated, self.cut_where());
        }
        if let Some(why) = first(&["sealed-sums"]) {
            return (Verdict::UnsealedSums, why);
        }
        if let Some(why) = first(&["gzip-trailer", "nothing-after"]) {
            return (Verdict::Suspect, format!("the data is proven by its sums, but {why}"));
        }
        if !self.found.ended {
            return (Verdict::Suspect, "the data is proven by its sums, but the end of the archive is missing".into());
        }
        (Verdict::Ok, "everything that can be checked without a key is right".into())
    }

    fn cut_where(&self) -> String {
        if self.nothing_unpacked() {
            return "only the beginning of a gzip file: the save failed, or nothing more was uploaded".into();
        }
        let found = &self.found;
        match (found.state_size, &found.state_sum) {
            (Some(size), None) => format!("the file ends within the data: {} of {size} bytes are there", found.state_read),
            (None, _) => "the file ends before the data begins".into(),
            (Some(_), Some(_)) => "the file ends after the data, before its sums".into(),
        }
    }

    fn facts(&self, body: Option<Body>) -> Facts {
        let told = &self.told;
        let kinds = KINDS.iter().zip(told.kinds).filter(|(_, count)| *count > 0);
        Facts {
            body: body.map(|body| if body == Body::Stored { "stored" } else { "deflate" }.to_owned()),
            taken_at: self.found.mtime.and_then(|at| Timestamp::from_second(i64::try_from(at).ok()?).ok()),
            meta: self.found.meta.as_ref().and_then(|meta| meta.as_ref().ok().cloned()),
            seal: Seal::read(told.seal_config.as_deref(), told.unseal_keys.as_deref()),
            sums_key_id: self.found.sealed.as_deref().and_then(key_id),
            openbao_version: newest(&told.versions),
            versions_read: told.past_versions || self.found.state_sum.is_some(),
            key_term: told.key_term,
            records: self.found.state_size.map(|_| told.count),
            kinds: kinds.map(|((_, name), count)| ((*name).to_owned(), count)).collect(),
        }
    }
}

/// The newest of some versions, compared number by number.
fn newest(versions: &[String]) -> Option<String> {
    versions.iter().max_by(|a, b| version::compare(a, b)).cloned()
}

fn not_read() -> (Grade, String) {
    (Grade::Unknown, "reading ended before".into())
}

fn why(fatal: &Fatal) -> String {
    match fatal {
        Fatal::Tar(tar::Bad::Header) => "a header of the archive cannot be read".into(),
        Fatal::Tar(tar::Bad::Kind) => "the archive holds something that is no regular file".into(),
        Fatal::Tar(tar::Bad::TooMany) => "the archive holds more files than a snapshot has".into(),
        Fatal::Tar(tar::Bad::After) => "bytes follow the end of the archive".into(),
        Fatal::Unexpected => "the archive holds a file that no snapshot has: the server refuses it".into(),
        Fatal::Twice(file) => format!("{} is there twice", file.as_str()),
        Fatal::TooLong(file) => format!("{} is longer than the 8,191 bytes that the server reads", file.as_str()),
        Fatal::MoreThanSaid => "the data is far longer than meta.json says".into(),
    }
}
