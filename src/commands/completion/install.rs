//! `completion install`: the file by which kubectl finds our candidates, in a directory of the PATH that is the person's own.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::ASKED_AS;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::kubeconfig::Surroundings;
use crate::session::Session;

/// Let kubectl complete `kubectl openbao`
///
/// Puts a link named kubectl_complete-openbao to this program into a directory of the PATH that is yours: where the plugin
/// itself is, else ~/.local/bin, ~/.krew/bin or ~/bin. A file of that name which is something else is left alone.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The directory to put it into
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What stands at the place of the link.
#[derive(Debug, PartialEq, Eq)]
enum There {
    Nothing,
    /// It leads to this program.
    Ours,
    /// A link of this tool that leads elsewhere, or nowhere any more.
    Stale,
    /// Anything else.
    Foreign,
}

/// Installs it, and says how to undo it and what is left to do.
///
/// # Errors
/// No directory, not writable (1), or a foreign file (4).
pub fn run(session: &Session, args: &Args) -> Outcome<Exit> {
    let place = Surroundings::of_process();
    let done = install(&place, args.dir.as_deref()).map_err(|failure| failure.doing("installing completion"))?;
    session.ui.answer(&done.text(&place));
    Ok(Exit::Done)
}

/// What was done.
struct Installed {
    link: PathBuf,
    program: PathBuf,
    /// It was there before.
    before: bool,
    on_path: bool,
}

fn install(place: &Surroundings, dir: Option<&Path>) -> Outcome<Installed> {
    let itself = std::env::current_exe().map_err(|error| failed(&error))?;
    let path = directories(place);
    let found = path.iter().map(|dir| dir.join(program_name())).find(|file| same(file, &itself));
    let program = found.unwrap_or_else(|| itself.clone());
    let dir = match dir {
        Some(dir) => place.working_directory.join(dir),
        None => match path.iter().map(|dir| dir.join(link_name())).find(|file| std::fs::symlink_metadata(file).is_ok()) {
            // kubectl asks the first one that it finds: another one behind it would never be asked.
            Some(first) => first.parent().map(Path::to_owned).unwrap_or_default(),
            None => choose(place, &path, &program)?,
        },
    };
    let link = dir.join(link_name());
    let before = match there(&link, &itself) {
        There::Ours => true,
        There::Foreign => return Err(foreign(&link)),
        There::Stale => {
            std::fs::remove_file(&link).and_then(|()| make(&program, &link)).map_err(|error| not_made(&link, &error))?;
            false
        }
        There::Nothing => {
            make(&program, &link).map_err(|error| not_made(&link, &error))?;
            false
        }
    };
    Ok(Installed { on_path: path.contains(&dir), link, program, before })
}

fn program_name() -> String {
    format!("kubectl-openbao{}", std::env::consts::EXE_SUFFIX)
}

fn link_name() -> String {
    format!("{ASKED_AS}{}", std::env::consts::EXE_SUFFIX)
}

fn directories(place: &Surroundings) -> Vec<PathBuf> {
    let path = place.variable("PATH").unwrap_or_default();
    std::env::split_paths(path).filter(|dir| dir.is_absolute()).collect()
}

/// The first directory of the PATH that is the person's: the plugin's own, the usual ones, any other one.
fn choose(place: &Surroundings, path: &[PathBuf], program: &Path) -> Outcome<PathBuf> {
    let home = |below: &str| place.home.as_ref().map(|home| home.join(below));
    let krew = place.variable("KREW_ROOT").map(|root| Path::new(root).join("bin"));
    let first = [program.parent().map(Path::to_owned), home(".local/bin"), krew.or_else(|| home(".krew/bin")), home("bin")];
    let rest = path.iter().filter(|dir| place.home.as_ref().is_some_and(|home| dir.starts_with(home))).cloned();
    let chosen = first.into_iter().flatten().chain(rest).find(|dir| path.contains(dir) && is_own(place, dir));
    chosen.ok_or_else(|| {
        Failure::new(Exit::Failure, "no directory on the PATH is yours to write to")
            .hint("mkdir -p ~/.local/bin        and put it on the PATH")
            .hint("kubectl openbao completion install --dir DIR")
    })
}

