//! Columns: what may happen to a request.

use std::time::Duration;

use kubectl_openbao::drill::s3;
use kubectl_openbao::drill::server::Act;

use crate::row::{Place, Row, Sort, To};

/// What happens to the request of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// No connection. A write meets it before it leaves; a read takes the connection along with it.
    Refused,
    /// The connection is reset before the request is carried out.
    CutBefore,
    /// The connection is reset when it was carried out.
    CutAfter,
    /// The answer breaks off.
    HalfAnswer,
    /// An answer with this status, and nothing carried out.
    Status(u16),
    /// A page of HTML with this status, and nothing carried out.
    Page(u16),
    /// Never carried out and never answered.
    Stall,
    /// Carried out and never answered.
    StallAfter,
    /// The plugin is killed (9) at this request, before it is carried out.
    KillBefore,
    /// The plugin is killed (9) when it was carried out.
    KillAfter,
    /// A stream breaks off in the middle of a line.
    CutInLine,
    /// A stream ends in good order in the middle of a line, as a proxy passes on what broke behind it.
    EndInLine,
    /// A stream ends in good order, too early.
    EarlyEnd,
    /// A watch says that its version is too old.
    Expired,
    /// The log is rotated at this moment.
    Rotation,
    /// The pod is gone, and another takes its place.
    ReplacedPod,
}

use Column as C;

/// What every request meets.
const EVERY: [Column; 18] = [
    C::Refused,
    C::CutBefore,
    C::CutAfter,
    C::HalfAnswer,
    C::Status(401),
    C::Status(403),
    C::Status(404),
    C::Status(409),
    C::Status(410),
    C::Status(422),
    C::Status(429),
    C::Status(500),
    C::Status(503),
    C::Page(200),
    C::Page(502),
    C::Stall,
    C::KillBefore,
    C::KillAfter,
];
/// What a request meets that was made before and is made again, by the same code: one of each way to go on from there.
const AGAIN: [Column; 8] =
    [C::Refused, C::CutAfter, C::Status(401), C::Status(403), C::Status(404), C::Status(503), C::Stall, C::KillBefore];
const WRITE: [Column; 1] = [C::StallAfter];
const STREAM: [Column; 3] = [C::CutInLine, C::EndInLine, C::EarlyEnd];
const WATCH: [Column; 1] = [C::Expired];
const LOG: [Column; 2] = [C::Rotation, C::ReplacedPod];

/// What lasts: an API server that stays away, or whoever denies and goes on denying.
const LASTING_READ: [Column; 2] = [C::Status(403), C::Status(503)];
const LASTING_WRITE: [Column; 4] = [C::CutAfter, C::Status(409), C::Status(422), C::Status(503)];

impl Column {
    /// The columns of a row, each with whether it lasts: what every request meets strikes once; what lasts strikes each
    /// request of the kind from there on. `again`: the act asked the same before.
    pub fn all_of(row: &Row, again: bool) -> Vec<(Column, bool)> {
        let more: &[&[Column]] = match row.sort {
            Sort::Write => &[&WRITE],
            Sort::Watch => &[&STREAM, &WATCH],
            Sort::Log => &[&STREAM, &LOG],
            Sort::Read | Sort::Trial => &[],
        };
        let lasting: &[Column] = match (row.sort, row.place) {
            (Sort::Write, _) => &LASTING_WRITE,
            (Sort::Read | Sort::Watch, Place::Before(1) | Place::After(_)) => &LASTING_READ,
            _ => &[],
        };
        let every: &[Column] = if again { &AGAIN } else { &EVERY };
        let once = every.iter().chain(more.iter().copied().flatten()).map(|column| (*column, false));
        once.chain(lasting.iter().map(|column| (*column, true))).collect()
    }

    /// How it is printed.
    pub fn name(self) -> String {
        match self {
            C::Status(429) => "429 with Retry-After".into(),
            C::Status(code) => code.to_string(),
            C::Page(code) => format!("an HTML page with {code}"),
            other => format!("{other:?}"),
        }
    }

    /// Whether the plugin is killed.
    pub fn kills(self) -> bool {
        matches!(self, C::KillBefore | C::KillAfter)
    }

    /// Whether it is over only when a deadline is.
    pub fn stalls(self) -> bool {
        matches!(self, C::Stall | C::StallAfter)
    }

    /// Whether it is one of each way to go on.
    pub fn is_one_of_each(self) -> bool {
        AGAIN.contains(&self)
    }

    /// Whether a write that meets it is never carried out.
    pub fn carries_nothing_out(self) -> bool {
        matches!(self, C::Refused | C::CutBefore | C::Status(_) | C::Page(_) | C::Stall | C::KillBefore)
    }

    /// The row that is really struck, and how: a write that finds nobody there finds so because the server left after its
    /// dry run.
    pub fn strikes(self, row: &Row) -> Row {
        if self == C::Refused && row.sort == Sort::Write { row.trial() } else { row.clone() }
    }

    /// What the API server does.
    pub fn act(self, row: &Row) -> Act {
        // Everything else that is looked at beside the dry run has its answer by then.
        const MEANWHILE: Duration = Duration::from_millis(700);
        // Time for the world to change under a request.
        const MOMENT: Duration = Duration::from_millis(200);
        match self {
            C::Refused if row.sort == Sort::Write => Act::ThenGone(MEANWHILE),
            C::Refused | C::Stall | C::KillBefore => Act::Stall,
            C::CutBefore => Act::CutBefore,
            C::CutAfter => Act::CutAfter,
            C::HalfAnswer => Act::Truncate(20),
            C::Status(code) => Act::Status { code, retry_after: (code == 429).then_some(1) },
            C::Page(code) => Act::Answer { code, content_type: "text/html", body: PAGE.into() },
            C::StallAfter | C::KillAfter => Act::StallAfter,
            C::CutInLine => Act::Truncate(75),
            C::EndInLine => Act::EndAfter(75),
            C::EarlyEnd => Act::EndAfter(0),
            C::Expired => Act::Answer { code: 200, content_type: "application/json", body: EXPIRED.into() },
            C::Rotation | C::ReplacedPod => Act::Delay(MOMENT),
        }
    }

    /// What the object store does.
    pub fn store_fault(self) -> s3::Fault {
        match self {
            C::CutAfter | C::HalfAnswer => s3::Fault::CutBody,
            C::Status(code) => s3::Fault::Status(code),
            C::Page(code) => s3::Fault::Page(code),
            C::Stall | C::StallAfter | C::KillBefore | C::KillAfter => s3::Fault::Stall,
            _ => s3::Fault::Cut,
        }
    }

    /// Whether the store or the server is away until the run is over.
    pub fn lasts_by_itself(self, row: &Row) -> bool {
        self == C::Refused && row.to == To::Store
    }
}

const PAGE: &str = "<html><body><h1>Sign in to continue</h1></body></html>";
const EXPIRED: &str = "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"too old resource version\",\"reason\":\"Expired\",\"code\":410}}\n";
