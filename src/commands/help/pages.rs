//! The pages. The cluster is called `prod` and its namespace `bao`, as on the practice range.

use super::{Example, Page};
use crate::exit::Exit::{
    self, Attention, Declined, Done, Failure, Interrupted, JobFailed, NotFound, NotPermitted, OutcomeUnknown, Refused, TimeLimit,
    Usage, WorldChanged,
};

/// What a command can end with that only reads.
const READS: &[Exit] = &[Done, Failure, Usage, NotPermitted, NotFound, Interrupted];
/// The same, and it judges.
const JUDGES: &[Exit] = &[Done, Failure, Usage, Attention, NotPermitted, NotFound, Interrupted];
/// What a command can end with that writes and follows.
const ACTS: &[Exit] = &[
    Done,
    Failure,
    Usage,
    Attention,
    Refused,
    Declined,
    NotPermitted,
    NotFound,
    WorldChanged,
    TimeLimit,
    JobFailed,
    OutcomeUnknown,
    Interrupted,
];
/// What a command can end with that asks nobody.
const PRINTS: &[Exit] = &[Done, Usage];

const fn ex(what: &'static str, command: &'static str) -> Example {
    Example { what, command }
}

/// Every command's page, in the order of the help.
pub const PAGES: &[Page] = &[
    Page {
        command: "",
        examples: &[
            ex("Every cluster you may see, those in trouble first", "kubectl openbao status -A"),
            ex("What happened to one of them, and the ways out", "kubectl openbao diagnose prod -n bao"),
            ex("A rehearsal on this machine; no cluster is needed", "kubectl openbao drill run stuck-lock"),
        ],
        exits: ACTS,
        read: &["start-here", "runbooks/README", "exit-codes", "rbac/README"],
    },
    Page {
        command: "status",
        examples: &[
            ex("The clusters of all namespaces, those in trouble first", "kubectl openbao status -A"),
            ex("One cluster in full, with the evidence for each verdict", "kubectl openbao status prod -n bao"),
            ex("In a pipeline: exit code 3 when something needs attention", "kubectl openbao status -n bao --exit-code -o json"),
        ],
        exits: JUDGES,
        read: &["runbooks/README", "status-findings", "pipelines"],
    },
    Page {
        command: "diagnose",
        examples: &[
            ex("Everything about the only cluster of the namespace", "kubectl openbao diagnose -n bao"),
            ex("A failed blue/green rollback: the cause and the ways out", "kubectl openbao diagnose rollback prod -n bao"),
            ex(
                "Who holds the operation lock, written down for a ticket",
                "kubectl openbao diagnose lock prod -n bao -o markdown",
            ),
        ],
        exits: ACTS,
        read: &["runbooks/failed-rollback", "findings/README", "findings/logs", "report-format"],
    },
    Page {
        command: "restore",
        examples: &[
            ex(
                "Only the plan: what would be lost, and what stands against it",
                "kubectl openbao restore prod -n bao --latest --dry-run",
            ),
            ex("Restore the newest snapshot; a phrase is asked for first", "kubectl openbao restore prod -n bao --latest"),
            ex("Go back to before a mistake", "kubectl openbao restore prod -n bao --before 2026-11-21T02:00:00Z"),
            ex("Past the stuck lock of an upgrade or a backup", "kubectl openbao restore prod -n bao --latest --override-lock"),
        ],
        exits: ACTS,
        read: &["runbooks/stuck-lock", "checks", "hazards/README", "snapshot-checks", "pipelines"],
    },
    Page {
        command: "breakglass",
        examples: &[
            ex("Why the operator stopped, and what an acknowledgement would do", "kubectl openbao breakglass prod -n bao"),
            ex("Acknowledge it; you are asked first", "kubectl openbao breakglass ack prod -n bao"),
            ex("Only the plan of an acknowledgement", "kubectl openbao breakglass ack prod -n bao --dry-run"),
        ],
        exits: ACTS,
        read: &["runbooks/failed-rollback", "hazards/README", "findings/break-glass"],
    },
    Page {
        command: "breakglass show",
        examples: &[
            ex("The reason, the nonce and the operator's own steps", "kubectl openbao breakglass show prod -n bao"),
            ex("Follow an acknowledgement that was made", "kubectl openbao breakglass show prod -n bao --follow"),
        ],
        exits: &[Done, Failure, Usage, Attention, NotPermitted, NotFound, TimeLimit, JobFailed, OutcomeUnknown, Interrupted],
        read: &["findings/break-glass"],
    },
    Page {
        command: "breakglass ack",
        examples: &[
            ex("Only the plan, and the API server's word on it", "kubectl openbao breakglass ack prod -n bao --dry-run=server"),
            ex("Acknowledge and follow the rollback to its end", "kubectl openbao breakglass ack prod -n bao --follow"),
            ex(
                "In a script: exactly this event, and no other",
                "kubectl openbao breakglass ack prod -n bao --nonce \"$NONCE\" --reason INC-1234",
            ),
        ],
        exits: ACTS,
        read: &["hazards/README", "hazards/ack-removes-blue-peers"],
    },
    Page {
        command: "resolve",
        examples: &[
            ex("The plan of a way out, with every step", "kubectl openbao resolve prod -n bao --path stay-green --dry-run"),
            ex("Try the rollback again and follow it", "kubectl openbao resolve prod -n bao --path retry"),
            ex("Give an interrupted resolution up", "kubectl openbao resolve prod -n bao --abort"),
        ],
        exits: ACTS,
        read: &["runbooks/failed-rollback", "hazards/README", "findings/README"],
    },
    Page {
        command: "recover",
        examples: &[
            ex(
                "What either decision would do, without doing it",
                "kubectl openbao recover prod-restore -n bao --resume --dry-run",
            ),
            ex("The servers are well: the operator takes over again", "kubectl openbao recover prod-restore -n bao --resume"),
            ex("They are not, or nobody can say: the operator lets go", "kubectl openbao recover prod-restore -n bao --abandon"),
        ],
        exits: ACTS,
        read: &["runbooks/unknown-outcome", "checks", "hazards/resume-unverified", "hazards/unknown-delete-unverified"],
    },
    Page {
        command: "follow",
        examples: &[
            ex("The restore that is under way in the namespace", "kubectl openbao follow -n bao"),
            ex("A restore by its name, for half an hour at most", "kubectl openbao follow prod-restore -n bao --timeout 30m"),
            ex("Any Job, by its name", "kubectl openbao follow job/upgrade-prod-bluegreen-repair-consensus-814ad6cc3e -n bao"),
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            Attention,
            Declined,
            NotPermitted,
            NotFound,
            TimeLimit,
            JobFailed,
            OutcomeUnknown,
            Interrupted,
        ],
        read: &["checks", "findings/logs"],
    },
    Page {
        command: "logs",
        examples: &[
            ex("What the newest restore of a cluster wrote", "kubectl openbao logs prod -n bao"),
            ex("The Job that broke a rollback", "kubectl openbao logs prod -n bao --job rollback --timestamps"),
            ex("The newest backup, until it has ended", "kubectl openbao logs prod -n bao --job backup -f"),
        ],
        exits: READS,
        read: &["findings/logs", "hazards/logs-expire"],
    },
    Page {
        command: "snapshots",
        examples: &[
            ex("What is in the cluster's bucket, newest first", "kubectl openbao snapshots list prod -n bao"),
            ex(
                "What one of them tells of itself, against the cluster",
                "kubectl openbao snapshots show prod bao/prod/2026-11-21T02-44-02Z-b397e37b.snap -n bao",
            ),
            ex(
                "Whether one of them is whole, to its last byte",
                "kubectl openbao snapshots verify prod bao/prod/2026-11-21T02-44-02Z-b397e37b.snap -n bao",
            ),
            ex("A file on this machine", "kubectl openbao snapshots verify ./backup.snap"),
        ],
        exits: &[Done, Failure, Usage, Attention, NotPermitted, NotFound, WorldChanged, Interrupted],
        read: &["snapshot-checks", "rbac/README"],
    },
    Page {
        command: "snapshots list",
        examples: &[
            ex("The newest 20", "kubectl openbao snapshots list prod -n bao"),
            ex("Every key, one on a line", "kubectl openbao snapshots list prod -n bao --all -o name"),
            ex("With your own credentials", "kubectl openbao snapshots list prod -n bao --credentials env"),
        ],
        exits: READS,
        read: &["rbac/README"],
    },
    Page {
        command: "snapshots show",
        examples: &[
            ex(
                "A snapshot in the cluster's bucket, against the cluster",
                "kubectl openbao snapshots show prod bao/prod/2026-11-21T02-44-02Z-b397e37b.snap -n bao",
            ),
            ex("A file: its facts alone", "kubectl openbao snapshots show ./backup.snap"),
        ],
        exits: JUDGES,
        read: &["snapshot-checks", "hazards/seal-mismatch", "hazards/snapshot-older-than"],
    },
    Page {
        command: "snapshots verify",
        examples: &[
            ex(
                "A snapshot in the cluster's bucket",
                "kubectl openbao snapshots verify prod bao/prod/2026-11-21T02-44-02Z-b397e37b.snap -n bao",
            ),
            ex("A file", "kubectl openbao snapshots verify ./backup.snap"),
            ex("Standard input, with the result as a document", "kubectl openbao snapshots verify - -o json"),
        ],
        exits: &[Done, Failure, Usage, Attention, NotPermitted, NotFound, WorldChanged, Interrupted],
        read: &["snapshot-checks"],
    },
    Page {
        command: "drill",
        examples: &[
            ex("The situations that can be rehearsed", "kubectl openbao drill list"),
            ex("Watch one being solved", "kubectl openbao drill run stuck-lock"),
            ex("Solve one yourself, from a second terminal", "kubectl openbao drill serve stuck-lock"),
        ],
        exits: ACTS,
        read: &["start-here", "hazards/README"],
    },
    Page {
        command: "drill list",
        examples: &[ex("The situations, and the operators they can be played on", "kubectl openbao drill list")],
        exits: PRINTS,
        read: &["start-here"],
    },
    Page {
        command: "drill run",
        examples: &[
            ex("A backup's lock that was left behind", "kubectl openbao drill run stuck-lock"),
            ex("The same on another generation of the operator", "kubectl openbao drill run stuck-lock --operator next"),
        ],
        exits: ACTS,
        read: &["exit-codes"],
    },
    Page {
        command: "drill serve",
        examples: &[
            ex("It prints a kubeconfig; end it with Ctrl-C", "kubectl openbao drill serve stuck-lock"),
            ex("The same on another generation of the operator", "kubectl openbao drill serve stuck-lock --operator 0.4"),
        ],
        exits: &[Done, Failure, Usage],
        read: &["start-here"],
    },
    Page {
        command: "completion",
        examples: &[
            ex("Completion of `kubectl openbao`, through kubectl's own", "kubectl openbao completion install"),
            ex(
                "Completion of kubectl-openbao in bash",
                "kubectl openbao completion bash > ~/.local/share/bash-completion/completions/kubectl-openbao",
            ),
            ex(
                "Completion of kubectl-openbao in fish",
                "kubectl openbao completion fish > ~/.config/fish/completions/kubectl-openbao.fish",
            ),
        ],
        exits: &[Done, Failure, Usage, Refused],
        read: &["exit-codes"],
    },
    Page {
        command: "completion bash",
        examples: &[ex(
            "For new shells, where bash-completion is installed",
            "kubectl openbao completion bash > ~/.local/share/bash-completion/completions/kubectl-openbao",
        )],
        exits: PRINTS,
        read: &["exit-codes"],
    },
    Page {
        command: "completion zsh",
        examples: &[ex(
            "For new shells, where compinit is loaded",
            "kubectl openbao completion zsh > \"${fpath[1]}/_kubectl-openbao\"",
        )],
        exits: PRINTS,
        read: &["exit-codes"],
    },
    Page {
        command: "completion fish",
        examples: &[ex("For new shells", "kubectl openbao completion fish > ~/.config/fish/completions/kubectl-openbao.fish")],
        exits: PRINTS,
        read: &["exit-codes"],
    },
    Page {
        command: "completion powershell",
        examples: &[ex(
            "For this session; the same line in $PROFILE for all",
            "kubectl openbao completion powershell | Out-String | Invoke-Expression",
        )],
        exits: PRINTS,
        read: &["exit-codes"],
    },
    Page {
        command: "completion install",
        examples: &[
            ex("Where kubectl finds it: a directory of yours on the PATH", "kubectl openbao completion install"),
            ex("In a directory that you choose", "kubectl openbao completion install --dir ~/bin"),
        ],
        exits: &[Done, Failure, Usage, Refused],
        read: &["exit-codes"],
    },
    Page {
        command: "version",
        examples: &[ex("The version", "kubectl openbao version"), ex("As a document", "kubectl openbao version -o json")],
        exits: PRINTS,
        read: &["exit-codes"],
    },
];
