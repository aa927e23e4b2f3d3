//! Questions to a person. No terminal means no question: the caller refuses and prints the command for a script.

use std::io::BufRead;

use super::interrupt::interrupt;
use super::{Style, Ui};
use crate::api::redact::redact;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// Reads one line a person types, or `None` at the end of input. Ctrl-C ends the process with exit 130: until consent
/// is given nothing has been written.
pub async fn line(ui: &Ui, prompt: &str) -> Outcome<Option<String>> {
    // Before anything is asked, so that no Ctrl-C falls between.
    let mut interrupt = interrupt();
    ui.prompt(prompt);
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        std::io::stdin().lock().read_line(&mut text).map(|bytes| (bytes > 0).then_some(text))
    });
    let answer = tokio::select! {
        answer = read => match answer {
            Ok(Ok(text)) => Ok(text.map(|t| t.trim_end_matches(['\n', '\r']).to_owned())),
            // Bytes that are not UTF-8 can be no consent.
            _ => Ok(None),
        },
        _ = &mut interrupt => Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written")),
    };
    if !matches!(answer, Ok(Some(_))) {
        // Nobody pressed Enter: what comes next begins a line of its own, not behind the prompt.
        ui.insist("\n");
    }
    answer
}

/// Offers a list; `None` when the person leaves it.
pub async fn choose(ui: &Ui, question: &str, items: Vec<String>) -> Outcome<Option<usize>> {
    let items: Vec<String> = items.iter().map(|item| redact(item).into_owned()).collect();
    ui.insist(&ui.err(Style::Strong, question));
    if !ui.terminal().moves {
        return by_number(ui, &items).await;
    }
    let picked = tokio::task::spawn_blocking(move || {
        dialoguer::Select::new().items(&items).default(0).report(false).interact_on_opt(&console::Term::stderr())
    });
    match picked.await {
        Ok(Ok(choice)) => Ok(choice),
        _ => Err(Failure::new(Exit::Declined, "nothing was chosen")),
    }
}

/// A list without a cursor to move.
async fn by_number(ui: &Ui, items: &[String]) -> Outcome<Option<usize>> {
    let lines: Vec<String> = items.iter().enumerate().map(|(i, item)| format!("  {}  {item}", i + 1)).collect();
    ui.insist(&lines.join("\n"));
    let typed = line(ui, "Its number: ").await?;
    let number = typed.and_then(|typed| typed.trim().parse::<usize>().ok()).and_then(|number| number.checked_sub(1));
    match number.filter(|number| *number < items.len()) {
        Some(number) => Ok(Some(number)),
        None => Err(Failure::new(Exit::Declined, "nothing was chosen")),
    }
}
