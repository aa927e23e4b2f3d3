//! How the verdict on a failed rollback comes about: the questions of `domain::diagnosis::verdict`, in their order.

use kubectl_openbao::domain::diagnosis::Verdict;

use super::svg::{Anchor, Picture};

const WIDTH: f64 = 1000.0;
const LINE: f64 = 19.0;
/// Where the questions and the verdicts stand.
const QUESTION: (f64, f64) = (24.0, 700.0);
const VERDICT: (f64, f64) = (760.0, 216.0);

/// One question: what must hold for the verdict beside it.
pub struct Question {
    /// What is asked.
    pub head: &'static str,
    /// What must hold, each with the codes that show it.
    pub lines: &'static [&'static str],
    /// The verdict when it does.
    pub verdict: Verdict,
    /// Whether it can be answered at all: the last ones are what remains.
    pub yes: bool,
}

/// A state of the cluster with its questions; the last one of each has no condition.
pub struct State {
    /// When it is this one.
    pub head: &'static str,
    /// In the order in which they are asked.
    pub questions: &'static [Question],
}

/// The decision. Words between backquotes are verdicts, findings or hazards of the code, and nothing else.
pub const STATES: [State; 3] = [
    State {
        head: "Break glass is active (`break-glass`)",
        questions: &[
            Question {
                head: "Would another try be in vain, and is there something to go back to? All of:",
                lines: &[
                    "the repair's log says that Blue cannot be brought back, or it is `failed-again`",
                    "by a cause that is neither a hiccup nor a setting to correct",
                    "the snapshot was seen in its bucket (`snapshot-known`)",
                    "Blue leads for certain (not `green-leads`, not `no-leader`)",
                    "the operator can restore it (not `restore-blind-to-blue-green`)",
                    "no restore, rollback or acknowledgement is on its way",
                ],
                verdict: Verdict::Restore,
                yes: true,
            },
            Question {
                head: "Has the cause passed, and does an acknowledgement destroy nothing? All of:",
                lines: &[
                    "from a whole log: a hiccup, `cause-passed` or `blue-repaired`",
                    "earlier tries are known (not `failed-again` by a hiccup)",
                    "Blue leads with its majority, without restarts (`leader-seen`)",
                    "Blue's members are all there (not `blue-peers-removed`)",
                    "the generation keeps Blue (not `ack-removes-blue-peers`)",
                    "nothing on its way (`restore-running`, `resolution-under-way`, `ack-waits`)",
                    "not `version-reverted`, and no other danger than a bare majority",
                ],
                verdict: Verdict::Retry,
                yes: true,
            },
            Question {
                head: "Anything else",
                lines: &["the headline says what to correct or find out first"],
                verdict: Verdict::NotEnoughEvidence,
                yes: false,
            },
        ],
    },
    State {
        head: "A rollback is at work, without break glass (`rollback-under-way`)",
        questions: &[Question {
            head: "Always",
            lines: &["it may still succeed: wait, or find out why it hangs"],
            verdict: Verdict::NotEnoughEvidence,
            yes: false,
        }],
    },
    State {
        head: "Neither of the two",
        questions: &[
            Question {
                head: "Was the version set back in the middle of an upgrade?",
                lines: &["`version-reverted`"],
                verdict: Verdict::NotEnoughEvidence,
                yes: true,
            },
            Question {
                head: "Does only the clean-up of an upgrade remain?",
                lines: &["in its phase Cleanup a Job failed, and Green leads (`green-votes`)"],
                verdict: Verdict::StayGreen,
                yes: true,
            },
            Question {
                head: "Does a server lead?",
                lines: &["`leader-seen`; after a rollback only a server's own answer counts"],
                verdict: Verdict::NothingToDo,
                yes: true,
            },
            Question {
                head: "Anything else",
                lines: &["what could not be read is named, and no verdict rests on it"],
                verdict: Verdict::NotEnoughEvidence,
                yes: false,
            },
        ],
    },
];

fn look(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Restore => "grave",
        Verdict::Retry | Verdict::StayGreen => "care",
        Verdict::NothingToDo => "good",
        Verdict::NotEnoughEvidence => "box",
    }
}

/// The verdict as the documents of `-o json` name it.
pub fn name(verdict: Verdict) -> String {
    let value = serde_json::to_value(verdict).expect("a word");
    value.as_str().expect("a word").to_owned()
}

/// The picture.
pub fn draw() -> String {
    let mut picture = Picture::new(WIDTH);
    let mut y = 24.0;
    for state in &STATES {
        picture.text("head", Anchor::Start, (QUESTION.0, y + 14.0), QUESTION.1, state.head);
        y += 28.0;
        for (i, question) in state.questions.iter().enumerate() {
            let height = question_box(&mut picture, y, question);
            let last = i + 1 == state.questions.len();
            if !last {
                let x = QUESTION.0 + 60.0;
                picture.arrow(&[(x, y + height), (x, y + height + 26.0)]);
                picture.text("dim", Anchor::Start, (x + 10.0, y + height + 18.0), 30.0, "no");
            }
            y += height + if last { 30.0 } else { 26.0 };
        }
    }
    picture.finish(
        y - 6.0,
        "How diagnose judges a failed rollback",
        "Questions from top to bottom; each leads to a verdict on the right when it holds, and to the next one when not.",
    )
}

fn question_box(picture: &mut Picture, y: f64, question: &Question) -> f64 {
    let height = 18.0 + LINE * (question.lines.len() + 1) as f64;
    picture.rect("box", (QUESTION.0, y), (QUESTION.1, height));
    let inside = (QUESTION.0 + 14.0, QUESTION.1 - 28.0);
    picture.text("head", Anchor::Start, (inside.0, y + 22.0), inside.1, question.head);
    for (i, line) in question.lines.iter().enumerate() {
        picture.text("", Anchor::Start, (inside.0 + 14.0, y + 22.0 + LINE * (i + 1) as f64), inside.1 - 14.0, line);
    }
    let middle = y + height / 2.0;
    if question.yes {
        picture.text("dim", Anchor::Start, (QUESTION.0 + QUESTION.1 + 5.0, middle - 7.0), 40.0, "yes");
    }
    picture.arrow(&[(QUESTION.0 + QUESTION.1, middle), (VERDICT.0, middle)]);
    picture.rect(look(question.verdict), (VERDICT.0, middle - 18.0), (VERDICT.1, 36.0));
    let name = format!("`{}`", name(question.verdict));
    picture.text("head", Anchor::Middle, (VERDICT.0 + VERDICT.1 / 2.0, middle + 5.0), VERDICT.1 - 10.0, &name);
    height
}
