//! The layers and the arrows between them, read from `docs/code-map.md`: what stands there is what is drawn.

use std::collections::BTreeSet;

use super::svg::{Anchor, Picture};

const WIDTH: f64 = 1000.0;
const LINE: f64 = 19.0;
/// Space between two rows, where the arrows are.
const GAP: f64 = 34.0;

/// Where a layer stands: row from above, left edge, width. Arrows lead downwards only.
const PLACES: [(&str, usize, f64, f64); 8] = [
    ("commands", 0, 20.0, 640.0),
    ("gather", 1, 20.0, 400.0),
    ("remote", 2, 20.0, 400.0),
    ("ui", 2, 440.0, 220.0),
    ("guard", 3, 20.0, 640.0),
    ("domain", 4, 20.0, 640.0),
    ("api", 5, 20.0, 960.0),
    ("drill", 4, 680.0, 300.0),
];

/// What each layer is for.
const WORDS: [(&str, &str); 8] = [
    ("commands", "one file per command"),
    ("gather", "fills Evidence"),
    ("remote", "the network"),
    ("ui", "the terminal"),
    ("guard", "a plan becomes a ticket to write"),
    ("domain", "decisions: no clock, file or network"),
    ("api", "the operator's objects as data"),
    ("drill", "the practice range"),
];

/// The arrows of the code map, one pair for each.
pub fn arrows(map: &str) -> BTreeSet<(String, String)> {
    let chains = map.lines().filter(|line| line.starts_with("    ") && line.contains('→'));
    let mut pairs = BTreeSet::new();
    for chain in chains {
        let names: Vec<&str> = chain.split('→').map(str::trim).collect();
        pairs.extend(names.windows(2).map(|two| (two[0].to_owned(), two[1].to_owned())));
    }
    pairs
}

/// The modules of a layer, as the code map names them.
pub fn modules(map: &str, layer: &str) -> Vec<String> {
    let Some((_, rest)) = map.split_once(&format!("## `src/{layer}/`")) else { return Vec::new() };
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    names.map(|(name, _)| name.trim_end_matches(".rs").to_owned()).collect()
}

/// One layer on its place.
struct Layer {
    name: &'static str,
    row: usize,
    at: f64,
    width: f64,
    lines: Vec<String>,
}

impl Layer {
    fn height(&self) -> f64 {
        30.0 + LINE * self.lines.len() as f64
    }
}

/// Names in as many lines as they need.
fn wrapped(names: &[String], room: f64) -> Vec<String> {
    let fits = (room / 8.1) as usize;
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut() {
            Some(line) if line.chars().count() + name.chars().count() + 3 <= fits => {
                line.push_str(" · ");
                line.push_str(name);
            }
            _ => lines.push(name.clone()),
        }
    }
    lines
}

fn layers(map: &str) -> Vec<Layer> {
    let one = |(name, row, at, width): (&'static str, usize, f64, f64)| {
        let lines = wrapped(&modules(map, name), width - 28.0);
        Layer { name, row, at, width, lines }
    };
    PLACES.into_iter().map(one).collect()
}

/// The picture.
pub fn draw(map: &str) -> String {
    let layers = layers(map);
    let rows = 1 + layers.iter().map(|l| l.row).max().unwrap_or(0);
    let tall = |row: usize| layers.iter().filter(|l| l.row == row).map(Layer::height).fold(0.0, f64::max);
    let mut tops = vec![20.0];
    for row in 0..rows {
        tops.push(tops[row] + tall(row) + GAP);
    }
    let mut picture = Picture::new(WIDTH);
    let boxes = |layer: &Layer| (tops[layer.row], tall(layer.row));
    for (from, to) in arrows(map) {
        let find = |name: &str| layers.iter().find(|l| l.name == name).unwrap_or_else(|| panic!("no place for {name}"));
        let (upper, lower) = (find(&from), find(&to));
        assert!(upper.row < lower.row, "{from} → {to} would lead upwards");
        // Straight down, in the middle of what the two have in common.
        let x = (upper.at.max(lower.at) + (upper.at + upper.width).min(lower.at + lower.width)) / 2.0;
        let ((top, height), (bottom, _)) = (boxes(upper), boxes(lower));
        picture.arrow(&[(x, top + height), (x, bottom)]);
    }
    for layer in &layers {
        show(&mut picture, layer, boxes(layer));
    }
    let end = tops[rows] - GAP + 20.0;
    picture.finish(end, "The layers of the code", "Arrows lead from a layer to those that it may use; there are no others.")
}

fn show(picture: &mut Picture, layer: &Layer, (y, height): (f64, f64)) {
    let class = if layer.name == "guard" { "care" } else { "box" };
    picture.rect(class, (layer.at, y), (layer.width, height));
    let (_, words) = WORDS.iter().find(|(name, _)| *name == layer.name).expect("words for each layer");
    let inside = (layer.at + 14.0, layer.width - 28.0);
    picture.text("head", Anchor::Start, (inside.0, y + 21.0), inside.1, &format!("`{}`: {words}", layer.name));
    for (i, line) in layer.lines.iter().enumerate() {
        let at = (inside.0, y + 21.0 + LINE * (i + 1) as f64);
        picture.text("dim code", Anchor::Start, at, inside.1, line);
    }
}
