//! `completion install`, in homes of its own.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::{Plugin, Ran, reviewed};

/// A home with these directories on the PATH.
struct Home {
    directory: tempfile::TempDir,
    path: Vec<PathBuf>,
}

impl Home {
    fn with(directories: &[&str]) -> Home {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path: Vec<PathBuf> = directories.iter().map(|name| directory.path().join(name)).collect();
        path.iter().for_each(|dir| std::fs::create_dir_all(dir).expect("a directory can be made"));
        Home { directory, path }
    }

    fn plugin(&self) -> Plugin {
        let path = std::env::join_paths(&self.path).expect("a PATH");
        Plugin::new(self.directory.path()).env("PATH", path).env("SHELL", "/bin/bash")
    }

    async fn install(&self, more: &[&str]) -> Ran {
        self.plugin().run(&[&["completion", "install"], more].concat()).await
    }

    fn link(&self, directory: &str) -> PathBuf {
        self.directory.path().join(directory).join("kubectl_complete-openbao")
    }

    /// Without the names of directories that differ from run to run.
    fn tidy(&self, text: &str) -> String {
        let home = self.directory.path().display().to_string();
        text.replace(&home, "HOME").replace(env!("CARGO_BIN_EXE_kubectl-openbao"), "PROGRAM")
    }
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_kubectl-openbao"))
}

#[tokio::test]
async fn it_goes_where_the_plugin_is_and_kubectl_is_answered_there() {
    let home = Home::with(&[".local/bin", ".krew/bin"]);
    symlink(program(), home.path[1].join("kubectl-openbao")).expect("a link can be made");
    let ran = home.install(&[]).await;
    ran.assert_exit(0);
    assert!(ran.err.is_empty(), "{ran}");
    reviewed("completion-installed", &home.tidy(&ran.out));
    let link = home.link(".krew/bin");
    assert_eq!(std::fs::read_link(&link).expect("a link"), Path::new("kubectl-openbao"), "it survives an update");
    let asked = home.plugin().program(&link).run(&["vers"]).await;
    assert_eq!(asked.out, "version\tPrint the version\n:36\n");
    let again = home.install(&[]).await;
    again.assert_exit(0);
    assert!(again.out.contains("is already there"), "{again}");
}

#[tokio::test]
async fn a_plugin_that_is_not_on_the_path_is_linked_from_the_first_directory_that_is_ones_own() {
    let home = Home::with(&["other", ".local/bin"]);
    home.install(&[]).await.assert_exit(0);
    assert_eq!(std::fs::read_link(home.link(".local/bin")).expect("a link"), program());
    // What an older place of the plugin has left behind is renewed.
    std::fs::remove_file(home.link(".local/bin")).expect("the link");
    symlink("/nonexistent/kubectl-openbao", home.link(".local/bin")).expect("a link can be made");
    home.install(&[]).await.assert_exit(0);
    assert_eq!(std::fs::read_link(home.link(".local/bin")).expect("a link"), program());
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let home = Home::with(&[".local/bin", "bin"]);
    std::fs::write(home.link("bin"), "somebody's\n").expect("a file can be written");
    for more in [&[][..], &["--dir", "bin"]] {
        let ran = home.install(more).await;
        reviewed("completion-foreign", &home.tidy(&ran.failure()));
    }
    assert_eq!(std::fs::read_to_string(home.link("bin")).expect("it is still there"), "somebody's\n");
    // The wrapper that the project hands out is its own.
    let wrapper = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/kubectl_complete-openbao");
    std::fs::copy(wrapper, home.link("bin")).expect("the wrapper");
    let ran = home.install(&[]).await;
    assert!(ran.out.contains("is already there"), "{ran}");
}

#[tokio::test]
async fn where_there_is_no_place_it_says_how_to_make_one() {
    let home = Home::with(&[]);
    reviewed("completion-nowhere", &home.tidy(&home.install(&[]).await.failure()));
    reviewed("completion-no-directory", &home.tidy(&home.install(&["--dir", "none"]).await.failure()));
    std::fs::create_dir(home.directory.path().join("aside")).expect("a directory can be made");
    let ran = home.install(&["--dir", "aside"]).await;
    ran.assert_exit(0);
    assert!(ran.out.contains("not on the PATH") && home.link("aside").exists(), "{ran}");
}
