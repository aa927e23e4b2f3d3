//! A small hand for drawing: boxes, lines of text and arrows, as SVG that is readable on light and on dark.
//!
//! The picture brings its own ground, because what it stands on (a book with a theme, a page of a code host) is not known.
//! Text is measured generously: a line that might not fit is an error where it is drawn, not a cut word for a reader.

use std::fmt::Write as _;

/// Width of a character of the widest usual fonts, per pixel of size.
const PER_CHAR: f64 = 0.62;
/// The size of ordinary text.
const SIZE: f64 = 13.0;

const STYLE: &str = "
  text { font: 13px 'DejaVu Sans', Verdana, sans-serif; fill: #1f2328 }
  .code { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace }
  .head { font-weight: bold }
  .dim { fill: #57606a }
  .ground { fill: #ffffff }
  .box { fill: #f4f6f8; stroke: #57606a }
  .good { fill: #dafbe1; stroke: #1a7f37 }
  .care { fill: #fff3cd; stroke: #9a6700 }
  .grave { fill: #ffe3e0; stroke: #b42318 }
  .line { fill: none; stroke: #57606a; stroke-width: 1.4 }
  .life { stroke: #8c959f; stroke-dasharray: 3 4 }
  .tip { fill: #57606a }
  .over { stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .dim { fill: #9aa4af }
    .ground { fill: #14181d }
    .box { fill: #222932; stroke: #8c959f }
    .good { fill: #12361e; stroke: #3fb950 }
    .care { fill: #3b2e08; stroke: #d29922 }
    .grave { fill: #471613; stroke: #f85149 }
    .line { stroke: #9aa4af }
    .life { stroke: #6e7681 }
    .tip { fill: #9aa4af }
    .over { stroke: #14181d }
  }
";

/// Where the text begins or is centred.
#[derive(Clone, Copy, PartialEq)]
pub enum Anchor {
    /// At the point.
    Start,
    /// Around the point.
    Middle,
}

/// A drawing under way.
pub struct Picture {
    width: f64,
    body: String,
}

impl Picture {
    /// An empty one of this width.
    pub fn new(width: f64) -> Picture {
        Picture { width, body: String::new() }
    }

    /// A box with round corners.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let at = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        self.put(&format!("<rect class=\"{class}\" {at} rx=\"6\"/>"));
    }

    /// One line of text; words between backquotes are set as code. `room` is the width it must fit into.
    pub fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), room: f64, text: &str) {
        let shown = text.replace('`', "");
        let needed = shown.chars().count() as f64 * PER_CHAR * SIZE;
        assert!(needed <= room, "{needed:.0} of {room:.0} px: {text}");
        let end = if anchor == Anchor::Middle { " text-anchor=\"middle\"" } else { "" };
        // The pieces between backquotes are every second one.
        let piece = |(i, piece): (usize, &str)| match i % 2 {
            1 => format!("<tspan class=\"code\">{}</tspan>", escaped(piece)),
            _ => escaped(piece),
        };
        let spans: String = text.split('`').enumerate().map(piece).collect();
        self.put(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{end}>{spans}</text>"));
    }

    /// A line through points that ends in an arrow's tip.
    pub fn arrow(&mut self, points: &[(f64, f64)]) {
        self.put(&format!("<path class=\"line\" marker-end=\"url(#tip)\" d=\"{}\"/>", through(points)));
    }

    /// A thin dashed line.
    pub fn life(&mut self, points: &[(f64, f64)]) {
        self.put(&format!("<path class=\"line life\" d=\"{}\"/>", through(points)));
    }

    /// The whole file. `title` and `description` are what a screen reader says.
    pub fn finish(self, height: f64, title: &str, description: &str) -> String {
        let Picture { width, body } = self;
        let (title, description) = (escaped(title), escaped(description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-labelledby=\"title description\">\n\
             <!-- Made from the code: UPDATE_GENERATED=1 cargo test, target generated -->\n\
             <title id=\"title\">{title}</title>\n<desc id=\"description\">{description}</desc>\n<style>{STYLE}</style>\n\
             <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
             <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n{body}</svg>\n"
        )
    }

    fn put(&mut self, element: &str) {
        writeln!(self.body, "{element}").expect("a string takes everything");
    }
}

fn through(points: &[(f64, f64)]) -> String {
    let step = |(i, (x, y)): (usize, &(f64, f64))| format!("{}{x} {y}", if i == 0 { 'M' } else { 'L' });
    points.iter().enumerate().map(step).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