/// Whether a directory belongs to the person and can be written: what others own or share is no place for this.
fn is_own(place: &Surroundings, dir: &Path) -> bool {
    let Ok(about) = std::fs::metadata(dir) else { return false };
    about.is_dir() && !about.permissions().readonly() && owned(place, &about)
}

#[cfg(unix)]
fn owned(place: &Surroundings, about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let home = place.home.as_ref().and_then(|home| std::fs::metadata(home).ok());
    home.is_some_and(|home| home.uid() == about.uid()) && about.mode() & 0o200 != 0
}

#[cfg(not(unix))]
fn owned(_: &Surroundings, _: &std::fs::Metadata) -> bool {
    true
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn there(link: &Path, itself: &Path) -> There {
    let Ok(about) = std::fs::symlink_metadata(link) else { return There::Nothing };
    if same(link, itself) || is_wrapper(link) || (about.is_file() && same_bytes(link, itself)) {
        return There::Ours;
    }
    let target = std::fs::read_link(link).ok();
    match target.and_then(|target| target.file_name().map(OsStr::to_owned)) {
        Some(name) if name == program_name().as_str() => There::Stale,
        _ => There::Foreign,
    }
}

/// The two lines that are also in `completions/`.
fn is_wrapper(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|about| about.len() < 200)
        && std::fs::read_to_string(file).is_ok_and(|text| text.contains("exec kubectl-openbao __complete"))
}

/// A copy, as it is made on Windows.
fn same_bytes(one: &Path, other: &Path) -> bool {
    let size = |file: &Path| std::fs::metadata(file).map(|about| about.len()).ok();
    size(one) == size(other) && matches!((std::fs::read(one), std::fs::read(other)), (Ok(a), Ok(b)) if a == b)
}

/// A link by its bare name where both are in one directory, so that it survives a move.
#[cfg(unix)]
fn make(program: &Path, link: &Path) -> io::Result<()> {
    let target = match program.file_name() {
        Some(name) if program.parent() == link.parent() => Path::new(name),
        _ => program,
    };
    std::os::unix::fs::symlink(target, link)
}

/// Windows gives links to few people; a copy is no longer the same after an update.
#[cfg(not(unix))]
fn make(program: &Path, link: &Path) -> io::Result<()> {
    std::fs::hard_link(program, link).or_else(|_| std::fs::copy(program, link).map(|_| ()))
}

fn failed(error: &io::Error) -> Failure {
    Failure::new(Exit::Failure, error.to_string())
}

fn not_made(link: &Path, error: &io::Error) -> Failure {
    let dir = link.parent().unwrap_or(link);
    Failure::new(Exit::Failure, format!("{} cannot be made: {error}", link.display()))
        .hint(format!("{} must exist and be yours; --dir DIR names another one", dir.display()))
}

fn foreign(link: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("{} is there, and it is not of this tool; nothing was written", link.display()))
        .hint("look what it is, move it away, and run this again")
        .hint("kubectl openbao completion install --dir DIR        another directory; kubectl takes the first on the PATH")
}

impl Installed {
    fn text(&self, place: &Surroundings) -> String {
        let Installed { link, program, before, on_path } = self;
        let (link, done) = (link.display(), if *before { "is already there" } else { "is made" });
        let undo = if cfg!(windows) { "del" } else { "rm" };
        let mut text = format!("{link} {done}: it leads to {}.\nTo undo it:  {undo} {link}\n", program.display());
        if cfg!(windows) {
            text.push_str("It is a copy: undo it and run this again after an update of the plugin.\n");
        }
        if !on_path {
            text.push_str("Its directory is not on the PATH: kubectl finds it once it is.\n");
        }
        text.push_str("\nWhat is left: completion of kubectl itself (1.26 or newer) must be on in your shell.\n");
        text.push_str(of_shell(place.variable("SHELL").unwrap_or_default()));
        text
    }
}

fn of_shell(shell: &str) -> &'static str {
    match shell.rsplit('/').next() {
        Some("bash") => {
            "  source <(kubectl completion bash)        now; in ~/.bashrc for every new shell (needs the package bash-completion)"
        }
        Some("zsh") => "  source <(kubectl completion zsh)        now; in ~/.zshrc, after compinit, for every new shell",
        Some("fish") => "  kubectl completion fish | source        now; in ~/.config/fish/config.fish for every new shell",
        _ => "  kubectl completion --help        says how, for each shell",
    }
}
